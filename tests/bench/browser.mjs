/* The cost of the browser client on a page's main thread, in headless
 * Chromium: visits fresh pages without and with the client, and prints the cost
 * of each visit as JSON, in milliseconds. bench.py computes the medians.
 *
 *   browser.mjs DIRECTORY SECONDS
 *
 * Times come from the browser's trace, not from a clock in the page: the trace
 * has compilation, callbacks after the load, and the processor time of the
 * thread, which other work on the machine does not affect.
 *
 *   DIRECTORY          has tallyman.js and tallyman-core.js
 *   SECONDS            the duration of all rounds; at least one round runs
 *   TALLYMAN_CHROMIUM  the browser, /usr/bin/chromium if unset
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const require = createRequire(new URL('../../static/', import.meta.url));
const { chromium } = require('playwright-core');

const started = performance.now();
const [directory, seconds] = process.argv.slice(2);
const CLIENTS = ['', 'tallyman-core.js', 'tallyman.js'];
/* Four times slower, like a phone. */
const SLOWDOWNS = [1, 4];
const SERIES = 100;
const OBSERVATIONS = 10;
const FLUSHES = 3;
/* Time after the load event, for observers and idle callbacks. */
const SETTLE_MS = 250;
const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];

const files = new Map(CLIENTS.filter(Boolean).map((name) =>
  [name, readFileSync(`${directory}/${name}`)]));
let arrived = 0; /* the client's observations in pushes so far */

function pageOf(client) {
  const tag = client && `<script defer src="/${client}" data-server="" data-page="bench"
    data-allow-local data-allow-webdriver></script>`;
  const text = '<p>Some text with <a href="#top">a link</a> and <b>a strong word</b>.</p>\n';
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
    <link rel="icon" href="data:,">${tag}<h1 id="top">A page</h1>${text.repeat(300)}`;
}

const server = createServer(async (request, response) => {
  const name = request.url.slice(1);
  if (name === 'record') {
    let body = '';
    for await (const part of request)
      body += part;
    for (const metric of JSON.parse(body).metrics)
      if (metric.metricName.startsWith('bench_'))
        arrived += metric.observations.length;
    response.end('OK');
  } else if (files.has(name)) {
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(files.get(name));
  } else {
    response.writeHead(200, { 'content-type': 'text/html' })
      .end(name === 'blank' ? '' : pageOf(name.replace('page-', '')));
  }
});
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const root = `http://127.0.0.1:${server.address().port}`;

/* Elapsed time and processor time of these events of one thread, without nested events. */
function sum(events) {
  let end = 0;
  const total = { passed: 0, ran: 0 };
  for (const { ts, dur, tdur } of [...events].sort((a, b) => a.ts - b.ts || b.dur - a.dur))
    if (ts >= end) {
      total.passed += dur / 1000;
      total.ran += tdur / 1000;
      end = ts + dur;
    }
  return total;
}

/* The main thread's work from the commit of the page on. */
function mainThread(trace, pageUrl, scriptUrl) {
  const commit = trace.find((one) => one.name === 'CommitLoad' && one.args.data?.url === pageUrl);
  assert(commit, `the trace does not show ${pageUrl}`);
  const events = trace.filter((one) => one.ph === 'X' && one.pid === commit.pid
    && one.tid === commit.tid && one.ts + one.dur >= commit.ts).sort((a, b) => a.ts - b.ts);
  const calls = (name) => events.filter((one) => one.name === 'FunctionCall'
    && one.args.data?.functionName === name);
  const fills = calls('benchFill');
  const flushes = calls('benchFlush');
  const loading = events.filter(({ ts }) => !fills.length || ts < fills[0].ts);
  const client = loading.filter(({ args }) => scriptUrl && args.data?.url === scriptUrl);
  return {
    evaluate: sum(client.filter(({ name }) => name !== 'FunctionCall')),
    startUp: sum(client),
    page: sum(loading.filter(({ name }) => name === 'RunTask')),
    fills: fills.map((one) => sum([one])),
    flushes: flushes.map((one) => sum([one])),
  };
}

/* Runs in the page: fills the series and flushes them several times, each in a task of its own
 * that the trace shows by name. */
async function fillAndFlush({ flushes, series, observations }) {
  const task = (callback, ms = 0) => new Promise((resolve) => {
    setTimeout(callback, ms);
    setTimeout(resolve, ms);
  });
  for (let i = 0; i < flushes; i++) {
    await task(function benchFill() {
      for (let j = 0; j < observations; j++)
        for (let k = 0; k < series; k++)
          window.tallyman('observe', `bench_${k % 10}_seconds`, { step: `step-${k}` }, k / 7 + j);
    });
    await task(function benchFlush() { window.tallyman('flush'); });
    for (let tries = 0; window.tallyman('pending') > 0 && tries < 100; tries++)
      await task(() => {}, 10);
  }
}

async function visit(browser, client, slowdown) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  const before = arrived;

  /* The page comes to a renderer that runs and is in the trace. */
  await page.goto(`${root}/blank`);
  await browser.startTracing(page, { categories: CATEGORIES });
  await page.goto(`${root}/page-${client}`);
  await page.waitForTimeout(SETTLE_MS);
  if (client)
    await page.evaluate(fillAndFlush,
      { flushes: FLUSHES, series: SERIES, observations: OBSERVATIONS });
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  await context.close();

  const times = mainThread(traceEvents, page.url(), client && `${root}/${client}`);
  if (client) {
    assert(times.evaluate.ran > 0, `the trace does not show ${client}`);
    assert.equal(times.flushes.length, FLUSHES, 'flushes in the trace');
    /* A client that is switched off would cost least. */
    assert.equal(arrived - before, FLUSHES * SERIES * OBSERVATIONS,
      `${client}: observations arrived`);
  }
  assert.deepEqual(errors, [], 'the page raised an error');
  return { client, slowdown, ...times };
}

const browser = await chromium.launch({
  executablePath: process.env.TALLYMAN_CHROMIUM || '/usr/bin/chromium',
  args: [
    /* Needed as root and in containers; the browser opens only pages of the bench. */
    '--no-sandbox',
    '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
try {
  const visits = [];
  await visit(browser, '', 1); /* the first page of the browser does not count */
  let round;
  do {
    const start = performance.now();
    for (const slowdown of SLOWDOWNS)
      for (const client of CLIENTS)
        visits.push(await visit(browser, client, slowdown));
    round = performance.now() - start;
  } while (performance.now() + round < started + seconds * 1000);
  console.log(JSON.stringify({
    browser: browser.version(),
    gzip: Object.fromEntries([...files].map(([name, bytes]) =>
      [name, gzipSync(bytes, { level: 9 }).length])),
    series: SERIES,
    observations: OBSERVATIONS,
    visits,
  }));
} finally {
  await browser.close();
  server.close();
}

/* When the client is off, its traces in the browser, and the share of views that it counts.
 * Every visit also checks that no push identifies a page or a visitor and that no cookie is set,
 * see client-site.mjs. */

import assert from 'node:assert/strict';

import { arrived, secureSite, site, tag, totalNow, until, visitTest } from './client-site.mjs';

const port = new URL(site).port;
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/* Every call works, the page's functions are unchanged, and nothing is sent. */
async function isOff(visit) {
  const calls = await visit.evaluate(async (labels) => {
    const stop = window.tallyman('time', 'test_wait_seconds', labels);
    window.prometheusAggregator('increment', 'test_calls_total', labels);
    window.tallyman('observe', 'test_wait_seconds', labels, 1);
    window.tallyman('gauge', 'test_depth', labels, 1);
    stop();
    await fetch('/api/x').then((response) => response.text());
    window.tallyman('flush');
    return [typeof stop, window.tallyman('pending'), /native code/.test(window.fetch), localStorage.length];
  }, { test: visit.name });
  assert.deepEqual(calls, ['function', 0, true, 0]);
  await visit.hide();
  await visit.show();
  await sleep(100);
  await visit.leave();
  await sleep(100);
  assert.deepEqual(visit.bodies(), []);
  assert.equal(await totalNow('test_calls_total', { test: visit.name }), 0);
}

async function isOn(visit) {
  await visit.increment();
  await visit.flush();
  await visit.counted(1);
  await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 1 });
}

const observed = 'data-visits data-observe-requests="/api/**=x"';
const sayGpc = () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
const sayDnt = () => Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' });
const sayWebdriver = () => Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => true });

for (const [name, attributes, counts, init] of [
  ['Global Privacy Control switches it off', '', false, sayGpc],
  ['data-ignore-gpc', 'data-ignore-gpc', true, sayGpc],
  ['Do Not Track is not asked for', '', true, sayDnt],
  ['data-respect-dnt', 'data-respect-dnt', false, sayDnt],
  ['data-respect-dnt without Do Not Track', 'data-respect-dnt', true, undefined],
  ['an automated browser is not counted', '', false, sayWebdriver],
  ['data-allow-webdriver', 'data-allow-webdriver', true, sayWebdriver],
])
  visitTest(`off and on: ${name}`, async (visit) => {
    await visit.open(`${attributes} ${counts ? '' : observed}`);
    await (counts ? isOn : isOff)(visit);
  }, { init });

for (const name of ['localhost', '127.0.0.1', 'sub.localhost'])
  visitTest(`off and on: ${name} is counted only with data-allow-local`, async (visit) => {
    const where = `http://${name}:${port}`;
    await visit.open(observed, { where });
    await isOff(visit);
    await visit.open('data-allow-local', { where, path: '/allowed' });
    await isOn(visit);
  });

visitTest('off and on: calls before it is loaded are dropped when it is off', async (visit) => {
  await visit.open('', {
    head: `<script>window.tallyman = function () { (tallyman.q = tallyman.q || []).push(arguments); };
      tallyman('increment', 'test_calls_total', { test: '${visit.name}' });</script>`,
  });
  await isOff(visit);
}, { init: sayGpc });

visitTest('no cookie is sent or set', async (visit) => {
  await visit.open('data-sample="0.5" data-legacy-timing');
  await visit.increment();
  await visit.leave();
  for (const push of visit.pushes)
    assert.equal((await push.allHeaders()).cookie, undefined);
  assert.deepEqual(await visit.context.cookies(), []);
}, { init: () => { Math.random = () => 0.1; } });

visitTest('localStorage has unsent batches only', async (visit) => {
  await visit.open();
  await visit.page.route(/\/record$/, (route) => route.fulfill({ status: 503 }));
  await visit.increment();
  await visit.hide();
  const stored = await visit.evaluate(() => ({ ...localStorage }));
  assert.deepEqual(await visit.evaluate(() => [sessionStorage.length, document.cookie, window.name]), [0, '', '']);
  assert.ok(Object.keys(stored).length >= 1);
  for (const [key, text] of Object.entries(stored)) {
    const { url, born, body, ...rest } = JSON.parse(text);
    assert.deepEqual([key, url, typeof born, rest], [`tallyman:${JSON.parse(body).batch}`, `${site}/tallyman/record`, 'number', {}]);
  }
});

visitTest('data-no-storage keeps nothing in localStorage', async (visit) => {
  await visit.open('data-no-storage');
  await visit.page.route(/\/record$/, (route) => route.fulfill({ status: 503 }));
  await visit.increment();
  await visit.call('flush');
  await until(async () => visit.pushes.length && visit.pushes[0].response(), 'the refusal');
  await visit.increment();
  await visit.hide();
  assert.equal(await visit.evaluate(() => localStorage.length), 0);
  await visit.page.reload();
  assert.equal(await visit.evaluate(() => localStorage.length), 0);
});

visitTest('data-no-storage does not send stored batches', async (visit) => {
  await visit.open();
  await visit.page.route(/\/record$/, (route) => route.fulfill({ status: 503 }));
  await visit.increment();
  await visit.hide();
  await visit.page.unroute(/\/record$/);
  const before = Object.keys(await visit.stored()).length;
  assert.ok(before > 0);
  visit.pushes.length = 0;
  await visit.open('data-no-storage', { path: '/next' });
  await sleep(1500);
  assert.equal(visit.bodies().filter((body) => /test_calls/.test(body)).length, 0);
}, { init: () => { navigator.sendBeacon = () => false; } });

/* ---- a share of the views ---- */

visitTest('data-sample counts a share of the views, scaled up to all', async (visit) => {
  const url = visit.add('data-sample="0.1"', {
    /* Runs before the tag: Math.random() decides on a view and returns 0.02, 0.07, 0.12, ...
     * 0.97. */
    head: `<script>{
      const view = Number(localStorage.view || 0);
      localStorage.view = view + 1;
      Math.random = () => view / 20 + 0.02;
    }</script>`,
  });
  for (let view = 0; view < 20; view++) {
    await visit.page.goto(url);
    await visit.evaluate((labels) => {
      window.tallyman('increment', 'test_calls_total', labels, 3);
      window.tallyman('observe', 'test_wait_seconds', labels, 0.5);
      window.tallyman('gauge', 'test_depth', labels, 7);
    }, { test: visit.name });
  }
  await visit.leave();
  await visit.counted(60);
  await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 20 });
  /* Observations are not scaled up; their share is a gauge. */
  await arrived('test_wait_seconds_count', { test: visit.name }, { '': 2 });
  await arrived('web_navigation_seconds_count', { page: visit.name, phase: 'load' }, { '': 2 });
  await arrived('test_depth', { test: visit.name }, { '': 7 });
  await arrived('tallyman_client_sample_ratio', {}, { '': 0.1 });
  for (const body of visit.bodies())
    assert.match(body, /"tallyman_client_sample_ratio"/);
}, { alone: true });

visitTest('the share of a view is decided once', async (visit) => {
  await visit.open('data-sample="0.25"');
  await visit.increment(1, 8);
  await visit.leave();
  await visit.counted(32);
}, { init: () => { const values = [0.2]; Math.random = () => values.pop() ?? 0.9; } });

visitTest('an invalid share counts all', async (visit) => {
  for (const [i, share] of ['', 'x', '1', '2', 'NaN'].entries()) {
    await visit.open(`data-sample="${share}"`, { path: `/${i}` });
    await visit.increment();
    await visit.flush();
  }
  await visit.counted(5);
});

visitTest('a share of 0 counts nothing', async (visit) => {
  await visit.open('data-sample="0"');
  await visit.increment();
  assert.equal(await visit.evaluate(() => window.tallyman('pending')), 0);
  await visit.leave();
  assert.deepEqual(visit.bodies(), []);
});

visitTest('a page over TLS counts', async (visit) => {
  await visit.open('', { where: secureSite, script: tag(`data-page="${visit.name}"`) });
  await isOn(visit);
});

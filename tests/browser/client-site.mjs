/* Base of the tests of the client: a site with its own name, whose pages and API are served here
 * behind the web server of test_client.py, and headless Chromium that looks like a visitor's.
 *
 * Each test counts under a name of its own, so the totals in the scrape equal its pushes. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import readline from 'node:readline';

import { executable, flags, pageUrl, scrape, shell, until } from './site.mjs';
import { test } from './tap.mjs';

const require = createRequire(new URL('../../static/', import.meta.url));
const { chromium, devices } = require('playwright-core');

export { scrape, until };
export const phone = devices['Pixel 7'];

const port = new URL(pageUrl).port;
export const site = `http://site.example:${port}`;
export const secure = (host) => `https://${host}:${process.env.TALLYMAN_TLS_PORT}`;
export const secureSite = secure('site.example');
export const thirdParty = `http://pay.example:${port}`;

/* ---- the site ---- */

const built = new URL('../../build/static/', import.meta.url);
export const readBuilt = (name) => readFileSync(new URL(name, built));
export const zippedSize = (name) => execFileSync('gzip', ['-9nc', new URL(name, built).pathname]).length;
export const versioned = readdirSync(built).find((name) => /^tallyman-\d.*\.js$/.test(name));
export const integrity = (content) => `sha384-${createHash('sha384').update(content).digest('base64')}`;

const pages = new Map(); /* path -> {html, headers, delay} */

export function addPage(path, html, { headers = {}, delay = 0, type = 'text/html; charset=utf-8' } = {}) {
  pages.set(path, { html, headers: { 'content-type': type, ...headers }, delay });
}

/* The calls of /api/NAME/; a call that ends in 'gate' is answered after open(). */
const watched = new Map();
export function watchApi(name) {
  const seen = { calls: [], open: null, opened: null };
  seen.opened = new Promise((resolve) => { seen.open = resolve; });
  watched.set(name, seen);
  return seen;
}

/* /api/anything?status=404&delay=300 gets this status after this delay, with the method as text. */
function answerApi(request, response, query) {
  const headers = {
    'access-control-allow-origin': request.headers.origin || '*',
    'access-control-allow-methods': '*',
    'cache-control': 'no-store',
    ...(query.get('to') && { location: query.get('to') }),
  };
  setTimeout(() => {
    response.writeHead(Number(query.get('status') || 200), headers);
    response.end(`${request.method} answered`);
  }, Number(query.get('delay') || 0));
}

const backend = http.createServer((request, response) => {
  const url = new URL(request.url, site);
  request.resume();
  const [, , name, call] = url.pathname.split('/');
  watched.get(name)?.calls.push(call);
  if (call === 'gate')
    return watched.get(name).opened.then(() => answerApi(request, response, url.searchParams));
  if (url.pathname.startsWith('/api/'))
    return answerApi(request, response, url.searchParams);
  const page = pages.get(url.pathname);
  if (!page)
    return response.writeHead(404).end();
  return setTimeout(() => response.writeHead(200, page.headers).end(page.html), page.delay);
});

/* Commands that test_client.py executes. */
const replies = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
export async function command(name) {
  console.log(`!${name}`);
  await replies.next();
}

/* ---- the browser ---- */

const browsers = [];

const visitor = [
  ...flags,
  /* www.google.com is the referrer in a test. */
  '--host-resolver-rules=MAP *.example 127.0.0.1, MAP *.test 127.0.0.1, MAP www.google.com 127.0.0.1',
  /* navigator.webdriver is false, as in a visitor's browser. */
  '--disable-blink-features=AutomationControlled',
];

async function launch(options) {
  const browser = await chromium.launch({ executablePath: shell, args: visitor, ...options });
  browsers.push(browser);
  return browser;
}

let browser;
/* A browser that keeps pages in the back/forward cache, which Playwright forbids and the shell
 * lacks. */
let keeping;
const keepingBrowser = async () =>
  keeping ??= await launch({ executablePath: executable, ignoreDefaultArgs: ['--disable-back-forward-cache'] });

export async function startSite() {
  await new Promise((resolve) => { backend.listen(Number(process.env.TALLYMAN_PAGES_PORT), '127.0.0.1', resolve); });
  browser = await launch();
}

export async function stopSite() {
  await Promise.all(browsers.map((one) => one.close()));
  backend.closeAllConnections();
  backend.close();
  replies.return();
  process.stdin.destroy();
}

/* Opens a page in a browser without a debugger: with one, nothing is prerendered. Returns a
 * function that ends the browser. */
export function visitUnwatched(url) {
  const profile = mkdtempSync(`${tmpdir()}/client-`);
  const child = spawn(executable, [...visitor, '--headless=new', `--user-data-dir=${profile}`, url],
    { stdio: 'ignore', detached: true });
  return async () => {
    process.kill(-child.pid, 'SIGKILL'); /* with its children */
    await once(child, 'exit');
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  };
}

/* ---- a visit ---- */

/* The tag with these attributes. */
export const tag = (attributes = '', file = 'tallyman.js') =>
  `<script defer src="/tallyman/static/${file}" data-server="/tallyman" ${attributes}></script>`;

let visits = 0;

/* A test with a visit: a browser context of its own, and its requests. No
 * visit may raise an error or get a cookie, and its pushes identify no visitor.
 * The options are those of the context, and
 *   init     a function that runs in each page before any other script
 *   errors   the test is about errors in the page
 *   cache    pages may go to the back/forward cache
 *   alone    no other test may run at the same time */
export function visitTest(name, run, options = {}) {
  test(`client: ${name}`, () => withVisit(run, options), options);
}

async function withVisit(run, { init, errors, cache, alone: _, ...options }) {
  const from = cache ? await keepingBrowser() : browser;
  const context = await from.newContext({
    viewport: { width: 1280, height: 900 }, ignoreHTTPSErrors: true, ...options,
  });
  /* A name that no address contains; 'v' keeps it from looking like a number. */
  const visit = new Visit(context, `v${++visits}v`);
  try {
    if (init)
      await context.addInitScript(init);
    visit.page = await context.newPage();
    await run(visit);
    if (!errors)
      assert.deepEqual(visit.errors, [], 'the page raised an error');
    assert.deepEqual(await context.cookies(), [], 'there is a cookie');
    visit.bodies().forEach(checkPrivate);
  } finally {
    await context.close();
  }
}

/* A batch has an id and metrics, and nothing that identifies a page or a visitor. */
function checkPrivate(body) {
  const { batch, metrics, ...rest } = JSON.parse(body);
  assert.deepEqual(rest, {});
  assert.match(batch, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const { metricName, metricType, labels, inc, observations, value, ...others } of metrics) {
    assert.deepEqual(others, {}, `${metricName} ${metricType}`);
    assert.ok([inc, value, ...observations || [0]].every((n) => n === undefined || typeof n === 'number'));
    /* A path without parts that look like an id may be a page group. */
    const { page, ...named } = labels;
    assert.match(page ?? 'none', /^(?!.*secret)(\w+|(\/([A-Za-z._-]+|\*))+)$/);
    assert.doesNotMatch(JSON.stringify(named), /\/|\.example|secret|Mozilla|Chrom|HeadlessChrome/i);
  }
}

class Visit {
  pushes = [];  /* requests to /record */
  errors = [];  /* uncaught, in any page */
  console = []; /* errors and warnings */

  constructor(context, name) {
    this.context = context;
    this.name = name;
    context.on('request', (request) => {
      if (request.url().endsWith('/record') && request.method() === 'POST')
        this.pushes.push(request);
    });
    context.on('weberror', (error) => this.errors.push(String(error.error())));
    context.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()))
        this.console.push(message.text());
    });
  }

  bodies() {
    return this.pushes.map((push) => push.postData());
  }

  /* The pushed metrics of this name. */
  pushed(metricName) {
    return this.bodies().flatMap((body) => JSON.parse(body).metrics)
      .filter((metric) => metric.metricName === metricName);
  }

  /* The URL of this visit's pages, which must not be pushed. */
  url(path = '/order/4711', where = site) {
    return `${where}/secret-${this.name}${path}?token=secret`;
  }

  /* Adds a page with the tag and returns its URL. The page group is the visit's name unless the
   * attributes set it. */
  add(attributes = '', { path, where, head = '', body = '', script, html, ...answer } = {}) {
    const group = /data-pages?=/.test(attributes) ? '' : `data-page="${this.name}" `;
    const url = this.url(path, where);
    addPage(new URL(url).pathname, html ?? `<!doctype html><title>page</title><link rel="icon" href="data:,">
      ${head}${script ?? tag(group + attributes)}<body><p>A page of a test</p>${body}`, answer);
    return url;
  }

  async open(attributes, options) {
    await this.page.goto(this.add(attributes, options));
    return this.page;
  }

  evaluate(run, argument) {
    return this.page.evaluate(run, argument);
  }

  /* Calls the client in the page. */
  call(...call) {
    return this.page.evaluate((all) => window.tallyman(...all), call);
  }

  increment(by = 1, times = 1) {
    return this.page.evaluate(([labels, n, count]) => {
      while (count--)
        window.tallyman('increment', 'test_calls_total', labels, n);
    }, [{ test: this.name }, by, times]);
  }

  /* A flush does nothing during a push, so it is repeated. */
  async flush() {
    await until(() => this.page.evaluate(() => window.tallyman('flush') || window.tallyman('pending') === 0),
      'nothing to be pending');
  }

  /* Opens another page, which ends the view. */
  async leave() {
    await this.page.goto('about:blank');
  }

  /* Fakes the events of a hidden or shown page, since headless pages have no windows to hide. */
  async hide() {
    await this.page.evaluate(() => {
      for (const [name, value] of [['visibilityState', 'hidden'], ['hidden', true]])
        Object.defineProperty(document, name, { value, configurable: true });
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
  }

  async show() {
    await this.page.evaluate(() => {
      delete document.visibilityState;
      delete document.hidden;
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
    });
  }

  /* The client's keys in localStorage, and their values. */
  stored() {
    return this.page.evaluate(() => Object.fromEntries(
      Object.entries(localStorage).filter(([key]) => key.startsWith('tallyman')),
    ));
  }

  /* The calls of increment() have arrived, exactly. */
  counted(total) {
    return arrived('test_calls_total', { test: this.name }, { '': total });
  }

  /* The series of a family in this page group have exactly these values. */
  arrived(name, want) {
    return arrived(name, { page: this.name }, want);
  }

  /* One observation has arrived, of this many seconds. */
  async observed(name, seconds, labels = {}) {
    const all = { page: this.name, ...labels };
    await until(async () => await totalNow(`${name}_count`, all) >= 1, `${name} ${JSON.stringify(all)}`);
    const samples = await scrape(name);
    assert.equal(total(samples, `${name}_count`, all), 1, `${name} counts once`);
    const sum = total(samples, `${name}_sum`, all);
    assert.ok(Math.abs(sum - seconds) < 1e-6, `${name} is ${sum}, not ${seconds}`);
  }
}

/* ---- totals ---- */

const labelsOf = (key) => [...key.matchAll(/(\w+)="([^"]*)"/g)].map((found) => found.slice(1));

/* The series of a name with these labels, except zeros: {'label=value,...': value} with the
 * remaining labels. */
export function seriesWith(samples, name, labels) {
  const found = {};
  for (const [key, value] of samples) {
    const all = key.startsWith(`${name}{`) ? labelsOf(key) : [];
    const has = ([label, wanted]) => all.some(([one, its]) => one === label && its === wanted);
    if (value !== 0 && key.startsWith(`${name}{`) && Object.entries(labels).every(has))
      found[all.filter(([one]) => !(one in labels)).map((pair) => pair.join('=')).join(',')] = value;
  }
  return found;
}

export const total = (samples, name, labels = {}) =>
  Object.values(seriesWith(samples, name, labels)).reduce((sum, value) => sum + value, 0);

export const totalNow = async (name, labels) => total(await scrape(name), name, labels);

/* The series of a name with these labels become exactly these, and stay so: a moment later
 * nothing has counted twice. */
export async function arrived(name, labels, want) {
  const now = async () => seriesWith(await scrape(name), name, labels);
  try {
    await until(async () => {
      const got = await now();
      return Object.entries(want).every(([key, value]) => got[key] >= value);
    }, name);
  } catch {
    assert.deepEqual(await now(), want, `${name} ${JSON.stringify(labels)}`);
  }
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  assert.deepEqual(await now(), want, `${name} ${JSON.stringify(labels)}`);
}

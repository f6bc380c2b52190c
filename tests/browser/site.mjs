/* What the browser tests stand on: headless Chromium, pages that fail their
 * test when they raise an error, and the scrape.
 *
 *   TALLYMAN_URL       the demo page, http://localhost:8080/ if unset
 *   TALLYMAN_CHROMIUM  the browser, /usr/bin/chromium if unset
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

export const require = createRequire(new URL('../../static/', import.meta.url));
const { chromium } = require('playwright-core');

export const pageUrl = new URL(process.env.TALLYMAN_URL || 'http://localhost:8080/').href;

/* Where the endpoints are: beside static/, or beside the page. */
export const root = pageUrl.replace(/(\/static)?\/[^/]*$/, '');

export const executable = process.env.TALLYMAN_CHROMIUM || '/usr/bin/chromium';
export const flags = [
  /* Needed as root and in containers; it only ever opens our own pages. */
  '--no-sandbox',
  '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  /* The address bar's pages, which cost each new context more than all that
   * is tested; and, as this replaces its list, what Playwright needs. */
  `--disable-features=${[
    'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup',
    'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'MediaRouter',
    'OptimizationHints', 'PaintHolding', 'RenderDocument', 'Translate',
  ]}`,
];

let browser;

export async function startBrowser() {
  browser = await chromium.launch({ executablePath: executable, args: flags });
}

export const stopBrowser = () => browser.close();

/* Calls use(page, seen) with a page in a context of its own; seen has what the
 * page sent to /record and every error it raised. No error may be raised. */
export async function withPage(use, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const seen = { pushes: [], errors: [], console: [] };
  context.on('request', (request) => {
    if (request.url() === `${root}/record`)
      seen.pushes.push(request);
  });
  context.on('weberror', (error) => seen.errors.push(String(error.error())));
  context.on('console', (message) => {
    if (message.type() === 'error')
      seen.console.push(message.text());
  });
  try {
    const result = await use(await context.newPage(), seen);
    assert.deepEqual(seen.errors, [], 'the page raised an error');
    return result;
  } finally {
    await context.close();
  }
}

/* A page of the same origin as the server that holds this HTML. */
export async function openHtml(page, html) {
  const url = new URL('/page-of-a-test.html', root).href;
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(url);
}

/* Map of 'name{label="value",...}', labels sorted, to value. */
export async function scrape() {
  const response = await fetch(`${root}/metrics`, { headers: { accept: 'text/plain' } });
  assert.equal(response.status, 200, 'the scrape failed');
  const samples = new Map();
  for (const line of (await response.text()).split('\n')) {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found)
      samples.set(key(found[1], [...(found[2] || '').matchAll(/(\w+)="([^"]*)"/g)].map((l) => l.slice(1))),
        Number(found[3]));
  }
  return samples;
}

const key = (name, labels) =>
  `${name}{${labels.map(([label, value]) => `${label}="${value}"`).sort().join(',')}}`;

export const series = (name, labels = {}) => key(name, Object.entries(labels));

/* The sum over all series of a name. */
export function total(samples, name) {
  let sum = 0;
  for (const [one, value] of samples)
    if (one.startsWith(`${name}{`))
      sum += value;
  return sum;
}

/* Longer than the ten seconds after which the client sends by itself what a flush came too early for. */
export async function until(condition, what, milliseconds = 20000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value)
      return value;
    if (Date.now() > end)
      throw new Error(`waited ${milliseconds / 1000} s in vain for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/* What act() adds to the series: {series: more}, once it has arrived in full;
 * a moment later it must still be the same, or something was counted twice. */
export async function expectAdded(expected, act, milliseconds) {
  const before = await scrape();
  await act();
  const added = async () => {
    const now = await scrape();
    return Object.fromEntries(Object.keys(expected).map((one) =>
      [one, (now.get(one) ?? 0) - (before.get(one) ?? 0)]));
  };
  const reached = (now) => Object.keys(expected).every((one) => now[one] >= expected[one]);
  try {
    await until(async () => reached(await added()), 'the totals', milliseconds);
  } catch {
    assert.deepEqual(await added(), expected);
  }
  await new Promise((resolve) => { setTimeout(resolve, 300); });
  assert.deepEqual(await added(), expected);
}

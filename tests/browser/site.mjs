/* Base of the browser tests: headless Chromium, pages that fail their test when they raise an
 * error, and the scrape.
 *
 *   TALLYMAN_URL       the demo page, http://localhost:8080/demo/ if unset
 *   TALLYMAN_CHROMIUM  the browser, /usr/bin/chromium if unset
 *   TALLYMAN_SHELL     the same without a browser's own pages and services, which cost
 *                      more than the pages of the tests; /usr/bin/chromium-headless-shell
 */

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

export const require = createRequire(new URL('../../static/', import.meta.url));
const { chromium } = require('playwright-core');

export const pageUrl = new URL(process.env.TALLYMAN_URL || 'http://localhost:8080/demo/').href;

/* The endpoints are beside the directory of the page. */
export const root = pageUrl.replace(/\/[^/]*\/[^/]*$/, '');

export const executable = process.env.TALLYMAN_CHROMIUM || '/usr/bin/chromium';
export const shell = process.env.TALLYMAN_SHELL || '/usr/bin/chromium-headless-shell';
export const flags = [
  /* Needed as root and in containers; the browser opens only pages of the tests. */
  '--no-sandbox',
  '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
  /* Without the pages of the address bar, which cost each context more than the tests do. The
   * flag replaces Playwright's list, so that is repeated here. */
  `--disable-features=${[
    'WebUIOmniboxPopup', 'WebUIOmniboxAimPopup',
    'AvoidUnnecessaryBeforeUnloadCheckSync', 'DestroyProfileOnBrowserClose', 'HttpsUpgrades', 'MediaRouter',
    'OptimizationHints', 'PaintHolding', 'RenderDocument', 'Translate',
  ]}`,
];

let browser;

export async function startBrowser() {
  browser = await chromium.launch({ executablePath: shell, args: flags });
}

export const stopBrowser = () => browser.close();

/* Calls use(page, seen) with a page in a context of its own; seen has its requests to /record
 * and every error it raised. Any error fails the test. */
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

/* Returns a page with this HTML on the server's origin. */
export async function openHtml(page, html) {
  const url = new URL('/page-of-a-test.html', root).href;
  await page.route(url, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(url);
}

/* The words of a text, with one space between them. */
export const flat = (text) => text.replace(/\s+/g, ' ').trim();

/* Returns axe's violations in the page, as texts. axe keeps one node of each other result. */
export async function axeViolations(page) {
  await page.evaluate(require('axe-core').source);
  const [passed, violations] = await page.evaluate(async () => {
    const { passes, violations } = await window.axe.run({ resultTypes: ['violations'] });
    return [passes.map(({ id }) => id), violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0].html}`)];
  });
  assert.ok(passed.includes('color-contrast'));
  return violations;
}

/* Returns a map from 'name{label="value",...}', with sorted labels, to the value. `start` limits
 * a long scrape to families whose name starts with it. */
export async function scrape(start = '') {
  const response = await fetch(`${root}/metrics`, { headers: { accept: 'text/plain' } });
  assert.equal(response.status, 200, 'the scrape failed');
  const samples = new Map();
  for (const line of (await response.text()).split('\n')) {
    const found = line.startsWith(start) && /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (found)
      samples.set(key(found[1], [...(found[2] || '').matchAll(/(\w+)="([^"]*)"/g)].map((l) => l.slice(1))),
        Number(found[3]));
  }
  return samples;
}

const key = (name, labels) =>
  `${name}{${labels.map(([label, value]) => `${label}="${value}"`).sort().join(',')}}`;

export const series = (name, labels = {}) => key(name, Object.entries(labels));

/* Returns the sum over all series of a name. */
export function total(samples, name) {
  let sum = 0;
  for (const [one, value] of samples)
    if (one.startsWith(`${name}{`))
      sum += value;
  return sum;
}

/* Longer than the pause of 20 s after a push that an overloaded server refused. */
export async function until(condition, what, milliseconds = 45000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const value = await condition();
    if (value)
      return value;
    if (Date.now() > end)
      throw new Error(`waited ${milliseconds / 1000} s for ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/* Calls act(); the series grow by exactly {series: growth}, and a moment later they are
 * unchanged, so nothing was counted twice. */
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

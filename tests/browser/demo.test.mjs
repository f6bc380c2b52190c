/* Clicks the demo page in headless Chromium; what it counts must arrive in the
 * scrape, exactly. The client itself is tested in client.test.mjs. Prints TAP.
 *
 *   TALLYMAN_URL=http://localhost:8080/ node demo.test.mjs [part of a name]
 *
 * With TALLYMAN_SCREENSHOTS=DIRECTORY it also takes pictures of the page. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { runTests, test } from './tap.mjs';
import {
  expectAdded, openHtml, pageUrl, root, scrape, series, startBrowser, stopBrowser, total, until, withPage,
} from './site.mjs';

const usage = (feature) => series('usage_total', { browser: 'chrome', feature });
const pings = (suffix, host) =>
  series(`firebase_response_time_${suffix}`, { firebaseHost: `pd-dev-${host}.firebaseio.com` });
const showContent = { browser: 'chrome', feature: 'showContent' };

/* Series of this page's group, and of this view. */
const ofDemo = (name, labels) => series(name, { page: 'demo', ...labels });
const desktop = { navigation: 'navigate', device: 'desktop' };

async function openDemo(page) {
  await page.goto(pageUrl);
  await page.waitForSelector('#live[data-state=ok]');
}

const nothingPending = (page) => () => page.evaluate(() => window.tallyman('pending') === 0);

/* A push on its way makes a flush do nothing, so it is asked for repeatedly. */
async function flush(page) {
  await until(async () => {
    await page.evaluate(() => window.tallyman('flush'));
    return nothingPending(page)();
  }, 'nothing to be pending');
}

/* ---- the demo page ---- */

test('demo: opening the page counts one view', () => withPage(async (page) => {
  await expectAdded({
    [series('demo_page_views_total')]: 1,
    [series('app_load_succeeded', { app: 'home' })]: 1,
    [ofDemo('web_page_views_total', desktop)]: 1,
    [ofDemo('web_ttfb_seconds_count', desktop)]: 1,
  }, async () => {
    await openDemo(page);
    await page.click('#flush');
  });
}));

const vital = (page, name) => page.locator(`[data-vital=${name}]`);
const rating = (page, name) => vital(page, name).locator('.rating').textContent();

/* What the rating should be, however slow the page was: by what the browser says, in milliseconds. */
const LIMITS = { LCP: [2500, 4000], FCP: [1800, 3000], TTFB: [800, 1800] };
const expectedRating = async (page, name) => {
  const value = await page.evaluate((of) => ({
    LCP: () => new Promise((resolve) => {
      new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime))
        .observe({ type: 'largest-contentful-paint', buffered: true });
    }),
    FCP: () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    TTFB: () => performance.getEntriesByType('navigation')[0].responseStart,
  })[of](), name);
  const [good, poor] = LIMITS[name];
  return value <= good ? 'good' : value <= poor ? 'needs improvement' : 'poor';
};

test('demo: shows the vitals of this view and of all', () => withPage(async (page) => {
  await openDemo(page);
  for (const name of ['LCP', 'FCP', 'TTFB'])
    await until(async () => await rating(page, name) === await expectedRating(page, name), `${name} to be rated`);
  await page.click('#visitors');
  await page.click('#flush');
  await until(nothingPending(page), 'the push');
  const views = total(await scrape(), 'web_lcp_seconds_count');
  await until(async () => await vital(page, 'LCP').locator('.views').textContent() === `all ${views} views`,
    `${views} views to be shown`);
  assert.match(await vital(page, 'LCP').locator('.figures').textContent(), /p75 [\d.]+\u00a0m?s\d+\u00a0% good/);
  assert.match(await vital(page, 'LCP').locator('.bars').getAttribute('aria-label'),
    /^All views: \d+ good, \d+ needs improvement, \d+ poor$/);
}));

test('demo: a slow click and a layout shift spoil the view, and count when it ends', () => withPage(async (page) => {
  await openDemo(page);
  await expectAdded({
    [ofDemo('web_inp_seconds_count', desktop)]: 1,
    [ofDemo('web_inp_seconds_bucket', { ...desktop, le: '0.2' })]: 0,
    [ofDemo('web_cls_ratio_count', desktop)]: 1,
    [ofDemo('web_cls_ratio_bucket', { ...desktop, le: '0' })]: 0,
  }, async () => {
    await page.click('#slow');
    /* It takes 0.4 s and what the machine adds: it is poor from 0.5 s on. */
    await until(async () => /^(needs improvement|poor)$/.test(await rating(page, 'INP')), 'the slow click to be rated');
    await page.click('#shift');
    await until(async () => await vital(page, 'CLS').locator('.big').textContent() > '0', 'the shift to be seen');
    await page.goto('about:blank');
  });
}));

test('demo: API calls count by route, method and status', () => withPage(async (page) => {
  await openDemo(page);
  const health = (status) => ({ route: 'health', method: 'GET', status });
  await expectAdded({
    [series('web_requests_total', health('2xx'))]: 2,
    [series('web_requests_total', health('4xx'))]: 1,
    [series('web_request_seconds_count', health('2xx'))]: 2,
  }, async () => {
    for (const [i, door] of ['fetch', 'xhr', 'failing'].entries()) {
      await page.click(`[data-door=${door}]`);
      await until(() => page.evaluate((n) => performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('/-/')).length > n, i), 'the reply');
    }
    await flush(page);
  });
}));

test('demo: errors and lost resources count by kind', () => withPage(async (page, seen) => {
  await openDemo(page);
  const kind = (of) => ({ kind: of });
  await expectAdded({
    [ofDemo('web_errors_total', kind('TypeError'))]: 1,
    [ofDemo('web_errors_total', kind('resource'))]: 1,
    [ofDemo('web_unhandled_rejections_total', kind('RangeError'))]: 1,
    [ofDemo('web_csp_violations_total', { directive: 'img-src' })]: 1,
  }, async () => {
    for (const fault of ['error', 'rejection', 'image', 'forbidden'])
      await page.click(`[data-fault=${fault}]`);
    await until(() => seen.errors.length === 2 && seen.console.length >= 2, 'all of them');
    await flush(page);
  });
  assert.match(seen.errors.sort().join(), /^RangeError: .*,TypeError: /);
  seen.errors.length = 0;
}));

test('demo: each feature button counts', () => withPage(async (page, seen) => {
  await openDemo(page);
  await expectAdded({
    [usage('quickQuestion')]: 1,
    [usage('selfPacedMode')]: 2,
    [usage('blockStudent')]: 3,
    [usage('showContent')]: 4,
  }, async () => {
    for (const [i, feature] of ['quickQuestion', 'selfPacedMode', 'blockStudent', 'showContent'].entries())
      for (let n = 0; n <= i; n++)
        await page.click(`[data-feature=${feature}]`);
    assert.notEqual(await page.textContent('#pending'), '0');
    await page.click('#flush');
    await until(async () => await page.textContent('#pending') === '0', 'nothing to be waiting');
  });
  assert.deepEqual(seen.console, [], 'nothing is refused by the content security policy');
}));

test('demo: each timing button observes', () => withPage(async (page) => {
  await openDemo(page);
  await expectAdded({
    [pings('count', 1)]: 1,
    [pings('count', 2)]: 2,
    [series('demo_response_seconds_count')]: 1,
    [series('demo_response_seconds_bucket', { le: '+Inf' })]: 1,
  }, async () => {
    await page.click('[data-host="pd-dev-1.firebaseio.com"]');
    await page.click('[data-host="pd-dev-2.firebaseio.com"]');
    await page.click('[data-host="pd-dev-2.firebaseio.com"]');
    await page.click('#time-request');
    await until(() => page.evaluate(() => window.tallyman('pending') >= 4), 'the request to be timed');
    await page.click('#flush');
  });
}));

test('demo: the gauge is set', () => withPage(async (page) => {
  await openDemo(page);
  for (const depth of [73, 7]) {
    await page.fill('#depth', String(depth));
    await page.click('#set-depth');
    await page.click('#flush');
    await until(async () => (await scrape()).get(series('demo_queue_depth')) === depth, `a depth of ${depth}`);
    await until(async () => (await page.textContent('[data-family=demo_queue_depth] .big')) === String(depth),
      'the page to show it');
  }
}));

test('demo: fifty visitors count fifty times', () => withPage(async (page) => {
  await openDemo(page);
  const names = ['usage_total', 'firebase_response_time_count', 'demo_response_seconds_count'];
  const before = await scrape();
  await page.click('#visitors');
  await page.click('#flush');
  await until(nothingPending(page), 'the push');
  const after = await scrape();
  for (const name of names)
    assert.equal(total(after, name) - total(before, name), 50, name);
  const madeUp = (samples) => ['desktop', 'mobile'].reduce((sum, device) => sum
    + (samples.get(series('web_fcp_seconds_count', { page: 'made-up', navigation: 'navigate', device })) ?? 0), 0);
  assert.equal(madeUp(after) - madeUp(before), 50, 'views');
}));

test('demo: the tables show what the scrape says', () => withPage(async (page) => {
  await openDemo(page);
  await page.click('[data-feature=showContent]');
  await page.click('[data-feature=showContent]');
  await page.click('[data-host="pd-dev-1.firebaseio.com"]');
  await page.click('#flush');
  const row = page.locator('[data-family=usage_total] tbody tr').filter({ hasText: /chrome\s*showContent/ });
  await until(async () => (await row.locator('.plus').allTextContents())[0] === '+2', 'the row to show +2');
  const samples = await scrape();
  const shown = (text) => Number(text.replaceAll(',', ''));
  assert.equal(shown(await row.locator('td.number').textContent()), samples.get(usage('showContent')));
  const chart = page.locator('[data-family=firebase_response_time] .chart').filter({ hasText: 'pd-dev-1' });
  await until(async () => (await chart.locator('.plus').allTextContents())[0] === '+1', 'the chart to show +1');
  assert.equal(shown(await chart.locator('.figures b').first().textContent()), samples.get(pings('count', 1)));
  const bars = (await chart.locator('.many').allTextContents()).map(shown);
  assert.equal(bars.reduce((a, b) => a + b), samples.get(pings('count', 1)), 'the bars add up');
}));

test('demo: says so when the server does not answer, and recovers', () => withPage(async (page) => {
  await openDemo(page);
  await page.route(`${root}/metrics`, (route) => route.abort());
  await page.waitForSelector('#live[data-state=bad]');
  await page.unroute(`${root}/metrics`);
  await page.waitForSelector('#live[data-state=ok]');
}));

/* ---- what is pushed without our client ---- */

test("load: what peardeck's own script posts is taken", () => withPage(async (page) => {
  await openHtml(page, '<!doctype html><title>page</title>');
  const post = (metrics) => page.evaluate(([url, body]) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Content-type', 'application/json');
    request.onloadend = () => resolve([request.status, request.responseText]);
    request.send(body);
  }), [`${root}/record`, JSON.stringify(metrics)]);
  await expectAdded({ [usage('showContent')]: 2, [pings('count', 1)]: 2 }, async () => {
    assert.deepEqual(await post([]), [200, 'OK\n']);
    assert.deepEqual(await post([
      { metricName: 'usage_total', metricType: 'counter', labels: showContent, inc: 2 },
      { metricName: 'firebase_response_time', metricType: 'histogram',
        labels: { firebaseHost: 'pd-dev-1.firebaseio.com' }, observations: [0.1, 3] },
    ]), [200, 'OK\n']);
  });
}));

/* ---- pictures ---- */

/* A visitor who has tried everything and comes once more. demo-light-1280-top.png
 * is static/demo.png, once pngquant has made it small. */
async function takePicture(page, seen, file) {
  await openDemo(page);
  await page.click('#visitors');
  for (const button of await page.locator('[data-door], [data-fault], #time-request, #set-depth, #slow').all())
    await button.click();
  await page.waitForTimeout(3500);
  await page.click('#flush');
  await page.reload();
  await page.waitForSelector('#live[data-state=ok]');
  await page.click('[data-feature=showContent]');
  await page.click('#flush');
  await page.waitForTimeout(2500);
  await page.screenshot({ path: path.join(process.env.TALLYMAN_SCREENSHOTS, `${file}.png`), fullPage: true });
  const { width, height } = await page.locator('[data-family=usage_total]').evaluate((card) =>
    ({ width: innerWidth, height: card.getBoundingClientRect().bottom + scrollY + 16 }));
  await page.screenshot({
    path: path.join(process.env.TALLYMAN_SCREENSHOTS, `${file}-top.png`),
    fullPage: true, clip: { x: 0, y: 0, width, height },
  });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing is too wide');
  seen.errors.length = 0;
}

if (process.env.TALLYMAN_SCREENSHOTS)
  for (const colorScheme of ['light', 'dark'])
    for (const width of [1280, 380])
      test(`picture: ${colorScheme} ${width}`, () =>
        withPage((page, seen) => takePicture(page, seen, `demo-${colorScheme}-${width}`),
          { colorScheme, viewport: { width, height: 900 } }));

await startBrowser();
try {
  await runTests(process.argv[2]);
} finally {
  await stopBrowser();
}

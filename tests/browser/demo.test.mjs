/* Clicks through the demo page in headless Chromium; its counts must arrive in the scrape, exactly.
 * client.test.mjs tests the client itself. Prints TAP.
 *
 *   TALLYMAN_URL=http://localhost:8080/demo/ node demo.test.mjs [part of a name]
 *
 * With TALLYMAN_SCREENSHOTS=DIRECTORY it also takes pictures of the page. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { openDemo, sendNow, useAllButtons } from './demo-page.mjs';
import './guides.mjs';
import { runTests, test as add } from './tap.mjs';
import {
  axeViolations, expectAdded, openHtml, pageUrl, root, scrape, series, startBrowser, stopBrowser, total, until, withPage,
} from './site.mjs';

const usage = (feature) => series('demo_usage_total', { browser: 'chrome', feature });
const pings = (suffix, host) => series(`demo_ping_seconds_${suffix}`, { host });
const showContent = { browser: 'chrome', feature: 'showContent' };

/* Totals are shared by all pages: only tests that look at their own page run in parallel, and
 * later. */
const test = (name, run) => add(name, run, { alone: !/^(look|axe): /.test(name) });

/* Series of this page's group and of this view. */
const ofDemo = (name, labels) => series(name, { page: 'demo', ...labels });
const desktop = { navigation: 'navigate', device: 'desktop' };

const nothingPending = (page) => () => page.evaluate(() => window.tallyman('pending') === 0);

/* A flush does nothing during a push, so it is repeated. */
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
    [ofDemo('web_page_views_total', desktop)]: 1,
    [ofDemo('web_ttfb_seconds_count', desktop)]: 1,
  }, async () => {
    await openDemo(page);
    await sendNow(page);
  });
}));

const vital = (page, name) => page.locator(`[data-vital=${name}]`);
const rating = (page, name) => vital(page, name).locator('.rating').textContent();

/* The right rating from the browser's values in milliseconds, however slow the page was. */
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
  await sendNow(page);
  await until(nothingPending(page), 'the push');
  const now = await scrape();
  const views = total(now, 'web_lcp_seconds_count') + total(now, 'demo_lcp_seconds_count');
  await until(async () => await vital(page, 'LCP').locator('.views').textContent() === `all ${views} views`,
    `${views} views to be shown`);
  assert.match(await vital(page, 'LCP').locator('.figures').textContent(), /p75 [\d.]+\u00a0m?s\d+\u00a0% good/);
  assert.match(await vital(page, 'LCP').locator('.bars').getAttribute('aria-label'),
    /^All views: \d+ good, \d+ needs improvement, \d+ poor$/);
}));

test('demo: a slow click and a layout shift make the view poor, and count when it ends', () => withPage(async (page) => {
  await openDemo(page);
  await expectAdded({
    [ofDemo('web_inp_seconds_count', desktop)]: 1,
    [ofDemo('web_inp_seconds_bucket', { ...desktop, le: '0.2' })]: 0,
    [ofDemo('web_cls_ratio_count', desktop)]: 1,
    [ofDemo('web_cls_ratio_bucket', { ...desktop, le: '0' })]: 0,
  }, async () => {
    await page.click('#slow');
    /* 0.4 s plus the delay of the machine; poor begins at 0.5 s. */
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
    for (const [i, request] of ['fetch', 'xhr', 'failing'].entries()) {
      await page.click(`[data-request=${request}]`);
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
    await sendNow(page);
    await until(async () => await page.textContent('#pending') === '0', 'an empty queue');
  });
  assert.deepEqual(seen.console, [], 'the content security policy refuses nothing');
}));

test('demo: each timing button observes', () => withPage(async (page) => {
  await openDemo(page);
  await expectAdded({
    [pings('count', 'one')]: 1,
    [pings('count', 'two')]: 2,
    [series('demo_response_seconds_count')]: 1,
    [series('demo_response_seconds_bucket', { le: '+Inf' })]: 1,
  }, async () => {
    await page.click('[data-host=one]');
    await page.click('[data-host=two]');
    await page.click('[data-host=two]');
    await page.click('#time-request');
    await until(() => page.evaluate(() => window.tallyman('pending') >= 4), 'the request to be timed');
    await sendNow(page);
  });
}));

test('demo: the gauge is set', () => withPage(async (page) => {
  await openDemo(page);
  for (const depth of [73, 7]) {
    await page.fill('#depth', String(depth));
    await page.click('#set-depth');
    await sendNow(page);
    await until(async () => (await scrape()).get(series('demo_queue_depth')) === depth, `a depth of ${depth}`);
    await until(async () => (await page.textContent('[data-family=demo_queue_depth] .big')) === String(depth),
      'the page to show it');
  }
}));

test('demo: fifty visitors count fifty times, in families of the demo only', () => withPage(async (page) => {
  await openDemo(page);
  /* The metrics of this view itself are sent first. */
  await page.click('h1');
  await sendNow(page);
  await until(nothingPending(page), 'the push');
  const before = await scrape();
  await page.click('#visitors');
  await sendNow(page);
  await until(nothingPending(page), 'the push');
  const after = await scrape();
  const added = (name) => total(after, name) - total(before, name);
  for (const name of ['page_views_total', 'usage_total', 'ping_seconds_count', 'response_seconds_count', 'lcp_seconds_count',
    'inp_seconds_count', 'cls_ratio_count', 'fcp_seconds_count', 'ttfb_seconds_count'])
    assert.equal(added(`demo_${name}`), 50, name);
  const names = new Set([...after.keys()].map((one) => one.replace(/\{.*/, '')));
  const others = [...names].filter((name) => !/^(demo|tallyman|metrics_aggregator)_/.test(name) && added(name) !== 0);
  assert.deepEqual(others, []);
}));

test('demo: the tables equal the scrape', () => withPage(async (page) => {
  await openDemo(page);
  await page.click('[data-feature=showContent]');
  await page.click('[data-feature=showContent]');
  await page.click('[data-host=one]');
  await sendNow(page);
  const row = page.locator('[data-family=demo_usage_total] tbody tr').filter({ hasText: /chrome\s*showContent/ });
  await until(async () => (await row.locator('.plus').allTextContents())[0] === '+2', 'the row to show +2');
  const samples = await scrape();
  const shown = (text) => Number(text.replaceAll(',', ''));
  assert.equal(shown(await row.locator('td.number').textContent()), samples.get(usage('showContent')));
  const chart = page.locator('[data-family=demo_ping_seconds] .chart').filter({ hasText: 'host="one"' });
  await until(async () => (await chart.locator('.plus').allTextContents())[0] === '+1', 'the chart to show +1');
  assert.equal(shown(await chart.locator('.figures b').first().textContent()), samples.get(pings('count', 'one')));
  const bars = (await chart.locator('.many').allTextContents()).map(shown);
  assert.equal(bars.reduce((a, b) => a + b), samples.get(pings('count', 'one')), 'the bars add up');
}));

test('demo: reports a server that does not answer, and recovers', () => withPage(async (page) => {
  await openDemo(page);
  await page.route(`${root}/metrics`, (route) => route.abort());
  await page.waitForSelector('#live[data-state=bad]');
  await page.unroute(`${root}/metrics`);
  await page.waitForSelector('#live[data-state=ok]');
}));

/* ---- layout and accessibility ---- */

/* Visits have been counted, and all sections are open. */
async function openAll(page) {
  await openDemo(page);
  await page.click('#visitors');
  await sendNow(page);
  await until(nothingPending(page), 'the push');
  await page.waitForSelector('[data-family=demo_usage_total] tbody tr');
  await until(async () => await page.locator('.done').count() === 0, 'the labels of the buttons');
  await page.evaluate(() => document.querySelectorAll('details').forEach((one) => { one.open = true; }));
}

/* Every number of the scrape at its maximum. */
const LARGE = ['987654321012345', '1234567890', '9.9e+17', '-8888888888.125'];
async function enlarge(page) {
  const text = await (await fetch(`${root}/metrics`, { headers: { accept: 'text/plain' } })).text();
  let n = 0;
  const body = text.replace(/^(\w+)(\{.*\})? \S+$/gm, (_, name, labels = '') => {
    const le = /le="([^"]*)"/.exec(labels);
    const value = /_count$|^metrics_/.test(name) || le?.[1] === '+Inf' ? LARGE[0]
      : le ? Math.round(9e14 * (1 - 1 / (2 + Number(le[1])))) : LARGE[n++ % 4];
    return `${name}${labels} ${value}`;
  });
  await page.route(`${root}/metrics`, (route) => route.fulfill({ contentType: 'text/plain', body }));
}

/* Words that overlap others, leave their card, or are cut off without a scroll bar. */
const misplaced = (page) => page.evaluate(() => {
  const found = [];
  const words = [];
  scrollTo({ top: 0, behavior: 'instant' });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const parent = node.parentElement;
    if (!node.data.trim() || parent.closest('.hidden, .skip, noscript, script') || !parent.checkVisibility())
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const clip = parent.closest('.scroll, pre')?.getBoundingClientRect();
    const home = parent.closest('.card, .flow li, button')?.getBoundingClientRect();
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const box = clip ? { left: Math.max(left, clip.left), right: Math.min(right, clip.right), top, bottom }
        : { left, right, top, bottom };
      if (box.right - box.left < 1)
        continue;
      /* A line box is higher than its letters. */
      words.push({ ...box, top: top + 3, bottom: bottom - 3, text: node.data.trim() });
      if (home && (box.left < home.left || box.right > home.right))
        found.push(`${node.data.trim()} leaves its card`);
    }
  }
  words.sort((a, b) => a.top - b.top);
  words.forEach((a, i) => {
    for (let j = i + 1; j < words.length && words[j].top < a.bottom; j++)
      if (words[j].left < a.right - 1 && a.left < words[j].right - 1)
        found.push(`${a.text} | ${words[j].text}`);
  });
  if (document.documentElement.scrollWidth > innerWidth)
    found.push(`the page is ${document.documentElement.scrollWidth} wide`);
  return [words.length > 300, found];
});

for (const width of [320, 390, 540, 768, 1024, 1280])
  for (const large of [false, true])
    test(`look: nothing overlaps at ${width} px${large ? ', with large numbers' : ''}`, () => withPage(async (page) => {
      if (large)
        await enlarge(page);
      await openAll(page);
      if (large)
        assert.equal(await page.textContent('#pushes'), '987,654,321,012,345');
      assert.deepEqual(await misplaced(page), [true, []]);
    }, { viewport: { width, height: 900 } }));

test('look: sizes are in units of bytes, times are dates', () => withPage(async (page) => {
  await page.route(`${root}/metrics`, (route) => route.fulfill({ contentType: 'text/plain', body: Object.entries({
    a_bytes: 3.5 * 1024 ** 3, b_bytes: 1000, c_bytes: 2e18, d_bytes_total: 1048576, e_bytes: 0,
    f_timestamp_seconds: 1767225600, g_seconds: 0.25, h_total: 9007199254740991, i: 1e300, j: -1234.5,
  }).map(([name, value]) => `# TYPE ${name} gauge\n${name} ${value}\n`).join('') }));
  await openDemo(page);
  assert.deepEqual(await page.locator('#tiles .tile').evaluateAll((tiles) => tiles.map((tile) =>
    `${tile.dataset.family} ${tile.querySelector('.big').textContent.replace('\u00a0', ' ')}`)), [
    'a_bytes 3.5 GiB', 'b_bytes 1,000 B', 'c_bytes 1,780 PiB', 'd_bytes_total 1 MiB', 'e_bytes 0 B',
    'f_timestamp_seconds 2026-01-01 00:00:00 UTC', 'g_seconds 250 ms', 'h_total 9,007,199,254,740,991', 'i 1E300',
    'j -1,234.5',
  ]);
}));

test('look: scrollable parts can be reached by keyboard', () => withPage(async (page) => {
  await openAll(page);
  await until(() => page.evaluate(() => document.querySelector('pre[tabindex]')), 'places to scroll');
  const wide = () => page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((one) => /auto|scroll/.test(getComputedStyle(one).overflowX))
    .map((one) => [one.scrollWidth > one.clientWidth, one.tabIndex, one.getAttribute('role'), Boolean(one.ariaLabel)].join()));
  const wanted = ['false,-1,,false', 'true,0,region,true'].join(' ');
  await until(async () => [...new Set(await wide())].sort().join(' ') === wanted, `all to be ${wanted}`);
  const place = page.locator('.scroll[tabindex]').first();
  await place.focus();
  await page.keyboard.press('ArrowRight');
  await until(() => place.evaluate((one) => one.scrollLeft > 0), 'it to scroll');
}, { viewport: { width: 320, height: 900 } }));

test('look: every column has a name', () => withPage(async (page) => {
  await openAll(page);
  const names = await page.locator('th').allTextContents();
  assert.ok(names.includes('total') && names.includes('p95'));
  assert.deepEqual(names.filter((name) => !name.trim()), []);
}));

test('look: each click is confirmed at its button', () => withPage(async (page, seen) => {
  await openDemo(page);
  const expected = {
    '#visitors': '+50', '[data-feature=quickQuestion]': '+1', '[data-host=one]': '+1', '#time-request': /^[\d.]+\u00a0m?s$/,
    '#set-depth': 'set 12', '[data-request=fetch]': 'status 200', '[data-request=xhr]': 'status 200',
    '[data-request=failing]': 'status 404', '[data-fault=error]': 'thrown', '[data-fault=rejection]': 'rejected',
    '[data-fault=image]': 'missed', '[data-fault=forbidden]': 'blocked', '#slow': '400 ms', '#shift': 'in 0.7 s', '#flush': 'sent',
  };
  for (const [button, text] of Object.entries(expected)) {
    const answer = await page.evaluate((selector) => new Promise((resolve) => {
      const clicked = document.querySelector(selector);
      new MutationObserver(() => {
        const done = clicked.querySelector('.done');
        if (done?.textContent)
          resolve([done.textContent, document.getElementById('said').textContent.includes(done.textContent)]);
      }).observe(clicked, { childList: true, subtree: true, characterData: true });
      clicked.click();
    }), button);
    assert.ok(answer[0] === text || text.test?.(answer[0]), `${button}: ${answer[0]}`);
  }
  assert.equal(await page.locator('main button:visible').count(),
    Object.keys(expected).length + 4 + (await page.locator('.snippet button').count()), 'three features, one host, and Copy');
  await until(async () => await page.locator('.done').count() === 0, 'the labels to come back');
  await page.click('[data-feature=blockStudent]', { clickCount: 3 });
  assert.equal(await page.textContent('[data-feature=blockStudent] .done'), '+3');
  await until(() => seen.errors.length === 2, 'the two errors');
  seen.errors.length = 0;
}));

test('look: without JavaScript the page explains it, and has no dead buttons', () => withPage(async (page) => {
  await page.goto(pageUrl);
  assert.match(await page.locator('main').innerText(), /This page does nothing without JavaScript/);
  assert.equal(await page.locator('button:visible, input:visible, .big:visible, .live:visible').count(), 0);
  const link = await page.locator('noscript a').evaluate((one) => one.href).catch(() => page.getAttribute('main a', 'href'));
  assert.equal(new URL(link, pageUrl).href, `${root}/metrics`);
  assert.deepEqual((await misplaced(page))[1], []);
  assert.deepEqual(await page.locator('pre').evaluateAll((all) => [...new Set(all.map((one) => one.tabIndex))]), [0]);
}, { javaScriptEnabled: false, viewport: { width: 320, height: 900 } }));

test('look: a server that only lets Prometheus scrape is asked once', () => withPage(async (page) => {
  let asked = 0;
  await page.route(`${root}/metrics`, (route) => {
    asked++;
    return route.fulfill({ status: 403, body: 'no' });
  });
  await page.goto(pageUrl);
  await page.waitForSelector('#locked:visible');
  await page.waitForTimeout(2500);
  assert.equal(asked, 1);
}));

for (const colorScheme of ['light', 'dark'])
  for (const width of [390, 1280])
    test(`axe: nothing serious at ${width} px, ${colorScheme}`, () => withPage(async (page) => {
      await openAll(page);
      assert.deepEqual(await axeViolations(page), []);
    /* New totals flash, with intermediate colours. */
    }, { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } }));

/* ---- the last section ---- */

const lastSection = (page) => page.locator('section[aria-labelledby=next]').innerText();
const here = new URL(root);

if (process.env.TALLYMAN_INSTALLED)
  test('installed: what to do next is right for this server', () => withPage(async (page) => {
    await openDemo(page);
    const text = await lastSection(page);
    assert.doesNotMatch(text, /build\/|localhost:8080|example\.org|make/);
    for (const part of [`metrics_path: ${here.pathname}/metrics\n`, `targets: ["${here.host}"]`, '/etc/tallyman/metrics.d/mine.json',
      'sudo -u tallyman sqlite3 -readonly -box', '/var/lib/tallyman/tallyman.db', 'sudo -u tallyman tallyman check',
      `src="${root}/static/tallyman.js"`])
      assert.ok(text.includes(part), `${part} is in ${text}`);
  }));
else
  test('demo: what to do next is right for make run', () => withPage(async (page) => {
    await openDemo(page);
    const text = await lastSection(page);
    assert.doesNotMatch(text, /sudo|\/etc\/|\/var\/|example\.org/);
    for (const part of ['metrics_path: /metrics\n', `targets: ["${here.host}"]`, 'build/run/metrics.d/mine.json',
      'sqlite3 -readonly -box', 'build/run/tallyman.db', `src="${root}/static/tallyman.js"`,
      'build/tallyman totals -c build/run/tallyman.json\n', 'build/tallyman check -c build/run/tallyman.json'])
      assert.ok(text.includes(part), `${part} is in ${text}`);
  }));

/* ---- pushes without the client ---- */

test("load: pushes of peardeck's own script are accepted", () => withPage(async (page) => {
  await openHtml(page, '<!doctype html><title>page</title>');
  const post = (metrics) => page.evaluate(([url, body]) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', url);
    request.setRequestHeader('Content-type', 'application/json');
    request.onloadend = () => resolve([request.status, request.responseText]);
    request.send(body);
  }), [`${root}/record`, JSON.stringify(metrics)]);
  const host = 'pd-dev-1.firebaseio.com';
  await expectAdded({
    [series('usage_total', showContent)]: 2,
    [series('firebase_response_time_count', { firebaseHost: host })]: 2,
  }, async () => {
    assert.deepEqual(await post([]), [200, 'OK\n']);
    assert.deepEqual(await post([
      { metricName: 'usage_total', metricType: 'counter', labels: showContent, inc: 2 },
      { metricName: 'firebase_response_time', metricType: 'histogram',
        labels: { firebaseHost: host }, observations: [0.1, 3] },
    ]), [200, 'OK\n']);
  });
}));

/* ---- pictures ---- */

async function takePicture(page, seen, file) {
  await useAllButtons(page);
  await page.screenshot({ path: path.join(process.env.TALLYMAN_SCREENSHOTS, `${file}.png`), fullPage: true });
  const { width, height } = await page.locator('[data-family=demo_usage_total]').evaluate((card) =>
    ({ width: innerWidth, height: card.getBoundingClientRect().bottom + scrollY + 16 }));
  await page.screenshot({
    path: path.join(process.env.TALLYMAN_SCREENSHOTS, `${file}-top.png`),
    fullPage: true, clip: { x: 0, y: 0, width, height },
  });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'no sideways scrolling');
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
  await runTests(process.argv[2], 3, { aloneFirst: true });
} finally {
  await stopBrowser();
}

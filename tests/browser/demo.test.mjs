/* Clicks the demo page and calls tallyman.js in headless Chromium; what was
 * called must arrive in the scrape, exactly. Prints TAP.
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

async function openDemo(page) {
  await page.goto(pageUrl);
  await page.waitForSelector('#live[data-state=ok]');
}

/* A page that has nothing but the script. */
const tagPage = (attributes = '') => `<!doctype html><title>page</title>
  <script defer src="${root}/static/tallyman.js" ${attributes}></script>`;

async function send(page) {
  await page.evaluate(() => window.tallyman('flush'));
}

/* A push on its way makes a flush do nothing, so it is asked for repeatedly. */
async function sendUntil(page, condition, what) {
  await until(async () => {
    await send(page);
    return condition();
  }, what);
}

const nothingPending = (page) => () => page.evaluate(() => window.tallyman('pending') === 0);

const callTimes = (page, times, ...args) =>
  page.evaluate(([n, all]) => { while (n--) window.tallyman(...all); }, [times, args]);

/* ---- the demo page ---- */

test('demo: opening the page counts one view', () => withPage(async (page) => {
  await expectAdded({
    [series('demo_page_views_total')]: 1,
    [series('app_load_succeeded', { app: 'home' })]: 1,
  }, async () => {
    await openDemo(page);
    await page.click('#flush');
  });
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

/* ---- delivery ---- */

test('client: sends by itself within ten seconds, once, and nothing when idle', () => Promise.all([
  withPage(async (page, seen) => {
    await openHtml(page, tagPage());
    await expectAdded({ [usage('showContent')]: 3 }, () =>
      callTimes(page, 3, 'increment', 'usage_total', showContent, 1), 12000);
    await page.waitForTimeout(11000);
    assert.equal(seen.pushes.length, 1);
    const { batch, metrics } = JSON.parse(seen.pushes[0].postData());
    assert.match(batch, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const age = Date.now() - parseInt(batch.replace('-', '').slice(0, 12), 16);
    assert.ok(age > 0 && age < 60000, 'the id begins with the time');
    assert.equal(metrics.length, 1);
  }),
  withPage(async (page, seen) => {
    await openHtml(page, tagPage());
    await page.waitForTimeout(12000);
    assert.equal(seen.pushes.length, 0);
  }),
]));

test('client: a page that is left delivers by beacon', () => withPage(async (page, seen) => {
  await openDemo(page);
  await page.click('#flush');
  await until(nothingPending(page), 'the first push');
  const first = seen.pushes.length;
  await expectAdded({ [usage('blockStudent')]: 1 }, async () => {
    await page.click('[data-feature=blockStudent]');
    await page.goto('about:blank');
  });
  assert.equal(seen.pushes.length, first + 1);
  assert.equal(seen.pushes[first].resourceType(), 'ping');
  assert.match(await seen.pushes[first].headerValue('content-type'), /^text\/plain/);
}));

test('client: a page that is closed delivers by beacon', () => withPage(async (page) => {
  await openDemo(page);
  await expectAdded({ [usage('quickQuestion')]: 2 }, async () => {
    await page.click('[data-feature=quickQuestion]');
    await page.click('[data-feature=quickQuestion]');
    await page.close({ runBeforeUnload: true });
  });
}));

test('client: a page that becomes hidden delivers and goes on', () => withPage(async (page) => {
  await openHtml(page, tagPage());
  const hide = (state) => page.evaluate((to) => {
    Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
  for (let i = 0; i < 2; i++)
    await expectAdded({ [usage('showContent')]: 1 }, async () => {
      await callTimes(page, 1, 'increment', 'usage_total', showContent, 1);
      await hide('hidden');
      await hide('visible');
    });
}));

test('client: a reply that got lost is asked for again and counts once', () => withPage(async (page, seen) => {
  await openHtml(page, tagPage());
  await page.route(`${root}/record`, async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  }, { times: 2 });
  await expectAdded({ [usage('showContent')]: 5, [pings('count', 1)]: 2 }, async () => {
    await callTimes(page, 5, 'increment', 'usage_total', showContent, 1);
    await callTimes(page, 2, 'observe', 'firebase_response_time', { firebaseHost: 'pd-dev-1.firebaseio.com' }, 0.3);
    await sendUntil(page, nothingPending(page), 'the third push');
  });
  assert.equal(seen.pushes.length, 3);
  assert.equal(new Set(seen.pushes.map((push) => push.postData())).size, 1, 'it is the same batch each time');
}));

for (const [what, answer] of [
  ['503', (route) => route.fulfill({ status: 503, headers: { 'retry-after': '1' } })],
  ['429', (route) => route.fulfill({ status: 429 })],
  ['a blocked request', (route) => route.abort('blockedbyclient')],
])
  test(`client: ${what} raises no error and loses nothing`, () => withPage(async (page, seen) => {
    await openHtml(page, tagPage());
    await page.route(`${root}/record`, answer);
    await expectAdded({ [usage('showContent')]: 3 }, async () => {
      for (let sent = 1; sent <= 2; sent++) {
        await callTimes(page, 1, 'increment', 'usage_total', showContent, 1);
        await sendUntil(page, () => seen.pushes.length >= sent, `push ${sent}`);
      }
      await page.unroute(`${root}/record`);
      await callTimes(page, 1, 'increment', 'usage_total', showContent, 1);
      await sendUntil(page, nothingPending(page), 'the server to take it');
    });
  }));

test('client: a batch that the server refuses is not sent again', () => withPage(async (page, seen) => {
  await openHtml(page, tagPage());
  await page.route(`${root}/record`, (route) => route.fulfill({ status: 413 }), { times: 1 });
  await callTimes(page, 1, 'increment', 'usage_total', showContent, 1);
  await send(page);
  await until(nothingPending(page), 'the answer');
  await send(page);
  await page.waitForTimeout(200);
  assert.equal(seen.pushes.length, 1);
}));

test('client: many observations are split into batches below 16 KiB', () => withPage(async (page, seen) => {
  await openHtml(page, tagPage());
  await expectAdded({ [pings('count', 2)]: 3000 }, async () => {
    await callTimes(page, 3000, 'observe', 'firebase_response_time',
      { firebaseHost: 'pd-dev-2.firebaseio.com' }, 0.12345678901234);
    await send(page);
  });
  assert.ok(seen.pushes.length > 1);
  for (const push of seen.pushes)
    assert.ok(push.postDataBuffer().length <= 16384, 'too large');
}));

test('client: wrong calls throw nothing and send nothing', () => withPage(async (page, seen) => {
  await openHtml(page, tagPage());
  await page.evaluate((labels) => {
    const circle = {};
    circle.toString = () => circle;
    for (const value of [-1, NaN, Infinity, 1e16, '1', null, {}])
      window.tallyman('increment', 'usage_total', labels, value);
    window.tallyman('observe', 'firebase_response_time', { firebaseHost: 'x' });
    window.tallyman('increment', 'usage_total', { browser: circle }, 1);
    window.tallyman('toString', 'usage_total', labels, 1);
    window.tallyman();
    window.tallyman('flush');
  }, showContent);
  await page.waitForTimeout(200);
  assert.equal(seen.pushes.length, 0);
}));

test('client: labels in any order are one series, and later changes do not count', () => withPage(async (page, seen) => {
  await openHtml(page, tagPage());
  await expectAdded({ [usage('showContent')]: 3 }, async () => {
    await page.evaluate(() => {
      const labels = { feature: 'showContent', browser: 'chrome' };
      window.tallyman('increment', 'usage_total', labels);
      labels.feature = 'blockStudent';
      window.tallyman('increment', 'usage_total', { browser: 'chrome', feature: 'showContent' }, 2);
    });
    await send(page);
  });
  assert.equal(JSON.parse(seen.pushes[0].postData()).metrics.length, 1);
}));

/* ---- ways to load it ---- */

test('load: one tag with data-server defines both names', () => withPage(async (page) => {
  await openHtml(page, tagPage(`data-server="${new URL(root).pathname.replace(/\/$/, '')}"`));
  await expectAdded({ [usage('quickQuestion')]: 3 }, async () => {
    await page.evaluate(() => {
      window.tallyman('increment', 'usage_total', { browser: 'chrome', feature: 'quickQuestion' }, 1);
      window.prometheusAggregator('increment', 'usage_total', { browser: 'chrome', feature: 'quickQuestion' }, 2);
    });
    await send(page);
  });
}));

/* The snippet is in the way that Google Analytics made common: a function that
 * keeps its calls until the script has come, under a name of the page's
 * choice. */
const snippet = (name, early) => `<!doctype html><title>page</title><script>
  window.PrometheusAggregatorObjectName = '${name}';
  window['${name}'] = function () {
    (window['${name}'].q = window['${name}'].q || []).push(arguments);
  };
  window['${name}'].l = 1 * new Date();
  var script = document.createElement('script');
  script.async = 1;
  script.src = '${root}/static/aggregatorClient.js';
  document.getElementsByTagName('script')[0].parentNode.insertBefore(
    script, document.getElementsByTagName('script')[0]);
  window['${name}'].aggregatorServerRoot = '${root}';
  ${early}
</script>`;

for (const name of ['prometheusAggregator', 'another'])
  test(`load: peardeck's snippet and calls work, as ${name}`, () => withPage(async (page) => {
    await expectAdded({
      [series('app_load_succeeded', { app: 'student' })]: 1,
      [usage('blockStudent')]: 2,
      [pings('count', 1)]: 2,
      [pings('bucket', 1).replace('}', ',le="0.5"}')]: 1,
    }, async () => {
      await openHtml(page, snippet(name, `${name}('increment', 'app_load_succeeded', { app: 'student' }, 1);
        ${name}('observe', 'firebase_response_time', { firebaseHost: 'pd-dev-1.firebaseio.com' }, 0.4);`));
      await page.waitForFunction((n) => !window[n].q, name);
      await page.evaluate((n) => {
        window[n]('increment', 'usage_total', { browser: 'chrome', feature: 'blockStudent' }, 1);
        window[n]('increment', 'usage_total', { browser: 'chrome', feature: 'blockStudent' }, 1);
        window[n]('observe', 'firebase_response_time', { firebaseHost: 'pd-dev-1.firebaseio.com' }, 7);
      }, name);
      await send(page);
    });
  }));

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

if (process.env.TALLYMAN_SCREENSHOTS)
  for (const colorScheme of ['light', 'dark'])
    test(`picture: ${colorScheme}`, () => withPage(async (page) => {
      await openDemo(page);
      await page.click('#visitors');
      await page.click('#time-request');
      await page.click('#set-depth');
      await page.click('#flush');
      await until(nothingPending(page), 'the push');
      await page.waitForTimeout(2500);
      await page.click('[data-feature=showContent]');
      await page.click('#flush');
      await page.waitForTimeout(1200);
      await page.screenshot({
        path: path.join(process.env.TALLYMAN_SCREENSHOTS, `demo-${colorScheme}.png`),
        fullPage: true,
      });
    }, { colorScheme }));

await startBrowser();
try {
  await runTests(process.argv[2]);
} finally {
  await stopBrowser();
}

/* The dashboard in headless Chromium, on the real responder, with the pushes of
 * test_dashboard.py. Prints TAP.
 *
 *   TALLYMAN_URL, TALLYMAN_TOKEN  the page, and the token that opens it
 *   TALLYMAN_NOW                  the time of the responder's clock, in seconds
 *   TALLYMAN_REPORT               a file, see dashboard-report.mjs
 *   TALLYMAN_DATABASE             the database of the responder
 *
 * With TALLYMAN_SCREENSHOTS=DIRECTORY it also takes pictures of the page. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { runTests, test } from './tap.mjs';
import { axeViolations, flat, pageUrl, startBrowser, stopBrowser, until, withPage } from './site.mjs';

const root = pageUrl.slice(0, -1);
const token = process.env.TALLYMAN_TOKEN;
const now = Number(process.env.TALLYMAN_NOW) * 1000;

/* Opens the page with the clock of the responder; without a token it asks for one. */
async function open(page, search = '', { signedIn = true, as = token, at = now } = {}) {
  await page.clock.setFixedTime(at);
  if (signedIn)
    await page.addInitScript((value) => sessionStorage.setItem('tallyman.token', value), as);
  await page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value, sources }) =>
      `${value} ${sources.map(({ node, previousRect: { x, y }, currentRect }) =>
        `${node?.id || node?.className || node?.nodeName} from ${x},${y} to ${currentRect.x},${currentRect.y}`).join()}`)))
      .observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(pageUrl + search);
  if (signedIn)
    await loaded(page);
}

const loaded = (page) => page.waitForSelector('#content:not([aria-busy])', { state: 'attached' });

/* Follows a link of the page and waits for its numbers. */
async function go(page, act) {
  await act();
  await page.waitForFunction(() => !document.getElementById('content').hasAttribute('aria-busy'));
}

const text = async (locator) => flat(await locator.innerText());

/* The card of a family below All metrics. */
const family = (page, name) => page.locator('.family', { has: page.locator('code', { hasText: new RegExp(`^${name}$`) }) });

const figure = (page, name) => text(page.locator('.figure').filter({ has: page.locator(`.name:text-is("${name}")`) }));

/* Returns the rows of a table as texts. */
const rows = (page, caption) => page.locator('table').filter({ has: page.locator(`caption:text-is("${caption}")`) })
  .locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\u00a0/g, ' ').trim()).join(' | ')));

/* ---- numbers ---- */

test('the numbers of 30 days equal the pushes, and are compared with those of 35 days before', () => withPage(async (page) => {
  await open(page);
  assert.equal(await text(page.locator('#period')), '17 Feb – 18 Mar 2026');
  assert.match(await text(page.locator('#about-period')), /^UTC, compared with 13 Jan – 11 Feb 2026, 5 weeks before$/);
  assert.equal(await figure(page, 'Page views'), 'Page views 61 +336 % from 14');
  assert.equal(await figure(page, 'Visits'), 'Visits 12 nothing to compare');
  assert.match(await figure(page, 'LCP p75'), /^LCP p75 3.38 s fair/);
  assert.match(await figure(page, 'Errors / 100 views'), /^Errors \/ 100 views 8.2 /);
  assert.deepEqual(await rows(page, 'Top pages'), ['home | 55 | 90 % | 10 | +450 %', 'pricing | 6 | 9.8 % | 4 | +50 %']);
  assert.deepEqual(await rows(page, 'Sources of visits'), ['search | 9 | 75 % | – | ', 'direct | 3 | 25 % | – | ']);
  assert.match(await text(page.locator('.vital').first()), /3\.38 s needs improvement.*Good 60 % Needs improvement 20 % Poor 20 %/);
  assert.deepEqual(await rows(page, 'Errors by page'), ['home | 4 | 7.27 | ', '=1+1 | 1 | – | ']);
  assert.deepEqual(await rows(page, 'API routes'), ['orders | GET | 40 | 0.000941 |  | 5.0 % | 0 % | 76.3 ms | 100 ms']);
}));

test('the line of failed calls is that of their share', () => withPage(async (page) => {
  await open(page, '', { as: process.env.TALLYMAN_VIEW_TOKENS.split(',')[2] });
  assert.equal(await figure(page, 'Failed calls'), 'Failed calls 5.0 % nothing to compare');
  const line = await page.locator('.figure', { hasText: 'Failed calls' }).locator('.over').getAttribute('d');
  assert.match(line, /^M[\d.]+,30\.0L[\d.]+,4\.0$/);
}));

test('a browser with an invalid language tag shows the numbers', () => withPage(async (page) => {
  await page.addInitScript(() => Object.defineProperty(navigator, 'language', { value: 'C', configurable: true }));
  await open(page);
  assert.equal(await figure(page, 'Page views'), 'Page views 61 +336 % from 14');
}));

const RANGES = {
  today: '5 −75 % from 20', yesterday: '36 new from 0', '7d': '41 +105 % from 20', '90d': '76 nothing to compare', '12m': '76',
};

test('range: each of the fixed ones', () => withPage(async (page) => {
  await open(page);
  for (const [range, views] of Object.entries(RANGES)) {
    await go(page, () => page.click(`[data-range="${range}"]`));
    assert.equal(new URL(page.url()).search, `?range=${range}`);
    const shown = await figure(page, 'Page views');
    assert.ok(shown.startsWith(`Page views ${views}`), shown);
  }
}));

test('warnings of the server are sentences', () => withPage(async (page) => {
  await page.route(`${root}/api/v1/metadata*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), warnings: ['a range begins early: growth is unknown', 'a range is short'] } });
  });
  await open(page);
  assert.equal(await text(page.locator('#warnings')), 'A range begins early: growth is unknown. A range is short.');
}));

test('range: custom days, by day and by hour, in the plot and its table', () => withPage(async (page) => {
  await open(page);
  await page.click('#custom summary');
  const refusal = () => page.$eval('#to', (to) => to.validationMessage);
  await page.fill('#from', '2026-03-18');
  await page.fill('#to', '2026-03-17');
  await page.click('#custom-form button');
  assert.match(await refusal(), /after the first/);
  await page.fill('#from', '2010-03-16');
  await page.click('#custom-form button');
  assert.match(await refusal(), /up to ten years/);
  await page.fill('#from', '2026-03-16');
  await go(page, () => page.click('#custom-form button'));
  assert.equal(new URL(page.url()).search, '?from=2026-03-16&to=2026-03-17');
  await go(page, () => page.selectOption('#step', 'day'));
  assert.deepEqual(await rows(page, 'Page views and visits'), ['Mon 16 Mar | 0 | – | 0', 'Tue 17 Mar | 36 | 12 | 0']);
  await go(page, () => page.selectOption('#step', 'hour'));
  const hours = await rows(page, 'Page views and visits');
  assert.equal(hours.length, 48);
  assert.match(hours.filter((row) => /36/.test(row)).join(), /^Tue 17 Mar, 15:00 \| 36 \| 12 \| 0$/);
}));

test('range: arrows go a period back and forward, and stop today', () => withPage(async (page) => {
  await open(page, '?range=7d');
  assert.equal(await page.getAttribute('#forward', 'href'), null);
  await go(page, () => page.click('#back'));
  assert.equal(new URL(page.url()).search, '?from=2026-03-05&to=2026-03-11');
  assert.match(await figure(page, 'Page views'), /^Page views 20 new/);
  await go(page, () => page.click('#forward'));
  assert.equal(new URL(page.url()).search, '?range=7d');
}));

test('the address holds the state: back, forward and a shared link', () => withPage(async (page) => {
  await open(page);
  await go(page, () => page.locator('table a', { hasText: 'pricing' }).first().click());
  assert.equal(new URL(page.url()).search, '?page=pricing');
  assert.match(await figure(page, 'Page views'), /^Page views 6 \+50 % from 4/);
  await go(page, () => page.click('#compare'));
  assert.equal(await figure(page, 'Page views'), 'Page views 6');
  await go(page, () => page.goBack());
  assert.match(await figure(page, 'Page views'), /^Page views 6 \+50 %/);
  await go(page, () => page.goBack());
  assert.match(await figure(page, 'Page views'), /^Page views 61 /);
  await go(page, () => page.goForward());
  await go(page, () => page.reload());
  assert.match(await figure(page, 'Page views'), /^Page views 6 /);
  await go(page, () => page.click('.chip'));
  assert.match(await figure(page, 'Page views'), /^Page views 61 /);
}));

test('a link to a page keeps the view that is shown, also in a row with the same numbers', () => withPage(async (page) => {
  await open(page);
  await go(page, () => page.selectOption('#step', 'week'));
  const links = () => page.locator('table a', { hasText: 'home' }).evaluateAll((all) => all.map((one) => one.getAttribute('href')));
  assert.deepEqual(await links(), Array(3).fill('?step=week&page=home'));
  await go(page, () => family(page, 'usage_total').locator('summary').click());
  assert.deepEqual(await links(), Array(3).fill('?step=week&page=home&open=usage_total'));
}));

/* ---- all metrics, CSV ---- */

test('every family of the allowlist is shown, by any label', () => withPage(async (page) => {
  await open(page);
  const families = await page.locator('.family code').allTextContents();
  for (const one of ['web_page_views_total', 'web_inp_seconds', 'demo_queue_depth', 'usage_total', 'traces_span_metrics_calls_total'])
    assert.ok(families.includes(one), one);
  await page.fill('input[type=search]', 'usage');
  assert.deepEqual(await page.locator('.family:visible code').allTextContents(), ['demo_usage_total', 'usage_total']);
  const usage = family(page, 'demo_usage_total');
  await go(page, () => usage.locator('summary').click());
  assert.deepEqual(await usage.locator('option').allTextContents(), ['nothing', 'browser', 'feature']);
  await go(page, () => usage.locator('select').selectOption('browser'));
  assert.equal(new URL(page.url()).search, '?open=demo_usage_total+browser');
  assert.deepEqual(await rows(page, 'demo_usage_total in this period'), ['firefox | 3 | 75 % | 0 | new', 'safari | 1 | 25 % | 0 | new']);
  assert.match(await text(usage.locator('.readout')), /firefox 3.*safari 1/);
  await go(page, () => page.reload());
  assert.equal(await usage.locator('select').inputValue(), 'browser');
  await go(page, () => usage.locator('summary').click());
  assert.equal(new URL(page.url()).search, '');
  assert.equal(await usage.evaluate((one) => one.open), false);
}));

test('values of queries by SQL: a gauge adds up, without missing series, and a counter grows', () => withPage(async (page) => {
  await open(page, '?open=shop_open_orders+state&open=shop_sales_euros_total');
  const [gauge, counter] = ['shop_open_orders', 'shop_sales_euros_total'].map((name) => family(page, name));
  assert.equal(await text(counter.locator('summary')), 'shop_sales_euros_total counter, euros Of the shop.');
  assert.deepEqual(await rows(page, 'shop_sales_euros_total in this period'), ['All | 35 | 100 % | – | ']);
  assert.deepEqual(await rows(page, 'shop_open_orders in this period'), ['paid | 2 | –', 'sent | 2 | –']);
  await go(page, () => gauge.locator('select').selectOption(''));
  assert.deepEqual(await rows(page, 'shop_open_orders in this period'), ['All | 4 | –']);
}));

test('a counter of bytes is shown in units of bytes', () => withPage(async (page) => {
  await open(page, '?range=today&compare=no&open=uploads_bytes_total');
  assert.deepEqual(await rows(page, 'uploads_bytes_total in this period'), ['All | 3 MiB | 100 %']);
  assert.equal(await text(family(page, 'uploads_bytes_total').locator('.readout')), 'Growth 3 MiB');
}));

test('every table is saved as CSV, and no label is a formula in it', () => withPage(async (page) => {
  await open(page, '?range=today&open=demo_usage_total+browser');
  const save = async (name) => {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Save as CSV: ${name}`, exact: true }).click()]);
    return [file.suggestedFilename(), await readFile(await file.path(), 'utf8')];
  };
  assert.deepEqual(await save('Top pages'), ['top-pages-2026-03-18-to-2026-03-18.csv',
    'Page,Views,Share,Before,Change\r\nhome,5,1,20,-0.75\r\n']);
  assert.deepEqual(await save('demo_usage_total in this period'), ['demo_usage_total-sums-2026-03-18-to-2026-03-18.csv',
    'browser,Growth,Share,Before,Change\r\nfirefox,3,0.75,0,\r\nsafari,1,0.25,0,\r\n']);
  assert.match((await save('Errors by page'))[1], /^Page,Errors,Per 100 views,Change\r\n'=1\+1,1,,\r\n$/);
  const [, hours] = await save('Page views and visits');
  assert.match(hours, /^Hour \(UTC\),Page views,Page views before\r\n2026-03-18T00:00,.*\r\n[^]*2026-03-18T12:00,5,0\r\n[^]*2026-03-18T23:00,,0\r\n$/);
}));

/* ---- alerts ---- */

/* Returns the parts of a list, each as its text. */
const texts = async (locator) => (await locator.allInnerTexts()).map(flat);

test('alerts: active alerts are above the numbers, with rule and value', () => withPage(async (page) => {
  await open(page);
  assert.deepEqual(await texts(page.locator('.alert')), [
    'Firing SlowPages critical p75 of web_lcp_seconds over 1h, above 2.5 s Visitors wait too long for the main content. '
      + 'page=home 4.25 s since 10:29 UTC (2 h) page=pricing 3 s since 17 Mar, 10:30 UTC (26 h) page=<b>&"x 2.75 s pending, since 12:20 UTC (10 min)',
    'Pending ManyUses info rate of demo_usage_total over 1h, above 0.5/s 0.75/s since 12:29 UTC (45 s)',
  ]);
  assert.deepEqual(await texts(page.locator('.alert-notes p')), [
    'Errors has no result: the query took longer than a second', '4 alerts watched, last checked 2 min ago']);
  assert.equal(await page.textContent('#alerts-said'), '1 alert firing: SlowPages');
  assert.equal(await page.locator('.alert svg[aria-hidden=true]').count(), 2);
  const [first, second] = await Promise.all(['#alerts', '#figures'].map((one) => page.locator(one).boundingBox()));
  assert.ok(first.y + first.height <= second.y, 'above the numbers');
}));

test('alerts: late checks are named, with the remedy', () => withPage(async (page) => {
  await open(page, '', { at: now + 58 * 60000 });
  assert.equal((await texts(page.locator('.alert-notes p'))).at(-1), '4 alerts watched, last checked 60 min ago');
  await page.clock.setFixedTime(now + 24 * 3600000);
  await go(page, () => page.click('[data-range="7d"]'));
  assert.deepEqual(await texts(page.locator('.alert-notes p')), [
    'Not checked since 18 Mar, 12:28 UTC. Alerts start and end only while tallyman alert runs, at least every 60 min, by cron or a timer. Set up alerts',
    'Errors has no result: the query took longer than a second']);
}));

test('a page on which no visit began: its visits are 0, and nothing is missing in its script tag', () => withPage(async (page) => {
  await open(page, '?page=pricing');
  assert.match(await figure(page, 'Page views'), /^Page views 6 /);
  assert.deepEqual(await rows(page, 'Sources of visits'), ['Nothing in this period.']);
  assert.equal(await page.getByText('data-visits').isVisible(), false);
}));

test('the period has room next to a long name of a page', () => withPage(async (page) => {
  await open(page, `?page=${'x'.repeat(120)}`);
  for (const width of [768, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    assert.equal(await page.$eval('#period', (one) => one.getBoundingClientRect().height < 45), true, `${width} px`);
  }
}));

test('help: empty parts and the foot lead to guides', () => withPage(async (page) => {
  const [none] = process.env.TALLYMAN_VIEW_TOKENS.split(',');
  await open(page, '', { as: none });
  const links = await page.locator('a[href*="static/guide/"]:visible').evaluateAll((all) => all.map(({ href, textContent }) => [textContent, href]));
  assert.deepEqual(links.map(([text]) => text), ['Count page views', 'Count page views', 'Count page views', 'Name the routes', 'Help']);
  for (const [, href] of links)
    assert.deepEqual([href, href.startsWith(`${root}/static/guide/`), (await fetch(href)).status], [href, true, 200]);
}));

test('alerts: one line without active alerts, and nothing without rules', () => withPage(async (page) => {
  const [none, well] = process.env.TALLYMAN_VIEW_TOKENS.split(',');
  await open(page, '', { as: well });
  assert.deepEqual(await texts(page.locator('#alerts :is(.alert, p)')), ['1 alert watched, last checked 2 min ago']);
  assert.equal(await page.locator('.watched .well').count(), 1);
  assert.equal(await page.textContent('#alerts-said'), '');
  await open(page, '', { as: none });
  assert.equal(await page.locator('#alerts:visible').count(), 0);
}));

/* ---- access ---- */

test('access: a token is asked for, kept for the tab, and forgotten', () => withPage(async (page) => {
  await open(page, '?range=7d', { signedIn: false });
  await page.waitForSelector('#sign-in:visible');
  assert.equal(await page.locator('#content:visible, #sign-out:visible').count(), 0);
  await page.fill('#token', 'not the token');
  await page.keyboard.press('Enter');
  await until(async () => /token is wrong/.test(await page.textContent('#sign-in-answer')), 'the refusal');
  /* No header can have these characters, as from a text with typographic signs. */
  await page.fill('#token', 'not\u200bthe – token');
  await page.keyboard.press('Enter');
  await until(async () => /token is wrong/.test(await page.textContent('#sign-in-answer')), 'the refusal of characters');
  assert.deepEqual(await page.evaluate(() => [sessionStorage.length, document.querySelector('#notice').innerText]), [0, '']);
  await page.fill('#token', token);
  await page.click('#sign-in-form button');
  await page.waitForSelector('.figure b:visible');
  await loaded(page);
  assert.match(await figure(page, 'Page views'), /^Page views 41/);
  assert.deepEqual(await page.evaluate(() => [sessionStorage.length, localStorage.length, document.cookie]), [1, 0, '']);
  assert.doesNotMatch(page.url(), new RegExp(token));
  await page.reload();
  await page.waitForSelector('#sign-out:visible');
  await page.click('#sign-out');
  await page.waitForSelector('#sign-in:visible');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}), { alone: true });

test('access: a device stays signed in by a cookie, and keeps no token', () => withPage(async (page) => {
  await open(page, '', { signedIn: false });
  await page.waitForSelector('#sign-in:visible');
  await page.fill('#token', token);
  await page.check('#keep');
  await page.click('#sign-in-form button');
  await page.waitForSelector('#sign-out:visible');
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  assert.doesNotMatch(JSON.stringify(await page.context().storageState()), new RegExp(token));
  const [cookie] = await page.context().cookies();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);
  await page.reload();
  await page.waitForSelector('#sign-out:visible');
  await page.click('#sign-out');
  await page.waitForSelector('#sign-in:visible');
  assert.deepEqual(await page.context().cookies(), []);
}));

for (const [status, headers, said] of [
  [403, {}, /the answer's text/], [429, { 'retry-after': '17' }, /Too many attempts.*in 17 seconds/], [503, {}, /the answer's text Trying again/],
])
  test(`access: a reply with ${status} is explained`, () => withPage(async (page) => {
    await page.route(`${root}/api/**`, (route) => route.fulfill({
      status, headers, contentType: 'application/json', body: '{"status":"error","error":"the answer\'s text"}' }));
    await open(page);
    await page.waitForSelector('#notice:visible');
    assert.match(await page.textContent('#notice'), said);
  }));

for (const [what, contentType, body] of [['another page', 'text/html', '<h1>Sign in to the network</h1>'], ['half an answer', 'application/json', '{"status":"succ']])
  test(`access: ${what} in place of the numbers is explained`, () => withPage(async (page) => {
    await page.route(`${root}/api/v1/query*`, (route) => route.fulfill({ contentType, body }));
    await open(page);
    await page.waitForSelector('#notice:visible');
    assert.equal(await page.textContent('#notice'), 'The answer of the server has no data. Trying again in 5 seconds.');
  }));

/* ---- live ---- */

test('live: new pushes appear automatically, and the page recovers from a lost server', () => withPage(async (page) => {
  await page.clock.install({ time: now });
  await page.addInitScript((value) => sessionStorage.setItem('tallyman.token', value), token);
  await page.goto(`${pageUrl}?range=today&open=demo_usage_total`);
  await page.waitForSelector('#status[data-state=ok]');
  const shown = page.locator('.family[open] .readout b').first();
  const before = Number(await shown.textContent());
  const push = await fetch(`${root}/record`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify([
    { metricName: 'demo_usage_total', metricType: 'counter', labels: { browser: 'chrome', feature: 'showContent' }, inc: 7 }]) });
  assert.equal(push.status, 200);
  execFileSync('sqlite3', [process.env.TALLYMAN_DATABASE, `PRAGMA busy_timeout = 10000;
    DELETE FROM alert; INSERT INTO alert VALUES ('FewVisits', '{}', 1, ${now / 1000}, 75)`]);
  await page.clock.runFor(31000);
  await until(async () => Number(await shown.textContent()) === before + 7, 'the push');
  assert.equal(await page.textContent('#alerts-said'), '1 alert firing: FewVisits');
  assert.deepEqual(await page.locator('.alert h3').allTextContents(), ['FewVisits']);
  await page.route(`${root}/api/**`, (route) => route.abort());
  await page.clock.runFor(31000);
  await page.waitForSelector('#status[data-state=bad]');
  assert.match(await page.textContent('#notice'), /does not answer. Trying again in 5 seconds/);
  assert.equal(Number(await shown.textContent()), before + 7);
  await page.unroute(`${root}/api/**`);
  await page.clock.runFor(6000);
  await page.waitForSelector('#status[data-state=ok]');
  assert.equal(await page.locator('#notice:visible').count(), 0);
}), { alone: true });

test('live: a refresh keeps the focus on links above the numbers', () => withPage(async (page) => {
  await page.clock.install({ time: now + 24 * 3600000 });
  await page.addInitScript((value) => sessionStorage.setItem('tallyman.token', value), token);
  await page.goto(`${pageUrl}?page=home&open=usage_total+app`);
  await page.waitForSelector('#status[data-state=ok]');
  for (const link of ['.chip', '.trouble a']) {
    await page.focus(link);
    const said = await page.textContent('#status');
    await page.clock.runFor(31000);
    await until(async () => ![said, ''].includes(await page.textContent('#status')), 'a refresh');
    assert.equal(await page.evaluate((one) => document.activeElement.matches(one), link), true, link);
  }
}));

test('live: a page that was hidden at the time of a retry retries when it is shown', () => withPage(async (page) => {
  await page.clock.install({ time: now });
  await page.addInitScript((value) => sessionStorage.setItem('tallyman.token', value), token);
  await page.goto(pageUrl);
  await page.waitForSelector('#status[data-state=ok]');
  const turn = (state) => page.evaluate((value) => {
    Object.defineProperty(document, 'visibilityState', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
  await page.route(`${root}/api/**`, (route) => route.abort());
  await page.click('[data-range="7d"]');
  await page.waitForSelector('#status[data-state=bad]');
  await page.unroute(`${root}/api/**`);
  await turn('hidden');
  await page.clock.runFor(6000);
  await turn('visible');
  await page.waitForSelector('#status[data-state=ok]', { timeout: 10000 });
}));

/* ---- requests and size ---- */

test('no request leaves the origin, and the policy refuses nothing', () => withPage(async (page, seen) => {
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await open(page, '?open=web_lcp_seconds+device&open=demo_usage_total');
  await page.locator('.u-over').first().hover();
  assert.deepEqual(requests.filter((url) => !url.startsWith(`${root}/`) && !/^(data|blob):/.test(url)), []);
  const policy = (await (await fetch(pageUrl)).headers).get('content-security-policy');
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
  assert.deepEqual(seen.console, []);
}));

test('all files are smaller than 52 KB', async () => {
  let sum = 0;
  for (const file of ['', 'dashboard.css', 'dashboard.js'])
    sum += gzipSync(Buffer.from(await (await fetch(pageUrl + file)).arrayBuffer()), { level: 9 }).length;
  console.log(`# ${sum} bytes gzipped`);
  assert.ok(sum < 52000, `${sum} bytes`);
});

for (const width of [390, 1280, 3840])
  test(`nothing moves during the load, at ${width} px`, () => withPage(async (page) => {
    await open(page);
    const shifts = await page.evaluate(() => window.shifts);
    if (shifts.length) {
      /* Once in some 50 runs on a busy machine the header moved by 5 px; a fault of the page is in each load. */
      console.log(`# moved: ${shifts}`);
      await page.reload();
      await loaded(page);
    }
    assert.deepEqual(await page.evaluate(() => window.shifts), []);
  }, { viewport: { width, height: width > 2000 ? 2160 : 900 } }));

test('no text of a figure is on its line', () => withPage(async (page) => {
  await open(page);
  for (const width of [320, 360, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await page.locator('.figure').evaluateAll((all) => all.filter((one) =>
      one.querySelector('.change').getBoundingClientRect().bottom > one.querySelector('svg').getBoundingClientRect().top)
      .map((one) => one.innerText)), [], `${width} px`);
  }
}));

test('nothing is wider than the window', () => withPage(async (page) => {
  await open(page, `?open=demo_usage_total+browser&open=web_request_seconds+status&open=${'team_'.repeat(19)}total+${'label_'.repeat(20)}`);
  for (const button of await page.getByRole('button', { name: /^Table of/ }).all())
    await button.click();
  for (const width of [320, 390, 768, 1280, 2560]) {
    await page.setViewportSize({ width, height: 900 });
    await until(() => page.evaluate((wide) => document.documentElement.scrollWidth === wide, width), `it to be ${width} px wide`);
    await page.click('#custom summary');
    const form = await page.locator('#custom-form').boundingBox();
    assert.ok(form.x >= 0 && form.x + form.width <= width, JSON.stringify(form));
    await page.keyboard.press('Escape');
    assert.deepEqual(await page.locator('.readout b:visible').evaluateAll((all) =>
      all.filter((one) => one.getClientRects()[0].height > 30).map((one) => one.innerText)), [], `values with several lines at ${width} px`);
  }
}));

test('keyboard: a plot is read step by step, and its table is shown', () => withPage(async (page) => {
  await open(page);
  const plot = page.getByRole('slider', { name: 'Plot: Page views and visits' });
  await plot.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await until(async () => /^Tue 17 Mar: Page views 36, Visits 12, Page views before 0$/.test(await plot.getAttribute('aria-valuetext')), 'the step');
  assert.match(await text(page.locator('.readout').first()), /^Tue 17 Mar Page views 36 Visits 12/);
  await page.keyboard.press('Escape');
  await until(async () => /^Page views 61/.test(await text(page.locator('.readout').first())), 'the sum');
  const toggle = page.getByRole('button', { name: 'Table of Page views and visits' });
  await toggle.press('Enter');
  assert.equal(await toggle.getAttribute('aria-expanded'), 'true');
  assert.ok((await page.locator('table', { has: page.locator('caption:text-is("Page views and visits")') }).boundingBox()).height > 100);
  await page.keyboard.press('Home');
  await go(page, () => page.click('[data-range="7d"]'));
  assert.equal(await plot.getAttribute('aria-valuetext'), 'Page views 41, Visits 12, Page views before 20');
}));

test('the last day below a plot is not cut off', () => withPage(async (page) => {
  await page.addInitScript(() => {
    const { fillText } = CanvasRenderingContext2D.prototype;
    window.cut = [];
    CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
      const { width } = this.measureText(text);
      if (this.textAlign === 'center' && x + width / 2 > this.canvas.width)
        window.cut.push(text);
      fillText.call(this, text, x, y);
    };
  });
  await open(page, '?range=7d&open=web_page_views_total+page');
  assert.deepEqual(await page.evaluate(() => window.cut), []);
}));

test('names break at their words where the window is small', () => withPage(async (page) => {
  await open(page);
  const cut = (names) => names.flatMap(({ childNodes }) => [...childNodes]).filter((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    return range.getClientRects().length > 1;
  }).map(({ data }) => data);
  const names = page.locator('.family code', { hasText: /^(web|demo)_/ });
  assert.ok((await names.first().boundingBox()).height > 0);
  assert.deepEqual(await names.evaluateAll(cut), []);
  assert.deepEqual(await page.locator('tbody th').getByText('TypeError', { exact: true }).first()
    .evaluate(({ childNodes }) => [...childNodes].map((one) => one.data ?? one.nodeName)), ['Type', 'WBR', 'Error']);
}, { viewport: { width: 320, height: 900 } }));

test('the link to the demo is at the right end of a small window', () => withPage(async (page) => {
  await open(page);
  await page.locator('#demo').evaluate((one) => { one.hidden = false; });
  const { x, width } = await page.locator('#demo').boundingBox();
  await page.locator('#sign-out').evaluate((one) => { one.hidden = true; });
  const alone = await page.locator('#demo').boundingBox();
  assert.ok(alone.x + alone.width >= 370 && x + width < 330, JSON.stringify([x + width, alone]));
}, { viewport: { width: 390, height: 900 } }));

test('keyboard: the first stop skips to the numbers', () => withPage(async (page) => {
  await open(page);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the numbers');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
}));

for (const [what, search, options] of [
  ['the numbers', '?open=demo_usage_total+browser&page=home', {}], ['the form', '', { signedIn: false }],
])
  test(`axe: nothing in ${what} at 390 and 1280 px, light and dark`, () => withPage(async (page) => {
    await open(page, search, options);
    await page.waitForSelector(options.signedIn === false ? '#sign-in:visible' : '.family[open] canvas');
    for (const colorScheme of ['light', 'dark'])
      for (const width of [390, 1280]) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await axeViolations(page), [], `${width} ${colorScheme}`);
      }
  }, { reducedMotion: 'reduce' }));

if (process.env.TALLYMAN_SCREENSHOTS)
  for (const colorScheme of ['light', 'dark'])
    for (const width of [320, 390, 768, 1280, 2560, 3840])
      test(`picture: ${colorScheme} ${width}`, () => withPage(async (page) => {
        await open(page);
        await page.screenshot({ path: path.join(process.env.TALLYMAN_SCREENSHOTS, `dashboard-${colorScheme}-${width}.png`), fullPage: true });
      }, { colorScheme, reducedMotion: 'reduce', viewport: { width, height: 900 } }));

await import('./dashboard-parts.mjs').then(({ addTests }) => addTests(test));
await import('./dashboard-report.mjs').then(({ addTests }) => addTests(test, { open, rows }));

await startBrowser();
try {
  await runTests(process.argv[2], 3);
} finally {
  await stopBrowser();
}

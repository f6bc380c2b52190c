/* The messages of Grafana's analytics panel from a page of Grafana, in headless Chromium through
 * nginx/grafana.conf. test_panel.py starts it with a fake Grafana. Prints TAP. */

import assert from 'node:assert/strict';

import { root, scrape, startBrowser, stopBrowser, until, withPage } from './site.mjs';
import { runTests, test } from './tap.mjs';

const origin = new URL(root).origin;
const write = `${root}/write`;

/* Data that Grafana's pages have. */
const grafana = (more) => ({
  dashboardName: 'Sales',
  buildInfo: { version: '10.4.1', commit: 'd94d597d84', env: 'production', edition: 'Open Source' },
  licenseInfo: { hasLicense: false, expiry: 0, stateInfo: '' },
  user: {
    isSignedIn: true, id: 7, login: 'jdoe-login', email: 'jane.doe@people.example', name: 'Jane Q. Doe',
    lightTheme: true, orgCount: 1, orgId: 1, orgName: 'Main Org.', orgRole: 'Viewer', isGrafanaAdmin: false,
    timezone: 'browser', locale: 'en-GB', hasEditPermissionInFolders: false,
  },
  variables: [
    { name: 'region', label: 'Region', type: 'custom', value: ['north', 'south'] },
    { name: 'shop', label: '', type: 'query', value: 'Kölner Straße' },
    { name: 'empty', label: '', type: 'textbox', value: '' },
  ],
  options: {
    server: '/analytics-plugin/write', dashboard: '$__dashboard', showDetails: false, postStart: true,
    postHeartbeat: true, heartbeatInterval: 1, heartbeatAlways: false, postEnd: true, flatten: false, ...more,
  },
});

/* Opens a dashboard with the panel and calls use(page, sent) with the panel's requests. */
const withPanel = (uid, options, use) => withPage(async (page) => {
  const sent = [];
  page.on('request', (request) => request.url() === write && sent.push(request));
  await page.addInitScript((known) => { window.grafana = known; }, grafana(options));
  await page.goto(`${origin}/d/${uid}/sales?orgId=1`);
  await use(page, sent);
});

/* Returns the value of a family's only series with that dashboard. */
async function series(name, uid) {
  const found = [...await scrape()].filter(([key]) =>
    key.startsWith(`${name}{`) && key.includes(`dashboard_uid="${uid}"`));
  assert.ok(found.length <= 1, `${name}: ${found}`);
  return found[0]?.[1];
}

const labels = (uid) => [
  'dashboard_name="Sales"', 'dashboard_timezone="browser"', `dashboard_uid="${uid}"`, 'grafana_env="production"',
  `grafana_host="${new URL(origin).host}"`, 'user_locale="en-GB"', 'user_role="user"', 'user_theme="light"',
  'user_timezone="browser"',
].join(',');

const kinds = (sent, key = 'type') => sent.map((request) => JSON.parse(request.postData())[key]);

/* The panel appears, sends some heartbeats, and disappears with its page. */
async function session(page, sent) {
  await page.evaluate(() => { panel.appear(); });
  await until(() => sent.length >= 3, 'two heartbeats');
  await page.evaluate(() => { panel.go(); location.assign('about:blank'); });
  await until(() => kinds(sent).includes('end'), 'the end');
}

test('panel: a session is counted with its length', () => withPanel('nested', {}, async (page, sent) => {
  await session(page, sent);
  const times = kinds(sent, 'time');
  const length = times.at(-1) - times[0];
  await until(async () => await series('grafana_analytics_session_duration_seconds_count', 'nested') === 1, 'the end');
  const samples = await scrape();
  assert.equal(samples.get(`grafana_analytics_sessions_total{${labels('nested')}}`), 1);
  assert.equal(samples.get(`grafana_analytics_sessions_duration_seconds_total{${labels('nested')}}`), length);
  assert.equal(samples.get(`grafana_analytics_sessions_focused_seconds_total{${labels('nested')}}`), length);
  assert.equal(new Set(kinds(sent, 'uuid')).size, 1);
  assert.equal(kinds(sent)[0], 'start');
}));

test('panel: the request', () => withPanel('wire', {}, async (page, sent) => {
  const reply = page.waitForResponse(write);
  await page.evaluate(() => panel.appear());
  assert.equal((await reply).status(), 201);
  assert.equal((await reply).headers()['content-type'], undefined);
  const [request] = sent;
  const headers = await request.allHeaders();
  assert.equal(request.method(), 'POST');
  assert.equal(headers['content-type'], 'text/plain;charset=UTF-8');
  assert.match(headers.cookie, /grafana_session=/);
  assert.equal(headers['sec-fetch-mode'], 'no-cors');
  assert.equal(headers['sec-fetch-site'], 'same-origin');
  const body = request.postData();
  const { uuid, time, timeOrigin, timeRange } = JSON.parse(body);
  const { options, buildInfo, licenseInfo, user } = grafana();
  assert.equal(body, JSON.stringify({
    uuid, type: 'start', hasFocus: true, options,
    host: { hostname: '127.0.0.1', port: new URL(origin).port, protocol: 'http:', buildInfo, licenseInfo },
    dashboard: { name: 'Sales', uid: 'wire' }, user,
    variables: [
      { name: 'region', label: 'Region', type: 'custom', multi: true, values: ['north', 'south'] },
      { name: 'shop', label: '', type: 'query', multi: false, values: ['Kölner Straße'] },
      { name: 'empty', label: '', type: 'textbox', multi: false, values: [] },
    ],
    timeRange: { from: timeRange.from, to: timeRange.to, raw: { from: 'now-6h', to: 'now' } },
    timeZone: 'browser', timeOrigin, time,
  }));
  assert.deepEqual(await page.evaluate(() => panel.errors), []);
}));

test('panel: flattened', () => withPanel('flat', { flatten: true }, async (page, sent) => {
  await session(page, sent);
  const body = JSON.parse(sent[0].postData());
  assert.equal(body['host.buildInfo.env'], 'production');
  assert.equal(body['variables.0.values.1'], 'south');
  assert.deepEqual(body['variables.2.values'], []);
  const length = kinds(sent, 'time').at(-1) - body.time;
  await until(async () => await series('grafana_analytics_session_duration_seconds_count', 'flat') === 1, 'the end');
  const samples = await scrape();
  assert.equal(samples.get(`grafana_analytics_sessions_total{${labels('flat')}}`), 1);
  assert.equal(samples.get(`grafana_analytics_sessions_duration_seconds_total{${labels('flat')}}`), length);
}));

test('panel: variables are counted by their values', async () => {
  const samples = await scrape();
  const value = (variable, chosen) => samples.get(
    `grafana_analytics_variables_total{dashboard_name="Sales",dashboard_uid="wire",value="${chosen}",variable="${variable}"}`);
  assert.equal(value('region', 'north'), 1);
  assert.equal(value('region', 'south'), 1);
  assert.equal(value('shop', 'Kölner Straße'), undefined);
});

test('panel: a viewer without a login gets an error and is not counted', () => withPanel('nobody', {}, async (page, sent) => {
  await page.context().clearCookies();
  await page.evaluate(() => panel.appear());
  await until(() => page.evaluate(() => panel.errors.length > 0), 'the error');
  assert.equal((await page.evaluate(() => panel.errors))[0], 'status 401');
  assert.equal(sent.length >= 1, true);
  assert.equal(await series('grafana_analytics_sessions_total', 'nobody'), undefined);
}));

test('panel: no output identifies the user', async () => {
  const response = await fetch(`${root}/metrics`);
  assert.doesNotMatch(await response.text(), /jdoe|Jane|people\.example/);
});

await startBrowser();
try {
  await runTests(process.argv[2]);
} finally {
  await stopBrowser();
}

/* The samples of static/README.md in pages of a site, as a reader uses them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { addPage, arrived, scrape, site, tag, total, until, visitTest } from './client-site.mjs';
import { test } from './tap.mjs';

const metrics = `${site.replace('site', 'metrics')}/tallyman`;
const guide = readFileSync(new URL('../../static/README.md', import.meta.url), 'utf8');
const samples = [...guide.matchAll(/^```(?:html|js)\n(.*?)^```$/gms)].map(([, text]) => text);
const used = new Set();

/* Returns the only sample with this text, with the URLs of this site. */
function sample(part) {
  const found = samples.filter((text) => text.includes(part));
  assert.equal(found.length, 1, `${found.length} samples have ${part}`);
  used.add(found[0]);
  return found[0].replaceAll('https://metrics.example.org/tallyman', metrics).replaceAll('http://localhost:8080', metrics);
}

const document = (head) => `<!doctype html><title>page</title><link rel="icon" href="data:,">${head}<body>`;

async function open(visit, path, head, options) {
  addPage(path, document(head));
  await visit.page.goto(site + path, options);
}

const viewed = 'device=desktop,navigation=navigate';

for (const [name, part, path, page] of [
  ['one tag', 'data-server="/tallyman"></script>', '/first-page/4711', '/first-page/*'],
  ['a page group', 'data-page="checkout"', '/guide/order', 'checkout'],
  ['another origin', 'src="https://metrics.example.org/tallyman/static/tallyman.js"', '/other-origin/4711', '/other-origin/*'],
  ['a page on this machine', 'data-page="try"', '/', 'try'],
  ['a hash', 'integrity=', '/with-hash/4711', '/with-hash/*'],
])
  visitTest(`guide: ${name}`, async (visit) => {
    await open(visit, path, sample(part));
    await visit.leave();
    await arrived('web_page_views_total', { page }, { [viewed]: 1 });
  });

visitTest('guide: page groups and routes', async (visit) => {
  await open(visit, '/blog/2026/a-title', sample('data-observe-requests="GET:'));
  await visit.evaluate(async () => {
    for (const path of ['/api/users/1', '/api/orders/7/items'])
      await (await fetch(path)).text();
  });
  await visit.leave();
  await arrived('web_page_views_total', { page: 'blog' }, { [viewed]: 1 });
  for (const route of ['user', 'api'])
    await arrived('web_requests_total', { route }, { 'method=GET,status=2xx': 1 });
});

visitTest('guide: visits', async (visit) => {
  for (const from of ['shop.partner.example', 'pay.example', 'site.example']) {
    await open(visit, '/visits/4711', sample('data-visits='), { referer: `http://${from}/` });
    await visit.leave();
  }
  await arrived('web_visits_total', { page: '/visits/*' }, {
    'device=desktop,source=partner': 1, 'device=desktop,source=internal': 1,
  });
});

visitTest('guide: a single-page application', async (visit) => {
  await open(visit, '/p/4711', sample('data-spa\n'));
  await visit.evaluate(() => {
    history.pushState(null, '', '/p/4712');
    history.pushState(null, '', '/cart');
  });
  await visit.leave();
  await arrived('web_page_views_total', { page: 'product' }, { [viewed]: 1, 'device=desktop,navigation=soft': 1 });
  await arrived('web_page_views_total', { page: 'cart' }, { 'device=desktop,navigation=soft': 1 });
});

visitTest('guide: calls, by the function and by the module', async (visit) => {
  const calls = sample("'search_seconds', {}, 0.25");
  await visit.open('', { script: `${tag(`data-page="${visit.name}"`)}
    <script type="module">${calls}</script><script type="module">${sample('tallyman.mjs')}</script>` });
  await visit.leave();
  await arrived('searches_total', { page: 'home' }, { 'result=hit': 2, 'result=miss': 3 });
  const now = await scrape('search_seconds');
  assert.equal(now.get('search_seconds_count{}'), 2);
  assert.ok(now.get('search_seconds_sum{}') >= 0.25);
  assert.equal((await scrape('queue_depth')).get('queue_depth{}'), 12);
});

visitTest('guide: calls before the script has loaded', async (visit) => {
  const call = `<script>tallyman('increment', 'test_calls_total', { test: '${visit.name}' });</script>`;
  await visit.open('', { script: sample('tallyman.q = []') + call + tag(`data-page="${visit.name}"`) });
  await visit.counted(1);
});

visitTest("guide: peardeck's snippet", async (visit) => {
  const loads = async () => total(await scrape('app_load_succeeded'), 'app_load_succeeded', { app: 'student' });
  const before = await loads();
  await open(visit, '/peardeck/4711', sample('PrometheusAggregatorObjectName'));
  await until(() => visit.evaluate(() => window.prometheusAggregator('pending') > 0), 'the client');
  await visit.leave();
  await arrived('web_page_views_total', { page: '/peardeck/*' }, { [viewed]: 1 });
  await until(async () => await loads() === before + 1, 'the call');
});

/* Only if no filter has left out other tests. */
if (!process.argv[2] || 'guide: '.startsWith(process.argv[2]))
  test('client: guide: each sample is in a test', () => {
    assert.deepEqual(samples.filter((text) => !used.has(text)), []);
  }, { alone: true });

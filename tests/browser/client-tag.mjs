/* The tag: it runs once, however often a page includes it; automatic page groups; messages of
 * data-debug. */

import assert from 'node:assert/strict';

import { arrived, phone, scrape, tag, total, totalNow, until, versioned, visitTest } from './client-site.mjs';

/* ---- included twice ---- */

const moduleStart = (visit) => `<script type="module">
  import { start, increment } from '/tallyman/static/tallyman.mjs';
  for (let times = 0; times < 2; times++)
    start({ server: '/tallyman', page: '${visit.name}', observeRequests: '/api/x=x${visit.name}' });
  increment('test_calls_total', { test: 'module${visit.name}' });
</script>`;

const peardeck = `<script>
  window.PrometheusAggregatorObjectName = 'another';
  window.another = function () { (another.q = another.q || []).push(arguments); };
  another.aggregatorServerRoot = '/tallyman';
  another('increment', 'test_calls_total', { test: document.documentElement.lang });
</script>`;

const attributes = (visit) => `data-page="${visit.name}" data-observe-requests="/api/x=x${visit.name}"`;

for (const [name, scripts, calls] of [
  ['the tag twice', (a) => tag(a) + tag(a), 1],
  ['three files', (a) => tag(a) + tag(a, 'tallyman-core.js') + tag(a, versioned), 1],
  ["the tag, and peardeck's snippet after it", (a) => tag(a).replace('defer', '') + peardeck + tag(a, 'aggregatorClient.js'), 2],
  ["peardeck's snippet, and the tag after it", (a) => peardeck + tag(a, 'aggregatorClient.js') + tag(a), 2],
  ['the tag and the module', (a, visit) => tag(a) + moduleStart(visit), 1],
  ['the module and the tag', (a, visit) => moduleStart(visit) + tag(a), 1],
  ['the module started twice', (a, visit) => moduleStart(visit), 0],
])
  visitTest(`included twice, counted once: ${name}`, async (visit) => {
    await visit.open('', {
      html: `<!doctype html><html lang="${visit.name}"><title>twice</title><link rel="icon" href="data:,">
        ${scripts(attributes(visit), visit)}<body>`,
    });
    if (calls)
      await visit.increment();
    await visit.evaluate(async () => {
      setTimeout(() => { throw new RangeError('secret'); });
      await (await fetch('/api/x')).text();
    });
    await until(() => visit.errors.length, 'the error');
    await visit.leave();
    await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 1 });
    await visit.arrived('web_errors_total', { 'kind=RangeError': 1 });
    await visit.arrived('web_navigation_seconds_count', { 'phase=load': 1, ...await otherPhases(visit) });
    await arrived('web_requests_total', { route: `x${visit.name}` }, { 'method=GET,status=2xx': 1 });
    if (calls)
      await visit.counted(calls);
    if (/module/.test(name))
      await arrived('test_calls_total', { test: `module${visit.name}` }, { '': 1 });
  }, { errors: true });

/* The network decides which phases take time; none may count twice. */
async function otherPhases(visit) {
  const phases = ['redirect', 'dns', 'connect', 'tls', 'request', 'response', 'dom'];
  await until(() => totalNow('web_navigation_seconds_count', { page: visit.name, phase: 'load' }),
    'the load');
  const samples = await scrape('web_navigation_seconds_count');
  return Object.fromEntries(phases.filter((phase) =>
    total(samples, 'web_navigation_seconds_count', { page: visit.name, phase }) > 0).map((phase) => [`phase=${phase}`, 1]));
}

/* ---- messages that are not errors ---- */

visitTest('notices of a ResizeObserver loop are not errors', async (visit) => {
  await visit.open('', { body: '<div id="box" style="width: 10px">box</div>' });
  await visit.evaluate(() => new Promise((resolve) => {
    addEventListener('error', ({ message }) => {
      if (/^ResizeObserver loop/.test(message))
        resolve();
    });
    new ResizeObserver(() => {
      box.style.width = `${box.offsetWidth + 1}px`;
    }).observe(box);
  }));
  await visit.evaluate(() => {
    for (const message of ['ResizeObserver loop limit exceeded', 'ResizeObserver is not a constructor'])
      window.dispatchEvent(new ErrorEvent('error', { message, error: null }));
  });
  await visit.leave();
  await visit.arrived('web_errors_total', { 'kind=other': 1 });
}, { errors: true });

/* ---- automatic page groups ---- */

visitTest('without rules, page groups derive from the path', async (visit) => {
  for (const [path, group] of [
    ['/', ''],
    ['/shop/', '/shop'],
    ['/shop/how-to_pay/index.html', '/shop/how-to_pay/index.html'],
    ['/Main/userSettings', '/Main/userSettings'],
    ['/order/4711/items', '/order/*/items'],
    ['/blog/2026/05/a-rather-long-title-of-an-article', '/blog/*/*/*'],
    ['/u/jane@example.org', '/u/*'],
    ['/u/J%C3%BCrgen', '/u/*'],
    ['/f/3f2b8c1e-7c1d-4b0a-9d4e-1c2b3a4d5e6f', '/f/*'],
    ['/reset/QwErtYuiopAsdFgh', '/reset/*'],
    ['/a/b/c/d/e/f', '/a/b/c/d'],
  ]) {
    visit.pushes.length = 0;
    await visit.open('', { path, script: tag('') });
    await visit.flush();
    /* The first part of the path is the visit's and has a number. */
    assert.deepEqual(visit.pushed('web_page_views_total').map(({ labels }) => labels.page), [`/*${group}`], path);
  }
});

visitTest('data-pages="auto" works alone or after rules, and empty attributes are other', async (visit) => {
  const base = new URL(visit.url('')).pathname;
  for (const [attribute, path, page] of [
    ['data-pages="auto"', '/shop', '/*/shop'],
    [`data-pages="${base}/p/*=product${visit.name} auto"`, '/p/shoe', `product${visit.name}`],
    [`data-pages="${base}/p/*=product${visit.name} auto"`, '/shop', '/*/shop'],
    [`data-pages="${base}/p/*=product${visit.name}"`, '/shop', 'other'],
    ['data-pages=""', '/shop', 'other'],
    ['data-page=""', '/shop', 'other'],
  ]) {
    visit.pushes.length = 0;
    await visit.open('', { path, script: tag(attribute) });
    await visit.flush();
    assert.deepEqual(visit.pushed('web_page_views_total').map(({ labels }) => labels.page), [page], attribute);
  }
});

/* ---- data-debug ---- */

function consoleOf(visit) {
  const said = [];
  visit.context.on('console', (message) => {
    if (message.text().startsWith('tallyman:'))
      said.push(`${message.type()} ${message.text()}`);
  });
  return said;
}

visitTest('data-debug logs pushes and refusals', async (visit) => {
  const said = consoleOf(visit);
  await visit.open('data-debug');
  await visit.flush();
  await until(() => said.length >= 2, 'the first push');
  assert.match(said[0], /^info tallyman: sends \{"batch":"[-\da-f]+","metrics":\[.*"web_page_views_total"/);
  assert.match(said[1], /^info tallyman: http:\/\/site\.example:\d+\/tallyman\/record answers 200 OK$/);
  said.length = 0;
  await visit.call('increment', 'test_unlisted_total', {});
  await visit.increment();
  await visit.flush();
  await until(() => said.length >= 2, 'the refusal');
  assert.match(said[0], /test_unlisted_total/);
  assert.match(said[1], /^warning tallyman: .* answers 200 OK: 1 of \d+ samples rejected: unknown_family 1/);
  await visit.counted(1);
});

visitTest('data-debug: a hidden page waits for the reply, too', async (visit) => {
  const said = consoleOf(visit);
  await visit.open('data-debug');
  await visit.flush();
  await visit.increment(3);
  said.length = 0;
  await visit.hide();
  await until(() => said.some((text) => /answers 200/.test(text)), 'the answer');
  assert.ok(visit.pushes.every((push) => push.resourceType() === 'fetch'));
  await visit.show();
  await until(async () => Object.keys(await visit.stored()).length === 0, 'the batch to be forgotten');
  await visit.counted(3);
}, phone);

visitTest('data-debug logs the reason if nothing is counted', async (visit) => {
  const said = consoleOf(visit);
  const port = new URL(visit.url()).port;
  await visit.open('data-debug', { where: `http://localhost:${port}` });
  await visit.open('data-debug data-sample="0"');
  await visit.open('', { script: tag(`data-debug data-page="${visit.name}"`) + tag('data-debug', 'tallyman-core.js') });
  await visit.page.route(/\/record$/, (route) => route.abort('connectionrefused'));
  await visit.call('flush');
  await until(() => said.length >= 4, 'the messages');
  assert.equal(said[0], 'info tallyman: counts nothing: localhost');
  assert.equal(said[1], 'info tallyman: this view is not in the sample');
  assert.match(said[2], /^info tallyman: sends /);
  assert.match(said[3], /^warning tallyman: http.*record: TypeError: Failed to fetch; guide: static\/README\.md$/);
});

visitTest('without data-debug nothing is logged', async (visit) => {
  const said = consoleOf(visit);
  await visit.open();
  await visit.call('increment', 'test_unlisted_total', {});
  await visit.flush();
  await visit.hide();
  assert.deepEqual(said, []);
});

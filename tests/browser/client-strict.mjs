/* Pages, browsers and networks with restrictions, and the size of the scripts. */

import assert from 'node:assert/strict';

import {
  addPage, integrity, readBuilt, site, thirdParty, visitTest, zippedSize,
} from './client-site.mjs';

/* ---- names of this machine ---- */

/* With DNS rebinding a page of any site has the origin of a server on this machine. Over plain
 * HTTP Chromium sends no Sec-Fetch-Site header. */
for (const [name, where, status] of [
  ['another site', site, 403],
  ['localhost', site.replace('site.example', 'localhost'), 200],
  ['a name below localhost', site.replace('site.example', 'shop.localhost'), 200],
])
  visitTest(`${name} on this machine: access to the totals`, async (visit) => {
    await visit.open('', { where });
    for (const headers of [
      {}, { 'accept-language': '' }, { 'user-agent': 'curl/8.0' }, { 'x-forwarded-for': '192.0.2.1', 'x-real-ip': '' },
    ])
      for (const path of ['/metrics', '/api/v1/metrics', '/api/v1/status'])
        assert.equal(await visit.evaluate(([to, options]) => fetch(to, options).then((reply) => reply.status), [
          `/tallyman${path}`, { headers, referrerPolicy: 'no-referrer' },
        ]), status, `${path} ${JSON.stringify(headers)}`);
    for (const method of ['PUT', 'POST', 'DELETE'])
      assert.equal(await visit.evaluate((how) => fetch('/tallyman/metrics/job/x', {
        method: how, body: 'made_up_total 1\n', headers: { 'content-type': 'text/plain' },
        credentials: 'omit', /* otherwise the browser asks the visitor for a password */
      }).then((reply) => reply.status), method), 401, method);
  });

/* ---- servers that are blocked ---- */

const used = async (visit) => {
  await visit.increment(3);
  for (let i = 0; i < 3; i++) {
    await visit.call('flush');
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  await visit.hide();
  await visit.show();
  await visit.page.reload();
  await visit.increment();
  await visit.call('flush');
  assert.equal(await visit.evaluate(() => fetch('/api/x').then((response) => response.text())), 'GET answered');
  await visit.leave();
};

const observed = 'data-observe-requests="/api/**=x"';

for (const [how, answer] of [
  ['is blocked', (route) => route.abort('blockedbyclient')],
  ['breaks off', (route) => route.abort('connectionreset')],
  ['answers 500', (route) => route.fulfill({ status: 500 })],
  ['answers 404', (route) => route.fulfill({ status: 404 })],
  ['answers nonsense', (route) => route.fulfill({ status: 200, headers: { date: 'x' }, body: '<html>' })],
  ['leads elsewhere', (route) => route.fulfill({ status: 302, headers: { location: 'http://refused.example:9/' } })],
])
  visitTest(`a server that ${how} raises no error in the page`, async (visit) => {
    await visit.context.route(/\/record$/, answer);
    await visit.open(observed);
    await used(visit);
    assert.ok(visit.pushes.length > 0);
  });

for (const [how, server] of [
  ['cannot be reached', 'http://refused.example:9/tallyman'],
  ['has no name', 'http://nowhere.invalid/tallyman'],
  ['is no URL', 'http://['],
  ['is of another scheme', 'data:text/plain,x'],
])
  visitTest(`a server that ${how} raises no error in the page`, async (visit) => {
    await visit.open('', {
      script: `<script defer src="/tallyman/static/tallyman.js" data-server="${server}" ${observed}></script>`,
    });
    await used(visit);
  });

visitTest('a blocked script does not change the page', async (visit) => {
  await visit.context.route(/tallyman\.js/, (route) => route.abort('blockedbyclient'));
  await visit.open('', {
    head: '<script>window.tallyman = function () { (tallyman.q = tallyman.q || []).push(arguments); };</script>',
  });
  await visit.increment();
  assert.equal(await visit.evaluate(() => window.tallyman.q.length), 1);
});

visitTest('a push to another origin needs no preflight', async (visit) => {
  const methods = [];
  visit.context.on('request', (request) => methods.push(request.method()));
  await visit.open('', {
    script: `<script defer src="/tallyman/static/tallyman.js" data-page="${visit.name}" data-server="${thirdParty}/tallyman">
      </script>`,
  });
  await visit.increment(3);
  await visit.flush();
  await visit.increment(4);
  await visit.leave();
  await visit.counted(7);
  assert.ok(!methods.includes('OPTIONS') && visit.pushes.every((push) => push.url() === `${thirdParty}/tallyman/record`));
});

/* ---- browsers with fewer or restricted features ---- */

const forbid = () => { throw new DOMException('forbidden', 'SecurityError'); };
for (const [what, init] of [
  ['localStorage is forbidden', `Object.defineProperty(window, 'localStorage', { get: ${forbid} });`],
  ['localStorage is full', `Storage.prototype.setItem = ${forbid};`],
  ['localStorage is null', "Object.defineProperty(window, 'localStorage', { value: null });"],
  ['there is no sendBeacon', 'navigator.sendBeacon = undefined;'],
  ['sendBeacon throws', `navigator.sendBeacon = ${forbid};`],
  ['there is no PerformanceObserver', 'delete window.PerformanceObserver;'],
  ['performance has no entries', 'Performance.prototype.getEntriesByType = () => [];'],
])
  visitTest(`it counts although ${what}`, async (visit) => {
    await visit.open(observed);
    await visit.increment(3);
    await visit.evaluate(() => fetch('/api/x').then((response) => response.text()));
    await visit.flush();
    await visit.counted(3);
    await visit.increment(4);
    await visit.hide();
    await visit.show();
    await visit.flush();
    await visit.counted(7);
  }, { init });

visitTest('a page that replaces fetch and Math.random later does not affect the client', async (visit) => {
  await visit.open();
  await visit.evaluate(() => {
    Math.random = () => 1;
    history.pushState(null, '', '/another/place/altogether');
    document.head.append(Object.assign(document.createElement('base'), { href: 'http://elsewhere.example/' }));
  });
  await visit.increment(3);
  await visit.flush();
  await visit.counted(3);
});

/* ---- strict pages ---- */

const pageScript = `addEventListener('load', () => {
  tallyman('increment', 'test_calls_total', { test: document.documentElement.lang }, 3);
  tallyman('flush');
});`;
addPage('/strict.js', pageScript, { type: 'text/javascript' });

const hash = integrity(readBuilt('tallyman.js'));
const pageHash = integrity(pageScript);

for (const [how, policy] of [
  ['its own scripts', "script-src 'self'"],
  ['scripts with a known hash', `script-src '${hash}' '${pageHash}'`],
])
  visitTest(`a page with a strict policy that permits ${how}`, async (visit) => {
    await visit.open('', {
      headers: {
        'content-security-policy': `default-src 'none'; ${policy}; connect-src 'self';
          base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`.replace(/\s+/g, ' '),
      },
      html: `<!doctype html><html lang="${visit.name}"><title>strict</title>
        <script defer src="/tallyman/static/tallyman.js" data-server="/tallyman" data-page="${visit.name}"
          integrity="${hash}" crossorigin="anonymous"></script>
        <script defer src="/strict.js" integrity="${pageHash}"></script><p>A strict page</p>`,
    });
    await visit.counted(3);
    await visit.leave();
    await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 1 });
    assert.deepEqual(visit.console.filter((text) => !/favicon/.test(text)), []);
    assert.deepEqual(visit.pushed('web_csp_violations_total'), []);
  });

visitTest('a modified script does not run', async (visit) => {
  await visit.open('', {
    script: `<script defer src="/tallyman/static/tallyman-core.js" integrity="${hash}"></script>`,
  });
  assert.equal(await visit.evaluate(() => typeof window.tallyman), 'undefined');
});

visitTest('no unload handler keeps pages out of the back/forward cache', async () => {
  for (const name of ['tallyman.js', 'tallyman-core.js', 'tallyman.mjs'])
    assert.doesNotMatch(String(readBuilt(name)), /["'`](before)?unload["'`]|\beval\(|new Function\b|document\.write|\.innerHTML/);
});

visitTest('aggregatorClient.js is tallyman.js', async () => {
  assert.deepEqual(readBuilt('aggregatorClient.js'), readBuilt('tallyman.js'));
  const served = await fetch(`${site.replace('site.example', '127.0.0.1')}/tallyman/static/aggregatorClient.js`);
  assert.deepEqual(Buffer.from(await served.arrayBuffer()), readBuilt('tallyman.js'));
});

for (const [name, most] of [['tallyman-core.js', 3584], ['tallyman.js', 7680]])
  visitTest(`${name} has at most ${most} bytes, compressed`, async () => {
    const size = zippedSize(name);
    assert.ok(size <= most, `${size} bytes`);
    assert.ok(size > 1000);
  });

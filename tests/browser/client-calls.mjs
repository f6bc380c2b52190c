/* The calls of a page, and the ways to load the client. */

import assert from 'node:assert/strict';

import { arrived, readBuilt, site, tag, totalNow, until, versioned, visitTest } from './client-site.mjs';

/* The totals that calls() of a visit adds. */
async function callsArrive(visit, times = 1) {
  await visit.counted(4 * times);
  const labels = { test: visit.name };
  await arrived('test_wait_seconds_bucket', labels, { 'le=0.1': times, 'le=1': 2 * times, 'le=+Inf': 3 * times });
  await arrived('test_wait_seconds_sum', labels, { '': 5.75 * times });
  await arrived('test_depth', labels, { '': 7 });
}

const calls = (name, labels) => `
  ${name}('increment', 'test_calls_total', ${labels});
  ${name}('increment', 'test_calls_total', ${labels}, 3);
  ${name}('observe', 'test_wait_seconds', ${labels}, 0.0625);
  ${name}('observe', 'test_wait_seconds', ${labels}, 0.6875);
  ${name}('observe', 'test_wait_seconds', ${labels}, 5);
  ${name}('gauge', 'test_depth', ${labels}, 12);
  ${name}('gauge', 'test_depth', ${labels}, 7);`;

const labelsOf = (visit) => JSON.stringify({ test: visit.name });

for (const name of ['tallyman', 'prometheusAggregator'])
  visitTest(`increment, observe and gauge, as ${name}`, async (visit) => {
    await visit.open();
    await visit.page.evaluate(calls(name, labelsOf(visit)));
    await visit.flush();
    await callsArrive(visit);
  });

visitTest('time returns a function that observes the seconds since the call', async (visit) => {
  await visit.open();
  const took = await visit.evaluate(async (labels) => {
    const from = performance.now();
    const stop = window.tallyman('time', 'test_wait_seconds', labels);
    await new Promise((resolve) => { setTimeout(resolve, 150); });
    stop();
    return (performance.now() - from) / 1000;
  }, { test: visit.name });
  await visit.flush();
  await arrived('test_wait_seconds_count', { test: visit.name }, { '': 1 });
  const sum = await totalNow('test_wait_seconds_sum', { test: visit.name });
  assert.ok(sum >= 0.14 && sum <= took, `${sum} of ${took} s`);
});

visitTest('calls before the script has loaded are kept, under both names', async (visit) => {
  const early = ['tallyman', 'prometheusAggregator'].map((name) => `
    window.${name} = function () { (${name}.q = ${name}.q || []).push(arguments); };
    ${calls(name, labelsOf(visit))}`).join('');
  await visit.open('', { head: `<script>${early}</script>` });
  await visit.flush();
  await callsArrive(visit, 2);
});

/* As in the README. */
const snippet = (name) => `<script>
  (function (name, root) {
    var first = document.getElementsByTagName('script')[0];
    var script = document.createElement('script');
    window.PrometheusAggregatorObjectName = name;
    window[name] = window[name] || function () {
      (window[name].q = window[name].q || []).push(arguments);
    };
    window[name].aggregatorServerRoot = root;
    script.async = true;
    script.src = root + '/static/aggregatorClient.js';
    first.parentNode.insertBefore(script, first);
  })('${name}', '${site}/tallyman');`;

for (const name of ['prometheusAggregator', 'another'])
  visitTest(`peardeck's asynchronous snippet and calls, as ${name}`, async (visit) => {
    await visit.open('', { script: `${snippet(name)} ${calls(name, labelsOf(visit))}</script>` });
    await until(() => visit.evaluate((stub) => !window[stub].q, name), 'the script');
    await visit.page.evaluate(calls(name, labelsOf(visit)));
    await visit.page.evaluate(calls('tallyman', labelsOf(visit)));
    await visit.flush();
    await callsArrive(visit, 3);
    assert.equal(visit.pushed('web_page_views_total')[0].labels.page, '/*/order/*');
  });

visitTest('a function tallyman of the page is kept', async (visit) => {
  await visit.open('', { head: "<script>window.tallyman = () => 'theirs';</script>" });
  assert.equal(await visit.evaluate(() => window.tallyman()), 'theirs');
  await visit.page.evaluate(calls('prometheusAggregator', labelsOf(visit)));
  await visit.page.evaluate(() => window.prometheusAggregator('flush'));
  await callsArrive(visit);
});

visitTest('the small script has calls, delivery and errors', async (visit) => {
  await visit.open('', { script: tag(`data-page="${visit.name}"`, 'tallyman-core.js') });
  await visit.page.evaluate(calls('tallyman', labelsOf(visit)));
  await visit.evaluate(() => { setTimeout(() => { throw new TypeError('secret'); }); });
  await until(() => visit.errors.length, 'the error');
  await visit.leave();
  await callsArrive(visit);
  await visit.arrived('web_errors_total', { 'kind=TypeError': 1 });
  assert.deepEqual(visit.pushed('web_page_views_total'), []);
}, { errors: true });

visitTest('the versioned script finds its server by its URL', async (visit) => {
  assert.deepEqual(readBuilt(versioned), readBuilt('tallyman.js'));
  await visit.open('', {
    script: `<script defer src="/tallyman/static/${versioned}?x=/y/z" data-page="${visit.name}"></script>`,
  });
  await visit.page.evaluate(calls('tallyman', labelsOf(visit)));
  await visit.flush();
  await callsArrive(visit);
});

visitTest('the module exports the calls and starts with start()', async (visit) => {
  const labels = labelsOf(visit);
  await visit.open('', {
    script: `<script type="module">
      import * as tallyman from '/tallyman/static/tallyman.mjs';
      const { increment, observe, gauge, time, flush, pending, start } = tallyman;
      window.exported = Object.keys(tallyman).sort().join(' ');
      increment('test_calls_total', ${labels});
      start({ server: '/tallyman', page: '${visit.name}', observeRequests: '/api/**=api${visit.name}' });
      increment('test_calls_total', ${labels}, 3);
      observe('test_wait_seconds', ${labels}, 0.0625);
      observe('test_wait_seconds', ${labels}, 0.6875);
      observe('test_wait_seconds', ${labels}, 5);
      gauge('test_depth', ${labels}, 7);
      window.before = pending();
      await (await fetch('/api/x')).text();
      window.stop = time('test_wait_seconds', { test: 'timed${visit.name}' });
      window.stop();
      flush();
    </script>`,
  });
  await callsArrive(visit);
  await arrived('test_wait_seconds_count', { test: `timed${visit.name}` }, { '': 1 });
  await arrived('web_requests_total', { route: `api${visit.name}` }, { 'method=GET,status=2xx': 1 });
  await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 1 });
  assert.equal(await visit.evaluate(() => window.exported), 'flush gauge increment observe pending start time');
  assert.ok(await visit.evaluate(() => window.before) >= 6);
});

visitTest('invalid calls throw nothing and count nothing', async (visit) => {
  await visit.open();
  await visit.flush();
  const results = await visit.evaluate((labels) => {
    const circle = {};
    circle.toString = () => circle;
    const thrower = { get test() { throw new Error('secret'); } };
    const results = [];
    for (const value of [-1, NaN, Infinity, 1e16, '1', {}, null])
      results.push(window.tallyman('increment', 'test_calls_total', labels, value));
    results.push(
      window.tallyman('observe', 'test_wait_seconds', labels),
      window.tallyman('gauge', 'test_depth', labels, 'high'),
      window.tallyman('increment', 'test_calls_total', { test: circle }),
      window.tallyman('increment', 'test_calls_total', thrower),
      window.tallyman('increment', Symbol('test_calls_total'), labels),
      window.tallyman('toString', 'test_calls_total', labels),
      window.tallyman('__proto__'),
      window.tallyman(),
    );
    window.tallyman('time', 'test_wait_seconds', thrower)();
    return results;
  }, { test: visit.name });
  assert.deepEqual(results.filter((result) => result !== undefined), []);
  await visit.increment(5);
  await visit.flush();
  await visit.counted(5);
  const sent = visit.bodies().slice(1).flatMap((body) => JSON.parse(body).metrics).filter(({ metricName }) => /^test/.test(metricName));
  assert.equal(sent.length, 1, JSON.stringify(sent));
});

visitTest('labels in any order are one series, and a later change of the object has no effect', async (visit) => {
  await visit.open();
  await visit.evaluate((test) => {
    const labels = { b: 1, test, a: true };
    window.tallyman('increment', 'test_unlisted_total', labels);
    labels.a = false;
    window.tallyman('increment', 'test_unlisted_total', { test, a: 'true', b: '1' }, 2);
  }, visit.name);
  await visit.flush();
  assert.deepEqual(visit.pushed('test_unlisted_total'), [{
    metricName: 'test_unlisted_total', metricType: 'counter', labels: { a: 'true', b: '1', test: visit.name }, inc: 3,
  }]);
});

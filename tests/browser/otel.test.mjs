/* The OpenTelemetry SDK and Grafana's Faro web SDK in headless Chromium, in pages of another
 * origin than Tallyman's, through a real web server and real responders started by
 * test_otel_faro.py. Prints TAP. */

import assert from 'node:assert/strict';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { addPage, arrived, command, scrape, startSite, stopSite, total, until, visitTest } from './client-site.mjs';
import { require, root } from './site.mjs';
import { runTests } from './tap.mjs';

const pages = `http://site.example:${process.env.TALLYMAN_PAGES_PORT}`;
const tallyman = root.replace('127.0.0.1', 'metrics.example');

const place = (name) => fileURLToPath(new URL(name, import.meta.url));
const { outputFiles } = await require('esbuild').build({
  entryPoints: [place('otel-page.js'), place('faro-page.js')],
  nodePaths: [place('../../static/node_modules')],
  bundle: true, write: false, outdir: '/', logLevel: 'warning',
});
for (const { path, text } of outputFiles)
  addPage(path, text, { type: 'text/javascript' });
const script = (name, start = '') => `<script src="/${name}-page.js"></script><script>${start}</script>`;

/* ---- OpenTelemetry: metrics ---- */

const rounds = 2;

/* Records and sends this many times in the page; with DELTA each round adds. */
const recordMetrics = (visit, options) => visit.evaluate(async ([count, prefix, all]) => {
  const { meter, flush } = window.otel.metrics(all);
  const orders = meter.createCounter(`${prefix}orders`, { unit: '{order}' });
  const bounds = { explicitBucketBoundaries: [0.25, 0.5, 1] };
  const waits = meter.createHistogram(`${prefix}wait`, { unit: 's', advice: bounds });
  const cart = meter.createUpDownCounter('cart.items', { unit: '{item}' });
  while (count-- > 0) {
    orders.add(2, { 'ship.to': 'home' });
    orders.add(0.5, { 'ship.to': 'shop' });
    [0.25, 0.3].forEach((seconds) => waits.record(seconds));
    cart.add(3);
    await flush();
  }
}, [rounds, options.temporality === 'DELTA' ? '' : 'all_', options]);

async function arrivedMetrics(visit, prefix, times) {
  const job = { job: visit.name };
  await arrived(`${prefix}orders_total`, job, { 'ship_to=home': 2 * times, 'ship_to=shop': 0.5 * times });
  await arrived(`${prefix}wait_seconds_bucket`, job, {
    'le=0.25': times, 'le=0.5': 2 * times, 'le=1': 2 * times, 'le=+Inf': 2 * times,
  });
  await arrived('cart_items', job, { '': 3 * rounds });
}

for (const protobuf of [false, true]) {
  const encoding = protobuf ? 'protobuf' : 'JSON';
  visitTest(`OTLP, ${encoding}: every page adds`, async (visit) => {
    for (let page = 1; page <= 2; page++) {
      await visit.open('', { where: pages, script: script('otel') });
      await recordMetrics(visit, {
        url: `${tallyman}/v1/metrics`, protobuf, temporality: 'DELTA', resource: { 'service.name': visit.name },
      });
      await arrivedMetrics(visit, '', page * rounds);
    }
  });

  visitTest(`OTLP, ${encoding}: cumulative totals of pages`, async (visit) => {
    for (let page = 1; page <= 2; page++) {
      await visit.open('', { where: pages, script: script('otel') });
      await recordMetrics(visit, {
        url: `${tallyman}/v1/metrics`, protobuf,
        resource: { 'service.name': visit.name, 'service.instance.id': `page-${page}` },
      });
      await arrivedMetrics(visit, 'all_', page * rounds);
    }
  });
}

/* ---- OpenTelemetry: traces ---- */

const spans = (visit, want) => arrived('traces_span_metrics_calls_total', { service_name: visit.name }, want);
const span = (name, kind, status, route) =>
  `route=${route},span_kind=SPAN_KIND_${kind},span_name=${name},status_code=STATUS_CODE_${status}`;

visitTest('OTLP: the loading of a page, its fetches and a span of its own', async (visit) => {
  await visit.open('', { where: pages, script: script('otel', `
    window.traces = otel.traces({ url: '${tallyman}/v1/traces', resource: { 'service.name': '${visit.name}' } });`) });
  await visit.evaluate(async (name) => {
    const { tracer, flush } = window.traces;
    for (const path of ['orders/4711?token=secret', 'orders/4712?token=secret', `unknown/secret-${name}`])
      await (await fetch(`/api/${path}`)).text();
    await (await fetch('/api/orders/4713?status=500')).text();
    const checkout = tracer.startSpan('checkout');
    checkout.setStatus({ code: 2, message: 'the card of secret was declined' });
    checkout.end();
    await flush().catch(String);
  }, visit.name);
  await spans(visit, {
    [span('GET', 'CLIENT', 'UNSET', 'orders')]: 2,
    [span('GET', 'CLIENT', 'UNSET', 'other')]: 1,
    [span('GET', 'CLIENT', 'ERROR', 'orders')]: 1,
    [span('checkout', 'INTERNAL', 'ERROR', '')]: 1,
    [span('documentLoad', 'INTERNAL', 'UNSET', 'other')]: 1,
    [span('documentFetch', 'INTERNAL', 'UNSET', 'other')]: 1,
    [span('resourceFetch', 'INTERNAL', 'UNSET', 'other')]: 1,
  });
  const samples = await scrape();
  assert.equal(total(samples, 'traces_span_metrics_duration_seconds_count', { service_name: visit.name }), 8);
});

/* ---- Faro ---- */

/* A page with the SDK of an app of this name, with a user set. */
const openFaro = (visit, { url = `${tallyman}/collect`, requestCompression = false, ...more } = {}) => visit.open('', {
  where: pages, ...more, script: script('faro', `startFaro(${JSON.stringify({
    url, requestCompression, apiKey: '9f31c2', app: { name: 'shop', version: '1.2.3' },
    user: { id: 'secret-id', username: 'secret-name', email: 'someone@people.example' },
  })})`),
});

/* An event equal to the previous one counts, too. */
const pushEvent = (visit) => visit.evaluate((test) => {
  window.faro.api.pushEvent('add_to_cart', { test, sku: 'secret-sku' }, 'shop', { skipDedupe: true });
}, visit.name);

const cartEvents = (visit, count) => arrived('add_to_cart_total', { test: visit.name }, { '': count });

visitTest('Faro: vitals, an error, events, measurements, logs and requests', async (visit) => {
  await openFaro(visit, { path: '/basket', body: '<button id="buy">Buy</button>' });
  /* The browser reports the click after the next frame; the SDK reads it when idle, within a
   * second. */
  await visit.evaluate(() => {
    document.getElementById('buy').addEventListener('click', () => {
      for (const end = performance.now() + 60; performance.now() < end;);
    });
    window.seen = new Promise((resolve) => {
      new PerformanceObserver(() => requestIdleCallback(() => resolve(), { timeout: 2000 }))
        .observe({ type: 'event', durationThreshold: 40 });
    });
  });
  await visit.page.click('#buy');
  await visit.evaluate(() => window.seen);
  await pushEvent(visit);
  await visit.evaluate(async () => {
    const { api } = window.faro;
    api.pushMeasurement({ type: 'checkout', values: { duration_ms: 812.5, items: 3 } }, { context: { step: 'pay' } });
    api.pushLog(['secret-text of a log'], { level: 'warn' });
    await (await fetch('/api/orders/4711?token=secret')).text();
    await (await fetch('/api/unknown/secret')).text();
    await (await fetch('/api/orders/4711?status=500')).text().catch(() => {});
    setTimeout(() => { throw new TypeError('secret-text of an error'); });
  });
  await until(() => visit.errors.length === 1, 'the error');
  /* Spans of requests are sent after a second, or at once when the page is hidden. */
  await new Promise((resolve) => { setTimeout(resolve, 100); });
  await visit.hide();

  const page = { page: 'basket', device: 'desktop', navigation: 'navigate' };
  for (const vital of ['inp_seconds', 'lcp_seconds', 'fcp_seconds', 'ttfb_seconds', 'cls_ratio'])
    await arrived(`web_${vital}_count`, page, { '': 1 });
  const inp = total(await scrape(), 'web_inp_seconds_sum', page);
  assert.ok(inp >= 0.06 && inp < 20, `INP is ${inp}`);
  await arrived('web_errors_total', { page: 'basket' }, { 'kind=TypeError': 1 });
  await cartEvents(visit, 1);
  await arrived('checkout_duration_seconds_sum', {}, { 'step=pay': 0.8125 });
  await arrived('checkout_items_sum', {}, { '': 3 });
  await arrived('web_logs_total', { page: 'basket' }, { 'level=warn': 1 });
  await arrived('web_requests_total', { method: 'GET', route: 'orders' }, { 'status=2xx': 1, 'status=5xx': 1 });
}, { errors: true });

/* A proxy to Tallyman that drops the reply to the first push by closing the connection. */
function lossy() {
  const way = { lost: 0, keys: [] };
  way.server = http.createServer((request, response) => {
    const { method, headers, url } = request;
    const onward = http.request(`${root}${url}`, { method, headers }, (reply) => {
      if (method === 'POST')
        way.keys.push(headers['idempotency-key']);
      if (method === 'POST' && way.lost++ === 0) {
        reply.resume();
        request.socket.destroy();
      } else {
        response.writeHead(reply.statusCode, reply.headers);
        reply.pipe(response);
      }
    });
    request.pipe(onward);
  });
  return new Promise((resolve) => { way.server.listen(0, '127.0.0.1', () => resolve(way)); });
}

visitTest('Faro: a push whose reply was lost counts once', async (visit) => {
  const way = await lossy();
  try {
    await openFaro(visit, { url: `http://lossy.example:${way.server.address().port}/collect` });
    await pushEvent(visit);
    await until(() => new Set(way.keys).size < way.keys.length, 'the push to be sent again');
    await cartEvents(visit, 1);
  } finally {
    way.server.closeAllConnections();
    way.server.close();
  }
});

visitTest('Faro: compressed pushes count', async (visit) => {
  const encodings = [];
  visit.context.on('request', (request) => encodings.push(request.headers()['content-encoding']));
  await openFaro(visit, { requestCompression: true });
  await pushEvent(visit);
  await cartEvents(visit, 1);
  assert.ok(encodings.includes('gzip'));
});

visitTest('Faro: kill -9 loses or doubles nothing', async (visit) => {
  await openFaro(visit);
  for (let count = 1; count <= 40; count++) {
    await pushEvent(visit);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    if (count % 10 === 5)
      await command(count === 15 ? 'stop and kill responders' : `kill responder ${count % 20 > 10 ? 1 : 0}`);
  }
  await cartEvents(visit, 40);
}, { alone: true });

await startSite();
try {
  await runTests(process.argv[2], 3);
} finally {
  await stopSite();
}

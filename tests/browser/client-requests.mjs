/* data-observe-requests: its counts and times, and that the page cannot detect it. */

import assert from 'node:assert/strict';

import { arrived, site, thirdParty, totalNow, until, visitTest } from './client-site.mjs';

/* Rules with routes named after this visit. */
const rules = (visit, text) => `data-observe-requests="${text.replace(/=(\w+)(?=\s|$)/g, `=$1${visit.name}`)}"`;

/* The requests of a route in the counter and in the histogram: {'method=GET,status=2xx': 1}. */
async function requests(visit, route, want) {
  await arrived('web_requests_total', { route: route + visit.name }, want);
  await arrived('web_request_seconds_count', { route: route + visit.name }, want);
}

/* The browser reports the seconds at the end of a request or a little later. */
const secondsOf = (visit, route) =>
  totalNow('web_request_seconds_sum', { route: route + visit.name });

const timed = (visit, count) => until(
  () => visit.evaluate((n) => performance.getEntriesByType('resource')
    .filter(({ name, responseEnd }) => name.includes('/api/') && responseEnd > 0).length >= n, count), 'the timings');

/* Calls in the page that read the whole reply. */
function inPage() {
  window.load = (url, init) => fetch(url, init).then((response) => response.text(), () => 'failed');
  window.xhr = (method, url, prepare = () => {}) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    prepare(request);
    request.onloadend = () => resolve(request.responseText);
    request.send(method === 'POST' ? 'text' : null);
  });
}

for (const how of ['fetch', 'XMLHttpRequest'])
  visitTest(`${how}: counted by route, method and status class`, async (visit) => {
    await visit.open(rules(visit, 'GET:/api/users/*=user /api/users/**=users  POST:/api/**=post'));
    await visit.evaluate(async (isFetch) => {
      const ask = isFetch ? (method, url) => window.load(url, { method }) : window.xhr;
      await ask('GET', '/api/users/4711?token=secret');
      await ask('GET', '/api/users/4712#secret');
      await ask('get', '/api/users/4713?status=404');
      await ask('GET', '/api/users/4713?status=503');
      await ask('GET', '/api/users/4714?status=302&to=/api/users/4711');
      await ask('DELETE', '/api/users/4711');
      await ask('PUT', '/api/users/4711/address');
      await ask('POST', '/api/orders');
      await ask('REPORT', '/api/users/1/2');
      await ask('GET', '/api/unobserved');
    }, how === 'fetch');
    await timed(visit, 10);
    await visit.leave();
    await requests(visit, 'user', { 'method=GET,status=2xx': 3, 'method=GET,status=4xx': 1, 'method=GET,status=5xx': 1 });
    await requests(visit, 'users', { 'method=DELETE,status=2xx': 1, 'method=PUT,status=2xx': 1, 'method=other,status=2xx': 1 });
    await requests(visit, 'post', { 'method=POST,status=2xx': 1 });
    assert.doesNotMatch(visit.bodies().join(), /unobserved|4711|orders/);
  }, { init: inPage });

visitTest('request times equal those of the browser', async (visit) => {
  await visit.open(rules(visit, '/api/fetched=fetched /api/xhr=xhr /api/quick=quick'));
  await visit.evaluate(() => Promise.all([
    window.load('/api/fetched?delay=300'),
    window.xhr('GET', '/api/xhr?delay=200'),
    window.load('/api/quick#part'),
  ]));
  await timed(visit, 3);
  const own = await visit.evaluate(() => Object.fromEntries(performance.getEntriesByType('resource')
    .map(({ name, duration }) => [/\/api\/(\w+)|$/.exec(name)[1], duration / 1000])));
  await visit.flush();
  for (const route of ['fetched', 'xhr', 'quick']) {
    await requests(visit, route, { 'method=GET,status=2xx': 1 });
    const seconds = await secondsOf(visit, route);
    assert.ok(Math.abs(seconds - own[route]) < 1e-6, `${route}: ${seconds}, not ${own[route]}`);
  }
  assert.ok(own.fetched >= 0.29 && own.fetched < 10 && own.xhr >= 0.19, JSON.stringify(own));
}, { init: inPage });

visitTest('a request that is refused or aborted is an error', async (visit) => {
  await visit.open(rules(visit, '/api/cut=cut /api/slow=slow http://refused.example:9/**=refused'));
  await visit.evaluate(async () => {
    await window.load('/api/cut');
    await window.xhr('GET', '/api/cut');
    await window.load('http://refused.example:9/');
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    await window.load('/api/slow?delay=3000', { signal: abort.signal });
    await window.xhr('GET', '/api/slow?delay=3000', (request) => { request.timeout = 100; });
    await window.xhr('GET', '/api/slow?delay=3000', (request) => setTimeout(() => request.abort(), 100));
  });
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  await visit.flush();
  await requests(visit, 'cut', { 'method=GET,status=error': 2 });
  await requests(visit, 'refused', { 'method=GET,status=error': 1 });
  await requests(visit, 'slow', { 'method=GET,status=error': 3 });
  const slow = await secondsOf(visit, 'slow');
  assert.ok(slow > 0.28 && slow < 3, `${slow} s until they were given up`);
}, { init: inPage });

visitTest('third parties by name', async (visit) => {
  await visit.open(rules(visit, `${thirdParty}/**=pay POST:${thirdParty}/api/x=never /api/**=own`));
  await visit.evaluate(async (elsewhere) => {
    await window.load(`${elsewhere}/api/charge`, { method: 'POST' });
    await window.load(`${elsewhere}/api/charge?status=402`);
    await window.xhr('GET', `${elsewhere}/api/charge`);
    await window.load(`${elsewhere}/api/charge`, { mode: 'no-cors' });
    await window.load('/api/charge');
  }, thirdParty);
  /* An opaque reply has no entry with times. */
  await timed(visit, 4);
  await visit.leave();
  await requests(visit, 'pay', {
    'method=POST,status=2xx': 1, 'method=GET,status=4xx': 1, 'method=GET,status=2xx': 1, 'method=GET,status=opaque': 1,
  });
  await requests(visit, 'own', { 'method=GET,status=2xx': 1 });
}, { init: inPage });

visitTest('requests of a page that is left right after them', async (visit) => {
  await visit.open(rules(visit, '/api/x=x'));
  await visit.evaluate(() => { void window.load('/api/x').then(() => { location.href = 'about:blank'; }); });
  await requests(visit, 'x', { 'method=GET,status=2xx': 1 });
}, { init: inPage });

visitTest("the client's own pushes are not observed", async (visit) => {
  await visit.open(rules(visit, '/**=all'));
  for (let sent = 1; sent <= 3; sent++) {
    await visit.increment();
    await visit.call('flush');
    await visit.counted(sent);
  }
  await visit.leave();
  assert.deepEqual(visit.pushed('web_requests_total'), []);
});

/* Everything a page can see of its requests, as text. */
async function behaviour(elsewhere) {
  const log = [];
  const thrown = (error) => `${error?.constructor?.name} ${error?.name}: ${error?.message}`;
  const attempt = async (name, run) => {
    try {
      log.push([name, await run()]);
    } catch (error) {
      log.push([name, 'threw', thrown(error)]);
    }
  };
  const answer = async (response) => [
    response instanceof Response, response.status, response.type, response.redirected, response.bodyUsed,
    await response.clone().text(), await response.text(), response.bodyUsed,
  ];

  await attempt('get', async () => answer(await fetch('/api/x')));
  await attempt('Request', async () => answer(await fetch(new Request('/api/x', { method: 'POST', body: 'b' }))));
  await attempt('Request and init', async () => answer(await fetch(new Request('/api/x'), { method: 'PUT' })));
  await attempt('URL', async () => answer(await fetch(new URL('/api/x', location.href))));
  await attempt('toString', async () => answer(await fetch({ toString: () => '/api/x' })));
  await attempt('404', async () => answer(await fetch('/api/x?status=404')));
  await attempt('redirect', async () => answer(await fetch('/api/x?status=302&to=/api/y')));
  await attempt('no-cors', async () => answer(await fetch(`${elsewhere}/api/x`, { mode: 'no-cors' })));
  await attempt('stream', async () => {
    const chunk = await (await fetch('/api/x')).body.getReader().read();
    return new TextDecoder().decode(chunk.value);
  });
  await attempt('promise', () => {
    const promise = fetch('/api/x');
    return [promise.constructor === Promise, typeof promise.then];
  });
  await attempt('other this', () => answer.call(null, fetch.call(undefined, '/api/x')).catch(thrown));
  await attempt('wrong this', () => fetch.call({}, '/api/x'));
  await attempt('cut', () => fetch('/api/cut'));
  await attempt('refused', () => fetch('http://refused.example:9/'));
  await attempt('nothing', () => fetch());
  await attempt('bad url', () => fetch('http://['));
  await attempt('bad method', () => fetch('/api/x', { method: 'CONNECT' }));
  await attempt('odd method', () => fetch('/api/x', { method: 7 }).then((response) => response.status));
  await attempt('symbol', () => fetch(Symbol('x')));
  await attempt('null init', async () => answer(await fetch('/api/x', null)));
  const mine = new RangeError('mine');
  await attempt('throwing init', () => fetch('/api/x', { get method() { throw mine; } })
    .catch((error) => ['rejected', error === mine]));
  await attempt('abort', () => fetch('/api/x?delay=5000', { signal: AbortSignal.timeout(50) }));
  await attempt('reason', () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(mine), 50);
    return fetch('/api/x?delay=5000', { signal: abort.signal }).catch((error) => error === mine);
  });

  const events = 'readystatechange loadstart progress abort error load timeout loadend'.split(' ');
  const watched = (prepare) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    const seen = [];
    for (const type of events) {
      request.addEventListener(type, () => seen.push(`${type} ${request.readyState} ${request.status}`));
      request.upload.addEventListener(type, () => seen.push(`upload ${type}`));
    }
    request.addEventListener('loadend', () => setTimeout(() => resolve([seen, request.responseText])));
    request.onloadend = () => seen.push('onloadend');
    prepare(request, seen);
  });
  await attempt('xhr', () => watched((request) => { request.open('GET', '/api/x'); request.send(); }));
  await attempt('xhr post', () => watched((request) => { request.open('POST', '/api/x'); request.send('body'); }));
  await attempt('xhr cut', () => watched((request) => { request.open('GET', '/api/cut'); request.send(); }));
  await attempt('xhr timeout', () => watched((request) => {
    request.open('GET', '/api/x?delay=5000');
    request.timeout = 50;
    request.send();
  }));
  await attempt('xhr abort', () => watched((request) => {
    request.open('GET', '/api/x?delay=5000');
    request.send();
    setTimeout(() => request.abort(), 50);
  }));
  await attempt('xhr again', async () => {
    const request = new XMLHttpRequest();
    const all = [];
    for (const url of ['/api/x', '/api/y?status=404']) {
      request.open('GET', url);
      request.send();
      await new Promise((resolve) => { request.onloadend = resolve; });
      all.push(request.status, request.responseText);
    }
    return all;
  });
  await attempt('xhr sync', () => {
    const request = new XMLHttpRequest();
    request.open('GET', '/api/x', false);
    request.send();
    return [request.status, request.responseText];
  });
  await attempt('xhr user', () => {
    const request = new XMLHttpRequest();
    request.open('GET', '/api/x', true, 'user', 'password');
    return request.readyState;
  });
  await attempt('xhr not open', () => new XMLHttpRequest().send());
  await attempt('xhr bad url', () => new XMLHttpRequest().open('GET', 'http://['));
  await attempt('xhr one argument', () => new XMLHttpRequest().open('GET'));
  await attempt('xhr wrong this', () => XMLHttpRequest.prototype.send.call({}));
  await attempt('xhr open wrong this', () => XMLHttpRequest.prototype.open.call({}, 'GET', '/api/x'));
  return log;
}

visitTest('the page cannot tell that its requests are observed', async (visit) => {
  const seen = [];
  for (const attributes of ['', rules(visit, `/**=own ${thirdParty}/**=pay http://refused.example:9/**=refused`)]) {
    await visit.open(attributes);
    seen.push(await visit.evaluate(behaviour, thirdParty));
  }
  assert.ok(seen[0].length > 30 && seen[0].some(([, second]) => second === 'threw'));
  assert.deepEqual(seen[1], seen[0]);
  await visit.flush();
  await until(async () => await totalNow('web_requests_total', { route: `own${visit.name}` }) > 20, 'the requests');
});

visitTest('an unhandled rejection stays unhandled', async (visit) => {
  await visit.open(rules(visit, '/api/cut=cut'));
  await visit.evaluate(() => { void fetch('/api/cut'); });
  await until(() => visit.errors.length, 'the rejection');
  await visit.flush();
  assert.equal(visit.errors.length, 1);
  assert.match(visit.errors[0], /Failed to fetch/);
  await visit.arrived('web_unhandled_rejections_total', { 'kind=TypeError': 1 });
}, { errors: true });

visitTest('invalid rules observe nothing and raise nothing', async (visit) => {
  for (const text of ['', '=', '/api/(=a', '/api/[=b', 'GET:=c', '::::', '/api/x', `${site}\\=d`, '*** = +']) {
    await visit.open(`data-observe-requests='${text}'`);
    await visit.evaluate(() => window.load('/api/x'));
    await visit.increment();
    await visit.flush();
  }
  await visit.counted(9);
  assert.deepEqual(visit.pushed('web_requests_total'), []);
}, { init: inPage });

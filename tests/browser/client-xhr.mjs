/* Reused request objects and unusual calls: each request counts once, with its own route and
 * status. */

import assert from 'node:assert/strict';

import { addPage, arrived, totalNow, until, visitTest } from './client-site.mjs';

/* The URLs that the page calls, below. */
function inPage() {
  window.ended = (request) => new Promise((resolve) => {
    request.addEventListener('loadend', () => setTimeout(resolve));
  });
  window.thrown = (call) => {
    try {
      call();
    } catch (error) {
      return error.name;
    }
    return 'nothing';
  };
  window.start = (request, url, async = true) => {
    request.open('GET', url, async);
    request.send();
  };
}

/* run(first, second) is called in the page with two URLs of different routes; want has the
 * counts of each, by status. */
function requestTest(name, run, want, query = ['', '?status=404']) {
  visitTest(`requests: ${name}`, async (visit) => {
    await visit.open(`data-observe-requests="/api/first=first${visit.name} /api/second=second${visit.name}
      http://refused.example:9/first=first${visit.name}"`);
    const urls = query.map((text, i) => (text.startsWith('http') ? text : `/api/${['first', 'second'][i]}${text}`));
    await visit.page.evaluate(`(${run})(...${JSON.stringify(urls)})`);
    await visit.leave();
    for (const [route, statuses] of Object.entries(want)) {
      const series = Object.fromEntries(Object.entries(statuses)
        .map(([status, count]) => [`method=GET,status=${status}`, count]));
      await arrived('web_requests_total', { route: route + visit.name }, series);
      await arrived('web_request_seconds_count', { route: route + visit.name }, series);
    }
  }, { init: inPage });
}

const slow = '?delay=3000';
const refused = 'http://refused.example:9/first';
const each = { first: { '2xx': 1 }, second: { '4xx': 1 } };

requestTest('an object that is aborted after its end', async (first, second) => {
  const request = new XMLHttpRequest();
  window.start(request, first);
  await window.ended(request);
  request.abort();
  window.start(request, second);
  await window.ended(request);
  request.abort();
}, each);

requestTest('an object that is reopened in flight', async (first, second) => {
  const request = new XMLHttpRequest();
  window.start(request, first);
  window.start(request, second);
  await window.ended(request);
}, { first: { error: 1 }, second: { '4xx': 1 } }, [slow, '?status=404']);

requestTest('an object that is reopened in flight, and not sent', async (first, second) => {
  const request = new XMLHttpRequest();
  window.start(request, first);
  request.open('GET', second);
}, { first: { error: 1 }, second: {} }, [slow, '']);

requestTest('an object that is reopened in flight with an invalid URL continues', async (first) => {
  const request = new XMLHttpRequest();
  window.start(request, first);
  if (window.thrown(() => request.open('GET', 'http://[')) !== 'SyntaxError')
    throw new Error('it was opened');
  await window.ended(request);
}, { first: { '2xx': 1 } });

requestTest('an invalid URL keeps the opened request', async (first) => {
  const request = new XMLHttpRequest();
  request.open('GET', first);
  window.thrown(() => request.open('GET', 'http://['));
  request.send();
  await window.ended(request);
}, { first: { '2xx': 1 } });

for (const handler of ['onreadystatechange', 'onload', 'onloadend', 'capture'])
  requestTest(`an object that is reused in its own handler, ${handler}`, `async (first, second) => {
    const request = new XMLHttpRequest();
    await new Promise((resolve) => {
      let left = [second, first, second];
      const again = () => {
        if (request.readyState !== 4)
          return;
        if (!left.length)
          return setTimeout(resolve);
        const url = left.shift();
        request.open('GET', url);
        request.send();
      };
      /* Set before open(), so that it runs before the client's handlers. */
      if ('${handler}' === 'capture')
        request.addEventListener('readystatechange', again, true);
      else
        request.${handler} = again;
      window.start(request, first);
    });
  }`, { first: { '2xx': 2 }, second: { '4xx': 2 } });

requestTest('an object whose handler stops the event', async (first) => {
  const request = new XMLHttpRequest();
  request.addEventListener('readystatechange', (event) => event.stopImmediatePropagation(), true);
  window.start(request, first);
  await window.ended(request);
}, { first: { '2xx': 1 } });

requestTest('an object that is sent in a handler of open()', async (first) => {
  const request = new XMLHttpRequest();
  request.onreadystatechange = () => {
    if (request.readyState === 1)
      request.send();
  };
  request.open('GET', first);
  await window.ended(request);
}, { first: { '2xx': 1 } });

requestTest('an object that is sent twice', async (first, second) => {
  const request = new XMLHttpRequest();
  window.start(request, first);
  const inFlight = window.thrown(() => request.send());
  await window.ended(request);
  const after = window.thrown(() => request.send());
  window.start(request, second);
  await window.ended(request);
  if (inFlight !== 'InvalidStateError' || after !== 'InvalidStateError')
    throw new Error(`${inFlight}, ${after}`);
}, each);

requestTest('an object that is aborted in flight, in a handler', async (first, second) => {
  const request = new XMLHttpRequest();
  request.onreadystatechange = () => {
    if (request.readyState === 2)
      request.abort();
  };
  window.start(request, first);
  await window.ended(request);
  request.onreadystatechange = null;
  window.start(request, second);
  await window.ended(request);
}, { first: { error: 1 }, second: { '4xx': 1 } });

requestTest('a timeout, and then the same object', async (first, second) => {
  const request = new XMLHttpRequest();
  request.timeout = 100;
  window.start(request, first);
  await window.ended(request);
  request.timeout = 0;
  window.start(request, second);
  await window.ended(request);
}, { first: { error: 1 }, second: { '4xx': 1 } }, [slow, '?status=404']);

requestTest('a synchronous request, and then the same object', async (first, second) => {
  const request = new XMLHttpRequest();
  window.start(request, first, false);
  window.start(request, second, false);
}, each);

requestTest('a synchronous request to a closed port', async (first, second) => {
  const request = new XMLHttpRequest();
  const name = window.thrown(() => window.start(request, first, false));
  window.start(request, second);
  await window.ended(request);
  if (name !== 'NetworkError')
    throw new Error(name);
}, { first: { error: 1 }, second: { '4xx': 1 } }, [refused, '?status=404']);

requestTest('a send() that throws, then one that succeeds', async (first) => {
  const request = new XMLHttpRequest();
  request.open('GET', first);
  const name = window.thrown(() => request.send({ toString() { throw new RangeError('mine'); } }));
  request.send();
  await window.ended(request);
  if (name !== 'RangeError')
    throw new Error(name);
}, { first: { error: 1, '2xx': 1 } });

/* ---- fetch ---- */

requestTest('fetch: a redirect that is not followed is 3xx', async (first, second) => {
  await fetch(first, { redirect: 'manual' });
  await fetch(second, { redirect: 'error' }).catch(() => {});
}, { first: { '3xx': 1 }, second: { error: 1 } }, ['?status=302&to=/api/x', '?status=302&to=/api/x']);

addPage('/realm.html', '<!doctype html><title>frame</title>');

requestTest('fetch: a Request of another frame', async (first, second) => {
  const frame = document.createElement('iframe');
  frame.src = '/realm.html';
  await new Promise((resolve) => {
    frame.onload = resolve;
    document.body.append(frame);
  });
  const { Request } = frame.contentWindow;
  await (await fetch(new Request(first))).text();
  await (await fetch(new Request(second))).text();
}, each);

visitTest('requests: a fetch() built on XMLHttpRequest counts once', async (visit) => {
  await visit.open(`data-observe-requests="/api/first=first${visit.name}"`);
  assert.equal(await visit.evaluate(async () => (await fetch('/api/first')).text()), 'GET answered');
  await visit.leave();
  await arrived('web_requests_total', { route: `first${visit.name}` }, { 'method=GET,status=2xx': 1 });
}, {
  init: () => {
    const own = window.fetch;
    window.fetch = (url, init) => (init ? own(url, init) : new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.onload = () => resolve(new Response(request.responseText, { status: request.status }));
      request.open('GET', url);
      request.send();
    }));
  },
});

/* ---- failures in the client ---- */

visitTest('a failure in the client does not reach the page', async (visit) => {
  await visit.open(`data-observe-requests="/api/first=first${visit.name}"`);
  const failures = await visit.evaluate(async () => {
    /* getEntriesByType() goes on working: web-vitals calls it until the page has settled. */
    let calls = 0;
    performance.getEntriesByName = () => {
      calls++;
      throw new Error('ours');
    };
    await (await fetch('/api/first')).text();
    const request = new XMLHttpRequest();
    window.start(request, '/api/first');
    await window.ended(request);
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const frame = document.createElement('iframe');
    frame.src = 'http://pay.example:1/';
    document.body.append(frame);
    const hidden = { get name() { throw new Error('hidden'); } };
    for (const reason of [proxy, frame.contentWindow, hidden, { name: hidden }])
      void Promise.reject(reason);
    return calls;
  });
  assert.equal(failures, 2);
  await until(() => visit.call('pending').then((pending) => pending >= 6), 'the rejections');
  await visit.leave();
  await arrived('web_requests_total', { route: `first${visit.name}` }, { 'method=GET,status=2xx': 2 });
  await visit.arrived('web_unhandled_rejections_total', { 'kind=other': 4 });
  assert.equal(await totalNow('web_errors_total', { page: visit.name }), 0);
  assert.doesNotMatch(visit.errors.join(), /ours/);
}, { init: inPage, errors: true });

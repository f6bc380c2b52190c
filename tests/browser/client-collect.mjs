/* Automatic metrics of the client, compared with the browser's own values. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import {
  addPage, arrived, phone, scrape, secureSite, seriesWith, site, thirdParty, total, totalNow, until, visitTest,
  visitUnwatched, watchApi,
} from './client-site.mjs';

const web = JSON.parse(readFileSync(new URL('../../fcgi/metrics.d/web.json', import.meta.url), 'utf8')
  .replace(/^\s*\/\/.*$/gm, '')).allowedMetrics;

const desktopView = 'device=desktop,navigation=navigate';

/* ---- web vitals ---- */

/* The browser's own vitals, kept in window.own. */
function watchVitals() {
  const own = window.own = { lcp: 0, inp: 0, clicks: 0, cls: 0, shifts: 0 };
  const watch = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see))
    .observe({ type, buffered: true, durationThreshold: 16 });
  let session = [];
  watch('largest-contentful-paint', (entry) => { own.lcp = entry.startTime; });
  watch('event', (entry) => {
    own.inp = Math.max(own.inp, entry.interactionId ? entry.duration : 0);
    own.clicks += entry.name === 'click' ? 1 : 0;
  });
  watch('layout-shift', (entry) => {
    if (entry.hadRecentInput)
      return;
    if (session.length && (entry.startTime - session.at(-1).startTime > 1000 || entry.startTime - session[0].startTime > 5000))
      session = [];
    session.push(entry);
    own.shifts++;
    own.cls = Math.max(own.cls, session.reduce((sum, one) => sum + one.value, 0));
  });
}

const own = (visit, key) => visit.evaluate((name) => window.own[name], key);

/* Moves text, for a real layout shift. */
async function shift(visit) {
  const before = await own(visit, 'shifts');
  await visit.evaluate(() => {
    const block = document.createElement('div');
    block.style.height = '200px';
    document.body.prepend(block);
  });
  await until(async () => await own(visit, 'shifts') > before, 'the layout shift');
}

visitTest('web.json has the good and poor limits as bounds', async () => {
  const bounds = (name) => web.find((family) => family.name === name).buckets;
  for (const [name, good, poor] of [
    ['web_lcp_seconds', 2.5, 4], ['web_fcp_seconds', 1.8, 3], ['web_ttfb_seconds', 0.8, 1.8],
    ['web_inp_seconds', 0.2, 0.5], ['web_cls_ratio', 0.1, 0.25],
  ])
    assert.ok(bounds(name).includes(good) && bounds(name).includes(poor), name);
});

visitTest('LCP, FCP and TTFB equal those of the browser', async (visit) => {
  await visit.open('', { delay: 150 });
  await until(() => own(visit, 'lcp'), 'a largest paint');
  const { lcp, fcp, ttfb } = await visit.evaluate(() => ({
    lcp: window.own.lcp,
    fcp: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    ttfb: performance.getEntriesByType('navigation')[0].responseStart,
  }));
  assert.ok(ttfb >= 140 && ttfb <= fcp && fcp <= lcp && lcp < 10000, `${ttfb} ${fcp} ${lcp}`);
  await visit.leave();
  const labels = { navigation: 'navigate', device: 'desktop' };
  await visit.observed('web_lcp_seconds', lcp / 1000, labels);
  await visit.observed('web_fcp_seconds', fcp / 1000, labels);
  await visit.observed('web_ttfb_seconds', ttfb / 1000, labels);
}, { init: watchVitals });

visitTest('CLS is observed once per view, the last value', async (visit) => {
  await visit.open();
  await shift(visit);
  await visit.hide();
  await visit.show();
  await shift(visit);
  const cls = await own(visit, 'cls');
  assert.ok(cls > 0.01 && cls < 2, `a CLS of ${cls}`);
  await visit.leave();
  await visit.observed('web_cls_ratio', cls);
}, { init: watchVitals });

visitTest('INP is observed once per view, the slowest of many clicks', async (visit) => {
  await visit.open('', {
    body: `<button id="slow">slow</button><button id="fast">fast</button><script>
      function busy(ms) { for (const end = performance.now() + ms; performance.now() < end;); }
      slow.onclick = () => busy(250);
      fast.onclick = () => busy(30);
    </script>`,
  });
  await visit.page.click('#fast');
  await visit.page.click('#slow');
  await until(async () => await own(visit, 'inp') >= 250, 'the slow click to be reported');
  await visit.page.click('#fast');
  /* The last click may have been the slowest. */
  await until(async () => await own(visit, 'clicks') === 3, 'each click to be reported');
  const inp = await own(visit, 'inp');
  assert.ok(inp < 5000, `an INP of ${inp}`);
  await visit.leave();
  await visit.observed('web_inp_seconds', inp / 1000);
}, { init: watchVitals });

visitTest('a view on a phone ends when it is first hidden', async (visit) => {
  await visit.open();
  await shift(visit);
  const cls = await own(visit, 'cls');
  await visit.hide();
  await visit.observed('web_cls_ratio', cls, { device: 'mobile' });
  await visit.show();
  await shift(visit);
  await visit.leave();
  await arrived('web_cls_ratio_count', { page: visit.name }, { 'device=mobile,navigation=navigate': 1 });
}, { ...phone, init: watchVitals });

/* ---- navigation ---- */

/* path: the phases that must take time. A loopback connection may take less than the 0.1 ms
 * resolution of the browser's clock, so it is compared only if it is above 0. */
async function phasesArrive(visit, path) {
  await until(() => visit.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0), 'the load');
  const phases = await visit.evaluate(() => {
    const entry = performance.getEntriesByType('navigation')[0];
    const tls = entry.secureConnectionStart;
    return Object.entries({
      redirect: [entry.redirectStart, entry.redirectEnd],
      dns: [entry.domainLookupStart, entry.domainLookupEnd],
      connect: [entry.connectStart, tls || entry.connectEnd],
      tls: [tls, tls && entry.connectEnd],
      request: [entry.requestStart, entry.responseStart],
      response: [entry.responseStart, entry.responseEnd],
      dom: [entry.responseEnd, entry.domContentLoadedEventEnd],
      load: [entry.startTime, entry.loadEventEnd],
    }).map(([phase, [from, to]]) => [phase, (to - from) / 1000]).filter(([, seconds]) => seconds > 0);
  });
  await visit.leave();
  for (const [phase, seconds] of phases)
    await visit.observed('web_navigation_seconds', seconds, { phase });
  await visit.arrived('web_navigation_seconds_count', Object.fromEntries(phases.map(([phase]) => [`phase=${phase}`, 1])));
  const took = Object.fromEntries(phases);
  assert.ok(took.load < 10 && took.request >= 0.09 && took.load >= took.request, JSON.stringify(took));
  for (const phase of path)
    assert.ok(took[phase] > 0, `${phase} took place`);
}

visitTest('the phases of a navigation with a redirect', async (visit) => {
  const to = visit.add('', { delay: 100 });
  await visit.page.goto(`${site}/api/moved?status=302&to=${encodeURIComponent(to)}`);
  await phasesArrive(visit, ['redirect', 'request', 'dom', 'load']);
});

visitTest('the phases of a navigation with TLS', async (visit) => {
  await visit.open('', { delay: 100, where: secureSite });
  await phasesArrive(visit, ['tls', 'request', 'dom', 'load']);
});

/* ---- page views ---- */

visitTest('page views by the type of navigation', async (visit) => {
  await visit.open();
  await visit.flush();
  await visit.page.reload();
  await visit.flush();
  await visit.leave();
  await visit.page.goBack();
  await visit.flush();
  await visit.arrived('web_page_views_total', {
    [desktopView]: 1,
    'device=desktop,navigation=reload': 1,
    'device=desktop,navigation=back-forward': 1,
  });
});

for (const [device, options] of [
  ['mobile', phone],
  ['tablet', { ...phone, viewport: { width: 820, height: 1100 }, screen: { width: 820, height: 1180 } }],
])
  visitTest(`the device class ${device}`, async (visit) => {
    await visit.open();
    await visit.flush();
    await visit.arrived('web_page_views_total', { [`device=${device},navigation=navigate`]: 1 });
  }, options);

visitTest('page groups from data-pages, never a raw URL', async (visit) => {
  const base = new URL(visit.url('')).pathname;
  const group = (name) => `${name}${visit.name}`;
  const rules = `data-pages="${base}/=${group('home')} ${base}/p/*=${group('product')}
    ${base}/p/**=${group('below')}
    ${base}/file-*.html=${group('file')} ${base}/**=${group('rest')}"`;
  for (const [path, name] of [
    ['/', 'home'], ['/p/4711', 'product'], ['/p/4711/reviews', 'below'], ['/file-7.html', 'file'], ['/blog/a/b', 'rest'],
  ]) {
    await visit.open(rules, { path });
    await visit.flush();
    await arrived('web_page_views_total', { page: group(name) }, { [desktopView]: 1 });
  }
});

visitTest('a page that no rule matches is other', async (visit) => {
  for (const attributes of ['data-pages="/nowhere=nowhere"', 'data-pages="/secret=/no**"', 'data-pages=""']) {
    visit.pushes.length = 0;
    await visit.open(attributes);
    await visit.flush();
    assert.deepEqual(visit.pushed('web_page_views_total').map(({ labels }) => labels.page), ['other'], attributes);
  }
});

/* ---- errors ---- */

visitTest('errors by kind', async (visit) => {
  /* All errors come after the deferred script runs: it cannot see earlier ones. */
  await visit.open('', {
    body: `<script>
      class Unknown extends Error { get name() { return 'https://secret/' + location.href; } }
      const throwers = [
        () => { throw new Error('secret'); },
        () => { throw new TypeError('secret'); },
        () => { null.secret; },
        () => { secretFunction(); },
        () => { JSON.parse('{secret'); },
        () => { new Array(-1); },
        () => { atob('%'); },
        () => { throw new Unknown('secret'); },
        () => { throw 'secret'; },
        () => { throw null; },
      ];
      addEventListener('load', () => {
        throwers.forEach((thrower) => setTimeout(thrower));
        document.body.append(Object.assign(new Image(), { src: '/secret.png' }),
          Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/secret.css' }));
      });
    </script>`,
  });
  await until(() => visit.errors.length === 10 && visit.console.length === 2, 'the errors');
  await visit.flush();
  await visit.arrived('web_errors_total', {
    'kind=Error': 1, 'kind=TypeError': 2, 'kind=ReferenceError': 1, 'kind=SyntaxError': 1, 'kind=RangeError': 1,
    'kind=DOMException': 1, 'kind=resource': 2, 'kind=other': 3,
  });
}, { errors: true });

visitTest('unhandled rejections by kind, without handled ones', async (visit) => {
  await visit.open();
  await visit.evaluate(() => {
    Promise.reject(new Error('secret')).catch(() => {});
    for (const reason of [
      new Error('secret'), new TypeError('secret'), new RangeError('secret'), new DOMException('secret', 'AbortError'),
      'secret', undefined, { name: 'secret' },
    ])
      void Promise.reject(reason);
  });
  await until(() => visit.errors.length === 7, 'the rejections');
  await visit.flush();
  await visit.arrived('web_unhandled_rejections_total', {
    'kind=Error': 1, 'kind=TypeError': 1, 'kind=RangeError': 1, 'kind=DOMException': 1, 'kind=other': 3,
  });
}, { errors: true });

visitTest('CSP violations by directive', async (visit) => {
  await visit.open('', {
    headers: {
      'content-security-policy':
        "default-src 'none'; script-src 'self'; script-src-attr 'none'; connect-src 'self'; style-src 'self'; object-src 'none'",
    },
  });
  await visit.evaluate(() => {
    const add = (name, set) => document.body.append(Object.assign(document.createElement(name), set));
    add('script', { text: 'secret()' });
    add('script', { src: 'http://pay.example/secret.js' });
    document.body.setAttribute('onclick', 'secret()');
    add('style', { textContent: 'p { color: red }' });
    document.body.setAttribute('style', 'color: red');
    add('img', { src: '/secret.png' });
    add('iframe', { src: '/secret.html' });
    add('audio', { src: '/secret.ogg' });
    new FontFace('secret', 'url(/secret.woff)').load().catch(() => {});
    fetch('http://pay.example/secret').catch(() => {});
  });
  await until(() => visit.call('pending').then((pending) => pending > 9), 'the violations');
  await visit.flush();
  await visit.arrived('web_csp_violations_total', {
    'directive=script-src': 3, 'directive=style-src': 2, 'directive=img-src': 1, 'directive=frame-src': 1,
    'directive=font-src': 1, 'directive=connect-src': 1, 'directive=other': 1,
  });
}, { errors: true });

/* ---- resources ---- */

addPage('/a.js', '', { type: 'text/javascript', delay: 60 });
addPage('/a.css', 'p { background: url("/a.svg") }', { type: 'text/css' });
addPage('/a.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', { type: 'image/svg+xml' });
addPage('/frame.html', '<!doctype html><title>frame</title>');

visitTest('resources by initiator and party', async (visit) => {
  const before = await scrape('web_resource_seconds');
  await visit.open('', {
    head: `<script src="/a.js"></script><link rel="stylesheet" href="/a.css">`,
    body: `<img src="/a.svg?1"><img src="${thirdParty}/a.svg"><iframe src="/frame.html"></iframe>`,
  });
  await visit.evaluate(async (elsewhere) => {
    await (await fetch('/api/x')).text();
    await (await fetch(`${elsewhere}/api/x`)).text();
    await new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open('GET', '/api/y');
      request.onloadend = resolve;
      request.send();
    });
  }, thirdParty);
  const own = await visit.evaluate(() => performance.getEntriesByType('resource')
    .filter(({ name }) => !name.endsWith('/record')).map(({ duration }) => duration / 1000));
  assert.ok(own.length >= 10, `${own.length} resources`);
  await until(() => visit.call('pending').then((pending) => pending >= own.length), 'the resources to be seen');
  await visit.flush();
  const added = (after, suffix) => {
    const was = seriesWith(before, `web_resource_seconds_${suffix}`, {});
    return Object.fromEntries(Object.entries(seriesWith(after, `web_resource_seconds_${suffix}`, {}))
      .map(([key, value]) => [key, value - (was[key] || 0)]).filter(([, value]) => value > 0));
  };
  const want = {
    'initiator=script,party=first': 2, 'initiator=link,party=first': 1, 'initiator=css,party=first': 1,
    'initiator=img,party=first': 1, 'initiator=img,party=third': 1, 'initiator=iframe,party=first': 1,
    'initiator=fetch,party=first': 1, 'initiator=fetch,party=third': 1, 'initiator=xmlhttprequest,party=first': 1,
  };
  const many = async () => Object.keys(added(await scrape('web_resource_seconds'), 'count')).length;
  await until(async () => await many() === Object.keys(want).length, 'the resources');
  const after = await scrape('web_resource_seconds');
  assert.deepEqual(added(after, 'count'), want);
  const sum = total(after, 'web_resource_seconds_sum') - total(before, 'web_resource_seconds_sum');
  assert.ok(Math.abs(sum - own.reduce((a, b) => a + b)) < 1e-6, `${sum} s in all`);
  assert.ok(added(after, 'sum')['initiator=script,party=first'] >= 0.06, 'a slow script');
}, { alone: true });

/* ---- peardeck's page timings ---- */

visitTest("data-legacy-timing observes peardeck's 17 families", async (visit) => {
  const names = `navigationStart unloadEventStart unloadEventEnd fetchStart domainLookupStart domainLookupEnd
    connectStart connectEnd requestStart responseStart responseEnd domLoading domInteractive
    domContentLoadedEventStart domContentLoadedEventEnd domComplete loadEventStart`.split(/\s+/);
  await visit.open('', { path: '/before' });
  await visit.flush();
  const before = await scrape('performance_timing');
  await visit.open('data-legacy-timing', { delay: 100 });
  await until(() => visit.evaluate(() => performance.timing.loadEventEnd > 0), 'the load');
  const timing = await visit.evaluate(() => performance.timing.toJSON());
  await visit.leave();
  const added = (samples, name) => total(samples, `performance_timing_${name}`) - total(before, `performance_timing_${name}`);
  await until(async () => added(await scrape('performance_timing'), 'loadEventStart_count') > 0, 'the timings');
  const after = await scrape('performance_timing');
  assert.equal(names.length, 17);
  for (const name of names) {
    assert.equal(added(after, `${name}_count`), 1, name);
    const seconds = (timing[name] - timing.navigationStart) / 1000;
    assert.ok(Math.abs(added(after, `${name}_sum`) - seconds) < 1e-6, `${name}: ${seconds} s`);
  }
  assert.equal(added(after, 'loadEventStart_bucket'), 11 + 1 - [0.01, 0.05, 0.1, 0.2, 0.5, 1, 1.2, 1.5, 2, 5, 10]
    .filter((bound) => bound < (timing.loadEventStart - timing.navigationStart) / 1000).length);
});

visitTest('without data-legacy-timing there are none', async (visit) => {
  await visit.open();
  await visit.leave();
  await visit.arrived('web_page_views_total', { [desktopView]: 1 });
  assert.doesNotMatch(visit.bodies().join(), /performance_timing/);
});

/* ---- other ways to open a page ---- */

visitTest('a page from the back/forward cache is a new view', async (visit) => {
  await visit.open();
  await visit.evaluate(() => { window.kept = true; });
  await until(() => own(visit, 'lcp'), 'a largest paint');
  await visit.page.goto(visit.add('', { path: '/other', script: ' ' }));
  /* The page is not loaded again. */
  await visit.page.goBack({ waitUntil: 'commit' });
  await until(() => visit.evaluate(() => window.kept), 'the page to come back');
  await shift(visit);
  await visit.increment(3);
  await visit.leave();
  await visit.arrived('web_page_views_total', {
    [desktopView]: 1, 'device=desktop,navigation=back-forward-cache': 1,
  });
  await visit.counted(3);
  await visit.arrived('web_cls_ratio_count', {
    [desktopView]: 1, 'device=desktop,navigation=back-forward-cache': 1,
  });
  await visit.arrived('web_lcp_seconds_count', {
    [desktopView]: 1, 'device=desktop,navigation=back-forward-cache': 1,
  });
}, { cache: true, init: watchVitals });

visitTest('a prerendered page counts once it is shown', async (visit) => {
  const seen = watchApi(visit.name);
  const url = visit.add('', {
    body: `<script>
      addEventListener('load', () => setTimeout(() => {
        tallyman('increment', 'test_calls_total', {test: '${visit.name}'});
        tallyman('flush');
        fetch('/api/${visit.name}/prerendering-' + document.prerendering);
      }));
      document.addEventListener('prerenderingchange', () => setTimeout(tallyman, 100, 'flush'));
    </script>`,
  });
  const before = visit.add('', {
    path: '/before', script: ' ',
    head: `<script type="speculationrules">{"prerender": [{"urls": [${JSON.stringify(url)}], "eagerness": "immediate"}]}</script>`,
    /* The API replies after the test has looked. */
    body: `<script>fetch('/api/${visit.name}/gate').then(() => { location.href = ${JSON.stringify(url)}; });</script>`,
  });
  const stop = visitUnwatched(before);
  try {
    await until(() => seen.calls.includes('prerendering-true'), 'the page to be prerendered', 60000);
    await new Promise((resolve) => { setTimeout(resolve, 200); });
    assert.deepEqual(seriesWith(await scrape('web_page_views_total'), 'web_page_views_total', { page: visit.name }), {});
    assert.equal(await totalNow('test_calls_total', { test: visit.name }), 0);
    seen.open('gate');
    await visit.arrived('web_page_views_total', { 'device=desktop,navigation=prerender': 1 });
    await visit.counted(1);
  } finally {
    await stop();
  }
});

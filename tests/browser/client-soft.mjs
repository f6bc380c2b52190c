/* Single-page applications: data-spa. */

import assert from 'node:assert/strict';

import { arrived, phone, scrape, tag, total, totalNow, until, visitTest } from './client-site.mjs';

/* With the Navigation API, and without it. */
const hideNavigation = () => Object.defineProperty(window, 'navigation', { value: undefined });

const navigationLabel = (navigation) => `device=desktop,navigation=${navigation}`;

/* The page groups of this visit, by name. */
class Groups {
  constructor(visit) {
    this.visit = visit;
    this.base = new URL(visit.url('')).pathname;
  }

  of(name) {
    return name + this.visit.name;
  }

  attributes(more = 'data-spa') {
    const { base } = this;
    return `data-pages="${base}/=${this.of('home')} ${base}/p/*=${this.of('product')} ${base}/**=${this.of('rest')}" ${more}`;
  }

  views(name, navigations) {
    return arrived('web_page_views_total', { page: this.of(name) },
      Object.fromEntries(Object.entries(navigations).map(([navigation, count]) => [navigationLabel(navigation), count])));
  }
}

for (const [how, init] of [['the Navigation API', undefined], ['the History API alone', hideNavigation]]) {
  visitTest(`data-spa: a new path is a view, by ${how}`, async (visit) => {
    const groups = new Groups(visit);
    await visit.open(groups.attributes(), { path: '/' });
    await visit.evaluate(async (base) => {
      const popped = () => new Promise((resolve) => { addEventListener('popstate', () => setTimeout(resolve), { once: true }); });
      history.pushState(null, '', `${base}/p/1`);          /* a view */
      history.pushState(null, '', `${base}/p/2`);          /* a view of the same group */
      history.replaceState(null, '', `${base}/p/3`);       /* none: the same group */
      history.replaceState({ scroll: 1 }, '');             /* none */
      history.pushState(null, '', `${base}/p/3?page=2`);   /* none: the same path */
      history.pushState(null, '', '#part');                /* none */
      location.hash = 'another-part';                      /* none */
      history.replaceState(null, '', `${base}/about`);     /* a view: another group */
      let pop = popped();
      history.back();                                      /* p/3 again: a view */
      await pop;
      pop = popped();
      history.go(-2);                                      /* none: p/3, too */
      await pop;
      pop = popped();
      history.back();                                      /* p/1, a view */
      await pop;
    }, groups.base);
    await visit.leave();
    await groups.views('home', { navigate: 1 });
    await groups.views('product', { soft: 4 });
    await groups.views('rest', { soft: 1 });
  }, { init });

  visitTest(`data-spa: later metrics belong to the new page, by ${how}`, async (visit) => {
    const groups = new Groups(visit);
    await visit.open(groups.attributes(), { path: '/' });
    const fail = (name) => visit.evaluate((kind) => { setTimeout(() => { throw new window[kind]('secret'); }); }, name);
    await fail('RangeError');
    await until(() => visit.errors.length === 1, 'the first error');
    await visit.evaluate((base) => history.pushState(null, '', `${base}/p/1`), groups.base);
    await fail('TypeError');
    await until(() => visit.errors.length === 2, 'the second error');
    await visit.leave();
    await arrived('web_errors_total', { page: groups.of('home') }, { 'kind=RangeError': 1 });
    await arrived('web_errors_total', { page: groups.of('product') }, { 'kind=TypeError': 1 });
  }, { init, errors: true });

  visitTest(`data-spa="hash": the path after the hash, by ${how}`, async (visit) => {
    const group = (name) => name + visit.name;
    await visit.open(`data-spa="hash" data-pages="/=${group('home')} /p/*=${group('product')} /**=${group('rest')}"`);
    await visit.evaluate(async () => {
      const go = (hash) => new Promise((resolve) => {
        addEventListener('hashchange', () => setTimeout(resolve), { once: true });
        location.hash = hash;
      });
      history.replaceState(null, '', '#/');      /* none: the same path */
      await go('#/p/1?tab=2');                   /* a view */
      await go('#/p/1?tab=3');                   /* none */
      await go('#!/p/2');                        /* a view */
      await go('#about');                        /* a view */
      history.pushState(null, '', '/elsewhere'); /* without a hash: / */
    });
    await visit.leave();
    for (const [name, views] of [
      ['home', { [navigationLabel('navigate')]: 1, [navigationLabel('soft')]: 1 }],
      ['product', { [navigationLabel('soft')]: 2 }],
      ['rest', { [navigationLabel('soft')]: 1 }],
    ])
      await arrived('web_page_views_total', { page: group(name) }, views);
  }, { init });
}

visitTest('data-spa: a navigation that the page intercepts', async (visit) => {
  const groups = new Groups(visit);
  await visit.open(groups.attributes(), {
    path: '/', body: `<a id="link" href="p/1">product</a><script>
      navigation.addEventListener('navigate', (event) => {
        if (event.canIntercept && !event.destination.url.includes('about:blank'))
          event.intercept({ handler: async () => {} });
      });</script>`,
  });
  await visit.page.click('#link');
  await until(() => visit.evaluate(() => /\/p\/1$/.test(location.pathname)), 'the link');
  await visit.evaluate((base) => navigation.navigate(`${base}/p/2`, { history: 'replace' }).finished, groups.base);
  await visit.evaluate(() => navigation.reload().finished);
  await visit.evaluate((base) => navigation.navigate(`${base}/about`).finished, groups.base);
  await visit.leave();
  await groups.views('home', { navigate: 1 });
  await groups.views('product', { soft: 1 });
  await groups.views('rest', { soft: 1 });
});

visitTest('data-spa: the page cannot detect that its history is observed', async (visit) => {
  const seen = [];
  for (const attributes of ['', 'data-spa']) {
    await visit.open(attributes);
    seen.push(await visit.evaluate(() => {
      const attempt = (run) => {
        try {
          return [run(), history.length, location.search, history.state];
        } catch (error) {
          return [error.name, error.message];
        }
      };
      return [
        attempt(() => history.pushState({ a: 1 }, '', '?a')),
        attempt(() => history.replaceState({ b: 1 }, '', '?b')),
        attempt(() => history.pushState(null, '', 'http://elsewhere.example/')),
        attempt(() => history.pushState(() => {}, '')),
        attempt(() => history.pushState()),
        attempt(() => History.prototype.pushState.call({}, null, '')),
        attempt(() => history.replaceState.call(undefined, null, '')),
      ].map((result) => result.map((part) => JSON.stringify(part)));
    }));
    await visit.leave();
  }
  /* Only the history itself has grown. */
  const without = (results) => results.map((parts) => parts.filter((part) => !/^\d+$/.test(part)));
  assert.deepEqual(without(seen[1]), without(seen[0]));
}, { init: hideNavigation });

visitTest('without data-spa only loads are views', async (visit) => {
  await visit.open();
  await visit.evaluate(() => history.pushState(null, '', '/elsewhere'));
  await visit.evaluate(() => { setTimeout(() => { throw new RangeError('secret'); }); });
  await until(() => visit.errors.length, 'the error');
  await visit.leave();
  await visit.arrived('web_page_views_total', { [navigationLabel('navigate')]: 1 });
  await visit.arrived('web_errors_total', { 'kind=RangeError': 1 });
}, { errors: true });

visitTest('data-spa with a data-page has one group', async (visit) => {
  await visit.open('data-spa');
  await visit.evaluate(() => history.pushState(null, '', '/elsewhere'));
  await visit.evaluate(() => history.replaceState(null, '', '/another'));
  await visit.leave();
  await visit.arrived('web_page_views_total', { [navigationLabel('navigate')]: 1, [navigationLabel('soft')]: 1 });
});

visitTest('data-spa: all views of a load share its sample decision', async (visit) => {
  await visit.open('data-spa data-sample="0.5"');
  await visit.evaluate(() => history.pushState(null, '', '/elsewhere'));
  await visit.leave();
  await visit.arrived('web_page_views_total', { [navigationLabel('navigate')]: 2, [navigationLabel('soft')]: 2 });
}, { init: () => { const chances = [0.4]; Math.random = () => chances.pop() ?? 0.9; } });

visitTest('the module has spa: true, and groups pages automatically', async (visit) => {
  await visit.open('', {
    script: `<script type="module">
      import { start, flush } from '/tallyman/static/tallyman.mjs';
      start({ server: '/tallyman', spa: true });
      history.pushState(null, '', '/shop/cart');
      history.pushState(null, '', '/shop/item/4711');
      flush();
    </script>`,
  });
  await until(() => visit.pushed('web_page_views_total').length >= 3, 'the views');
  assert.deepEqual(visit.pushed('web_page_views_total').map(({ labels }) => [labels.page, labels.navigation]),
    [['/*/order/*', 'navigate'], ['/shop/cart', 'soft'], ['/shop/item/*', 'soft']]);
});

/* ---- web vitals ---- */

/* The browser's own values, kept in window.own. */
function watchVitals() {
  window.own = { shifts: [], clicks: 0, longest: {}, lcp: [] };
  const watch = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see))
    .observe({ type, buffered: true, durationThreshold: 16 });
  watch('layout-shift', ({ value, hadRecentInput }) => { if (!hadRecentInput) window.own.shifts.push(value); });
  watch('event', ({ name, duration, interactionId: id }) => {
    if (id)
      window.own.longest[id] = Math.max(window.own.longest[id] || 0, duration);
    window.own.clicks += name === 'click' ? 1 : 0;
  });
  watch('largest-contentful-paint', ({ startTime }) => window.own.lcp.push(startTime));
}

const own = (visit, key) => visit.evaluate((name) => window.own[name], key);

/* Moves text, for a real layout shift; returns the browser's value. */
async function shift(visit) {
  const before = (await own(visit, 'shifts')).length;
  await visit.evaluate(() => {
    const block = document.createElement('div');
    block.style.height = '200px';
    document.body.prepend(block);
  });
  await until(async () => (await own(visit, 'shifts')).length > before, 'the layout shift');
  return (await own(visit, 'shifts')).slice(before).reduce((a, b) => a + b);
}

async function observed(name, labels, value) {
  await until(async () => await totalNow(`${name}_count`, labels) >= 1, `${name} ${JSON.stringify(labels)}`);
  const samples = await scrape(name);
  assert.equal(total(samples, `${name}_count`, labels), 1, `${name} counts once`);
  const sum = total(samples, `${name}_sum`, labels);
  assert.ok(Math.abs(sum - value) < 1e-6, `${name} is ${sum}, not ${value}`);
}

visitTest('data-spa: each view has its CLS and INP, the load its LCP', async (visit) => {
  const groups = new Groups(visit);
  const view = (name, navigation) => ({ page: groups.of(name), navigation });
  await visit.open(groups.attributes(), {
    path: '/', body: `<button id="go">go</button><button id="stay">stay</button><script>
      const busy = (ms) => { for (const end = performance.now() + ms; performance.now() < end;); };
      go.onclick = () => { history.pushState(null, '', '${groups.base}/p/1'); busy(300); };
      stay.onclick = () => busy(120);
    </script>`,
  });
  await until(async () => (await own(visit, 'lcp')).length, 'a largest paint');
  const before = await shift(visit);
  /* The click on the link belongs to the page that is left. */
  await visit.page.click('#go');
  await until(async () => await own(visit, 'clicks') === 1, 'the click');
  await visit.page.click('#stay');
  await until(async () => await own(visit, 'clicks') === 2, 'the second click');
  /* A shift right after a click does not count. */
  await new Promise((resolve) => { setTimeout(resolve, 600); });
  const after = await shift(visit);
  const lcp = (await own(visit, 'lcp')).at(-1);
  /* The first view ends while the page stays open. */
  await until(async () => {
    await visit.call('flush');
    return await totalNow('web_inp_seconds_count', view('home', 'navigate')) >= 1;
  }, 'the first view to end');
  const [away, stay] = Object.values(await own(visit, 'longest'));
  await visit.leave();
  assert.ok(away >= 296 && stay >= 112, `${away} ${stay}`);
  await observed('web_inp_seconds', view('home', 'navigate'), away / 1000);
  await observed('web_inp_seconds', view('product', 'soft'), stay / 1000);
  await observed('web_cls_ratio', view('home', 'navigate'), before);
  await observed('web_cls_ratio', view('product', 'soft'), after);
  await observed('web_lcp_seconds', { page: groups.of('home') }, lcp / 1000);
  for (const name of ['lcp', 'fcp', 'ttfb'])
    await arrived(`web_${name}_seconds_count`, { page: groups.of('product') }, {});
  assert.deepEqual(new Set(visit.pushed('web_navigation_seconds').map(({ labels }) => labels.page)), new Set([groups.of('home')]));
}, { init: watchVitals });

visitTest('data-spa: a paint of a later view is not the LCP of the load', async (visit) => {
  const groups = new Groups(visit);
  await visit.open(groups.attributes(), { path: '/' });
  await until(async () => (await own(visit, 'lcp')).length, 'a largest paint');
  const lcp = (await own(visit, 'lcp')).at(-1);
  const paints = (await own(visit, 'lcp')).length;
  await visit.evaluate((base) => {
    history.pushState(null, '', `${base}/p/1`);
    document.body.append(Object.assign(document.createElement('h1'), { textContent: 'a larger text '.repeat(200) }));
  }, groups.base);
  await until(async () => (await own(visit, 'lcp')).length > paints, 'a larger paint');
  await visit.leave();
  await observed('web_lcp_seconds', { page: groups.of('home') }, lcp / 1000);
}, { init: watchVitals });

visitTest('data-spa: views of a phone end when it is hidden', async (visit) => {
  const groups = new Groups(visit);
  await visit.open(groups.attributes(), { path: '/' });
  await until(async () => (await own(visit, 'lcp')).length, 'a largest paint');
  const first = await shift(visit);
  await visit.evaluate((base) => history.pushState(null, '', `${base}/p/1`), groups.base);
  const second = await shift(visit);
  await visit.hide();
  await observed('web_cls_ratio', { page: groups.of('home') }, first);
  await observed('web_cls_ratio', { page: groups.of('product') }, second);
  await visit.show();
  await shift(visit);
  await visit.leave();
  await arrived('web_cls_ratio_count', { page: groups.of('product') }, { 'device=mobile,navigation=soft': 1 });
}, { ...phone, init: watchVitals });

visitTest('tallyman-core.js counts no views', async (visit) => {
  await visit.open('', { script: tag(`data-spa data-page="${visit.name}"`, 'tallyman-core.js') });
  await visit.evaluate(() => history.pushState(null, '', '/elsewhere'));
  await visit.increment();
  await visit.leave();
  await visit.counted(1);
  assert.deepEqual(visit.pushed('web_page_views_total'), []);
});

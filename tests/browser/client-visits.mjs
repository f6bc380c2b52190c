/* Visits: data-visits. */

import assert from 'node:assert/strict';

import { secure, secureSite, site, thirdParty, visitTest } from './client-site.mjs';

const from = (source) => `device=desktop,source=${source}`;

/* The browser sends the whole URL as referrer; the client must not push it. */
const telling = { headers: { 'referrer-policy': 'unsafe-url' } };

/* Opens a page elsewhere and clicks its link to the address. */
async function follow(visit, where, to, options = {}) {
  await visit.page.goto(visit.add('', {
    path: '/linking', where, script: ' ', body: `<a href="${to}" ${options.link ?? ''}>link</a>`, ...telling, ...options,
  }));
  await visit.page.click('a');
  await visit.page.waitForURL(to);
}

const sources = (visit) => visit.pushed('web_visits_total').map(({ labels }) => labels.source);

visitTest('data-visits: links on other hosts start visits', async (visit) => {
  const to = visit.add('data-visits="news.test *.partner.example=partner"', { where: secureSite });
  for (const [where, options] of [
    [secure('www.google.com')], [secure('news.test')], [secure('www.news.test')], [secure('shop.partner.example')],
    [secure('pay.example')], [secure('docs.site.example')], [secure('www.google.com'), { link: 'rel="noreferrer"' }],
  ]) {
    await follow(visit, where, to, options);
    await visit.flush();
  }
  await visit.arrived('web_visits_total', {
    [from('search')]: 1, [from('news.test')]: 2, [from('partner')]: 1, [from('other')]: 1, [from('internal')]: 1,
    [from('direct')]: 1,
  });
});

visitTest('data-visits: no other view starts one', async (visit) => {
  const to = visit.add('data-visits data-spa');
  await follow(visit, thirdParty, to);
  await visit.flush();
  await visit.page.reload();
  await visit.flush();
  /* Back to this path by replaceState, which is not a view. */
  await visit.evaluate((back) => {
    history.pushState(null, '', '/another/path');
    history.replaceState(null, '', back);
  }, to);
  await visit.flush();
  await visit.leave();
  await visit.page.goBack();
  await visit.flush();
  for (const where of [site, site.replace('site.', 'www.site.'), secureSite])
    await follow(visit, where, to);
  await visit.page.goto(to, { referer: 'http://site.example:1/' });
  await visit.flush();
  await visit.arrived('web_page_views_total', {
    'device=desktop,navigation=navigate': 5, 'device=desktop,navigation=reload': 1, 'device=desktop,navigation=soft': 1,
    'device=desktop,navigation=back-forward': 1,
  });
  await visit.arrived('web_visits_total', { [from('other')]: 1 });
});

visitTest('data-visits: a page from the back/forward cache starts none', async (visit) => {
  await visit.open('data-visits');
  await visit.evaluate(() => { window.kept = true; });
  await visit.page.goto(visit.add('', { path: '/other', script: ' ' }));
  await visit.page.goBack({ waitUntil: 'commit' });
  assert.equal(await visit.evaluate(() => window.kept), true);
  await visit.leave();
  await visit.arrived('web_page_views_total', {
    'device=desktop,navigation=navigate': 1, 'device=desktop,navigation=back-forward-cache': 1,
  });
  await visit.arrived('web_visits_total', { [from('direct')]: 1 });
}, { cache: true });

const hosts = {
  search: `google.com www.google.de www.google.co.uk www.google.com.br m.bing.com cn.bing.com duckduckgo.com
    html.duckduckgo.com www.ecosia.org www.qwant.com www.startpage.com de.search.yahoo.com search.yahoo.co.jp
    search.brave.com yandex.ru yandex.com.tr ya.ru m.baidu.com search.naver.com search.seznam.cz kagi.com`,
  social: `www.facebook.com l.facebook.com lm.facebook.com l.instagram.com www.linkedin.com lnkd.in old.reddit.com
    out.reddit.com x.com t.co twitter.com m.youtube.com www.tiktok.com www.pinterest.de pinterest.co.uk www.threads.com
    news.ycombinator.com bsky.app t.me vk.com mastodon.social`,
  /* Similar names that are neither search engines nor social networks. */
  other: `mail.google.com accounts.google.com docs.google.com mail.yandex.ru mail.yahoo.com brave.com google.attacker.net
    notgoogle.com google.com.attacker.net x.org netflix.com facebook.attacker.com.net ycombinator.com t.co.uk
    192.0.2.1 [2001:db8::1] localhost`,
};

for (const [source, names] of Object.entries(hosts))
  visitTest(`data-visits: hosts of ${source}`, async (visit) => {
    const to = visit.add('data-visits');
    for (const name of names.split(/\s+/)) {
      visit.pushes.length = 0;
      await visit.page.goto(to, { referer: `http://${name}/secret?secret` });
      await visit.flush();
      assert.deepEqual(sources(visit), [source], name);
    }
  });

visitTest('data-visits: entries of the attribute have precedence', async (visit) => {
  for (const [listed, name, source] of [
    ['www.google.com=ads kagi.com', 'www.google.com', 'ads'], ['google.com=ads', 'www.google.com', 'ads'],
    ['www.google.com=ads', 'google.com', 'search'], ['  kagi.com\n x.com=x ', 'kagi.com', 'kagi.com'],
    ['kagi.com x.com=internal', 'x.com', 'internal'], ['news.test', 'm.news.test', 'other'],
    ['*news.test=news', 'm.news.test', 'news'], ['* a=', 'anything.test', '*'], ['news.test', 'newsxtest.test', 'other'],
    ['site.example=x', 'www.site.example', undefined],
  ]) {
    visit.pushes.length = 0;
    await visit.page.goto(visit.add(`data-visits="${listed}"`), { referer: `http://${name}/` });
    await visit.flush();
    assert.deepEqual(sources(visit), source ? [source] : [], `${listed}: ${name}`);
  }
});

for (const [file, attributes] of [['tallyman.js', ''], ['tallyman-core.js', 'data-visits']])
  visitTest(`without data-visits, or without its code, none are counted: ${file}`, async (visit) => {
    await visit.open('', {
      script: `<script defer src="/tallyman/static/${file}" data-server="/tallyman" ${attributes}></script>`,
    });
    await visit.increment();
    await visit.flush();
    await visit.counted(1);
    assert.deepEqual(sources(visit), []);
  });

for (const [visits, source] of [['true', 'other'], ["'pay.example=payment'", 'payment'], ['false', undefined]]) {
  visitTest(`data-visits: the module's option visits: ${visits}`, async (visit) => {
    await follow(visit, thirdParty, visit.add('', {
      script: `<script type="module">
        import { start, flush } from '/tallyman/static/tallyman.mjs';
        start({ server: '/tallyman', page: '${visit.name}', visits: ${visits} });
        window.tallyman = (call) => call === 'flush' ? flush() : 0;
      </script>`,
    }));
    await visit.leave();
    assert.deepEqual(sources(visit), source ? [source] : []);
  });
}

visitTest('data-visits: a page with a changed referrer is still observed', async (visit) => {
  await visit.open('data-visits');
  await visit.call('flush');
  await visit.evaluate(() => fetch('/api/x'));
  await visit.increment();
  await visit.flush();
  await visit.counted(1);
  await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 1 });
  await visit.leave();
  assert.deepEqual(sources(visit), []);
  assert.ok(visit.pushed('web_fcp_seconds').length + visit.pushed('web_ttfb_seconds').length > 0);
}, { init: () => Object.defineProperty(Document.prototype, 'referrer', { get: () => 'no URL' }) });

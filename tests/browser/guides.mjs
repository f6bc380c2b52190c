/* The guides as pages below static/guide/. */
import assert from 'node:assert/strict';

import { axeViolations, root, withPage } from './site.mjs';
import { test } from './tap.mjs';

const base = new URL('static/guide/', `${root}/`).href;
const start = `${base}README.html`;

const content = (page) => page.evaluate(() => ({
  links: [...document.links].map(({ href }) => href),
  ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
  images: [...document.images].map(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  overflows: document.documentElement.scrollWidth > document.documentElement.clientWidth,
}));

test('guides: every link leads to a page and a heading of it', () => withPage(async (page, seen) => {
  const pages = new Map();
  const wanted = new Set([start]);
  for (const url of wanted) {
    const response = await page.goto(url);
    assert.equal(response.status(), 200, url);
    if (!url.startsWith(base))
      continue;
    const found = await content(page);
    pages.set(url, found);
    assert.deepEqual([url, found.overflows, found.images.includes(false)], [url, false, false]);
    found.links.filter((link) => link.startsWith(root)).forEach((link) => wanted.add(link.split('#')[0]));
  }
  assert.ok(wanted.has(`${root}/`), 'the dashboard');
  assert.ok(pages.size > 12, `${pages.size} pages`);
  for (const [url, { links }] of pages)
    for (const link of links.filter((one) => one.startsWith(base) && one.includes('#'))) {
      const [target, id] = link.split('#');
      assert.ok(pages.get(target).ids.includes(decodeURIComponent(id)), `${url}: ${link}`);
    }
  assert.deepEqual(seen.console, []);
}, { viewport: { width: 390, height: 900 } }));

for (const colorScheme of ['light', 'dark'])
  test(`guides: axe finds nothing, ${colorScheme}`, () => withPage(async (page) => {
    await page.goto(start);
    assert.deepEqual(await axeViolations(page), []);
    await page.goto(new URL('fcgi/README.html', start).href);
    assert.deepEqual(await axeViolations(page), []);
  }, { colorScheme }));

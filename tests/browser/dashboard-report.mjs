/* The weekly report compared with the dashboard of the same days, and as mail programs
 * show it: without styles and plots, and on dark grounds.
 *
 *   TALLYMAN_REPORT  the report of 16 to 22 March 2026, a file */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { axeViolations, flat, openHtml, pageUrl, withPage } from './site.mjs';

const AFTER = Date.UTC(2026, 2, 24);

async function openReport(page) {
  await openHtml(page, await readFile(process.env.TALLYMAN_REPORT, 'utf8'));
}

/* Like mail programs that remove both. */
const strip = (page) => page.evaluate(() => {
  for (const one of document.querySelectorAll('svg'))
    one.remove();
  for (const one of document.querySelectorAll('[style]'))
    one.removeAttribute('style');
});

const reportRows = (page, caption) => page.locator(`table:has(> caption h3:text-is("${caption}")) > tbody > tr`)
  .evaluateAll((all) => all.slice(1).map((row) => [...row.cells].map((cell) => cell.innerText.replace(/\u00a0/g, ' ').trim()).join(' | ')));

const words = async (page) => flat(await page.innerText('body'));

export function addTests(test, { open, rows }) {
  test('report: its numbers are those of the dashboard', () => withPage(async (page) => {
    const tables = ['Top pages', 'Sources of visits', 'Errors by kind', 'Errors by page'];
    await openReport(page);
    const figures = (await page.locator('div[style*=inline-block]').allInnerTexts()).map(flat).slice(0, 4);
    const said = [];
    for (const table of tables)
      said.push(await reportRows(page, table));
    await open(page);
    await page.clock.setFixedTime(AFTER);
    await page.goto(`${pageUrl}?from=2026-03-16&to=2026-03-22`);
    await page.waitForSelector('#content:not([aria-busy]) .family');
    const shown = (await page.locator('.figure').allInnerTexts()).map(flat).filter((one) => !/ – /.test(one));
    assert.equal(figures[0], 'Page views 41 +105 % from 20');
    assert.deepEqual(figures, shown);
    for (const [i, table] of tables.entries())
      assert.deepEqual(said[i], await rows(page, table), table);
  }));

  test('report: nothing is wider than a phone, and axe finds nothing', () => withPage(async (page) => {
    await openReport(page);
    for (const width of [390, 800]) {
      await page.setViewportSize({ width, height: 900 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      assert.deepEqual(await axeViolations(page), [], `${width} px`);
      if (process.env.TALLYMAN_SCREENSHOTS)
        await page.screenshot({ path: path.join(process.env.TALLYMAN_SCREENSHOTS, `report-${width}.png`), fullPage: true });
    }
  }));

  test('report: it loads nothing, and shows the same numbers without styles and plots', () => withPage(async (page) => {
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    await openReport(page);
    assert.equal(requests.length, 1);
    assert.equal(await page.locator('svg title').count(), 2);
    const before = await words(page);
    await strip(page);
    assert.equal(await words(page), before);
    assert.match(before, /Wed 18 Mar 5 0 20 −75 %/);
  }));
}

/* Takes the pictures of the guides: `node pictures.mjs DIRECTORY`, started by
 * pictures.py. DIRECTORY has the weekly report, and gets the pictures. */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { useAllButtons } from './demo-page.mjs';
import { root, startBrowser, stopBrowser, withPage } from './site.mjs';

const [, , directory] = process.argv;
const now = Number(process.env.TALLYMAN_NOW) * 1000;
const light = { colorScheme: 'light', reducedMotion: 'reduce', locale: 'en-GB', viewport: { width: 1280, height: 900 } };

/* The page from its top to the end of an element. */
async function shoot(page, name, last) {
  const { width, height } = await last.evaluate((one) => {
    scrollTo(0, 0);
    return { width: innerWidth, height: Math.ceil(one.getBoundingClientRect().bottom) + 8 };
  });
  await page.mouse.move(0, 0);
  await page.screenshot({
    path: path.join(directory, `${name}.png`), fullPage: true, clip: { x: 0, y: 0, width, height },
  });
}

async function dashboard(page) {
  await page.clock.setFixedTime(now);
  await page.goto(`${root}/`);
  await page.waitForSelector('#content:not([aria-busy]) canvas');
  await shoot(page, 'dashboard', page.locator('.vitals .card').nth(2));
}

/* Random numbers are the same in each picture. */
async function demo(page, seen) {
  await page.addInitScript(() => {
    let seed = 1;
    Math.random = () => (seed = seed * 16807 % 2147483647) / 2147483647;
  });
  await useAllButtons(page);
  await shoot(page, 'demo', page.locator('[data-family=demo_usage_total]'));
  seen.errors.length = 0; /* those of its buttons */
}

async function report(page) {
  await page.setViewportSize({ width: 800, height: 900 });
  await page.goto(pathToFileURL(path.join(directory, 'report.html')).href);
  await shoot(page, 'report', page.getByRole('table', { name: 'Sources of visits' }));
}

await startBrowser();
try {
  for (const picture of [dashboard, demo, report])
    await withPage(picture, light);
} finally {
  await stopBrowser();
}

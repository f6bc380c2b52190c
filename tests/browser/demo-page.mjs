/* The actions of a visitor on the demo page, for its tests and its picture. */
import { pageUrl } from './site.mjs';

export async function openDemo(page) {
  await page.goto(pageUrl);
  await page.waitForSelector('#live[data-state=ok]');
}

/* The button is disabled if another push has taken everything in the meantime:
 * a click of the mouse would wait. */
export const sendNow = (page) => page.locator('#flush').evaluate((button) => button.click());

/* A visitor who has used all buttons and returns. */
export async function useAllButtons(page) {
  await openDemo(page);
  await page.click('#visitors');
  for (const button of await page.locator('[data-request], [data-fault], #time-request, #set-depth, #slow').all())
    await button.click();
  await page.waitForTimeout(3500);
  await sendNow(page);
  await page.reload();
  await page.waitForSelector('#live[data-state=ok]');
  await page.click('[data-feature=showContent]');
  await sendNow(page);
  await page.waitForTimeout(2500);
}

import type { Options } from './module';
import { findRule, readRules } from './rules';
import { record } from './series';
import { state } from './state';

const on = (value: string | boolean | undefined): boolean => value !== undefined && value !== false && value !== 'false';

/** True where the visitor or the owner wants nothing to be counted. */
export function isOff(options: Options): boolean {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  const { hostname, protocol } = location;
  return (!!browser.globalPrivacyControl && !on(options.ignoreGpc))
    || (on(options.respectDnt) && browser.doNotTrack === '1')
    || (browser.webdriver && !on(options.allowWebdriver))
    || ((protocol === 'file:' || /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(hostname)) && !on(options.allowLocal));
}

export { on };

/** Decides whether a page view is in the sample, and which group its page is of. */
export function beginView(options: Options): void {
  const ratio = Number(options.sample);
  state.sampled = ratio > 0 && ratio <= 1;
  state.ratio = state.sampled ? ratio : 1;
  state.counting = Math.random() < state.ratio;
  state.page = options.page || findRule(readRules(options.pages), location.pathname) || 'other';
}

/** Without the user agent: how one points, and how large the screen is. */
export const device = (): string =>
  !matchMedia('(pointer:coarse)').matches ? 'desktop'
    : Math.min(screen.width, screen.height) < 600 ? 'mobile' : 'tablet';

/** How the visitor came to this view, in the words of web-vitals. */
export function navigationType(): string {
  const entry = performance.getEntriesByType('navigation')[0];
  return entry?.activationStart ? 'prerender'
    : (document as Document & { wasDiscarded?: boolean }).wasDiscarded ? 'restore'
    : entry ? entry.type.replace('_', '-') : 'navigate';
}

export function countView(navigation: string): void {
  record('counter', 'web_page_views_total', { page: state.page, navigation, device: device() }, 1);
}

import type { Options } from './module';
import { findRule, readRules } from './rules';

/** An attribute is set by being there. */
export const on = (value: string | boolean | undefined): boolean => value !== undefined && value !== false;

/** A label value that is known beforehand, else `other`. */
export const known = (pattern: RegExp, text: string | undefined): string => pattern.exec(text || '')?.[0] || 'other';

/** True where the visitor or the owner wants nothing to be counted. */
export function isOff(options: Options): boolean {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  return (!!browser.globalPrivacyControl && !on(options.ignoreGpc))
    || (on(options.respectDnt) && browser.doNotTrack === '1')
    || (browser.webdriver && !on(options.allowWebdriver))
    /* A file has no host name. */
    || (/^(127\..*|\[::1\]|(.*\.)?localhost|)$/.test(location.hostname) && !on(options.allowLocal));
}

/** The calls of this view are counted: it is not switched off, and in the sample. */
export let counting = true;
/** The share of page views that is counted. */
export let ratio = 1;
/** The page group. */
export let page = 'other';

/** Nothing is counted from now on. */
export function switchOff(): void {
  counting = false;
}

/** Decides whether a page view is in the sample, and which group its page is of. */
export function beginView(options: Options): void {
  const share = parseFloat(String(options.sample));
  ratio = share >= 0 && share < 1 ? share : 1;
  counting = Math.random() < ratio;
  page = options.page || findRule(readRules(options.pages), location.pathname) || 'other';
}

/** Without the user agent: how one points, and how large the screen is. */
export const device = (): string =>
  !matchMedia('(pointer:coarse)').matches ? 'desktop'
    : Math.min(screen.width, screen.height) < 600 ? 'mobile' : 'tablet';

/** How the page was loaded. */
export const navigationEntry = (): (PerformanceNavigationTiming & { activationStart?: number }) | undefined =>
  performance.getEntriesByType('navigation')[0];

/** How the visitor came to this view, in the words of web-vitals. */
export function navigationType(): string {
  const entry = navigationEntry();
  return entry?.activationStart ? 'prerender'
    : (document as Document & { wasDiscarded?: boolean }).wasDiscarded ? 'restore'
    : entry?.type.replace('_', '-') ?? 'navigate';
}

import { findRule, readRules } from './rules';
import type { Options } from './types';

/** An attribute without a value is set. */
export const on = (value: string | boolean | undefined): boolean => value !== undefined && value !== false;

/** The text if the pattern permits it, else `other`. */
export const known = (pattern: RegExp, text: string | undefined): string => pattern.exec(text || '')?.[0] || 'other';

/** The reason to count nothing, from the visitor or the owner of the page. */
export function whyOff(options: Options): string | false {
  const browser = navigator as Navigator & { globalPrivacyControl?: boolean };
  return browser.globalPrivacyControl && !on(options.ignoreGpc) ? 'Global Privacy Control'
    : on(options.respectDnt) && browser.doNotTrack === '1' ? 'Do Not Track'
    : browser.webdriver && !on(options.allowWebdriver) ? 'automated browser'
    /* A file has no host name. */
    : /^(127\..*|\[::1\]|(.*\.)?localhost|)$/.test(location.hostname) && !on(options.allowLocal) && 'localhost';
}

/** Whether calls of this view count: the client is on, and the view is in the sample. */
export let counting = true;
/** The share of page views that is counted. */
export let ratio = 1;
/** The page group. */
export let page = 'other';
/** The page group when the page was loaded or came back. */
export let landing = page;

/** Nothing is counted from now on. */
export function switchOff(): void {
  counting = false;
}

/** The path of this view, for some applications the one in the hash. */
export const pathOf = ({ spa }: Options): string =>
  spa === 'hash' ? '/' + location.hash.replace(/^#!?\/?|\?.*/g, '') : location.pathname;

/** At most 125 bytes. `*` replaces each segment that does not look like words. */
const groupOf = (path: string): string =>
  path.split('/', 6).map((part) => /^(?=.{0,24}$)(?!(.*[a-z][A-Z]){2})[A-Za-z_-]*(\.[a-z]{2,4})?$/.test(part) ? part : '*')
    .join('/').replace(/(.)\/$/, '$1');

/** Takes the page group of the path. */
export function enterPage(options: Options): void {
  const { page: given, pages } = options;
  const path = pathOf(options);
  page = given || findRule(readRules(pages), path)
    || (/(^|\s)auto\s*$/.test(given ?? pages ?? 'auto') && location.hostname ? groupOf(path) : 'other');
}

/** Begins a page view that was loaded or came back: decides whether it is in the sample. */
export function beginView(options: Options): void {
  const share = parseFloat(String(options.sample));
  ratio = share >= 0 && share < 1 ? share : 1;
  counting = Math.random() < ratio;
  enterPage(options);
  landing = page;
}

/** From the pointer and the size of the screen, without the user agent. */
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

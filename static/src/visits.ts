import { bare, below } from './host';
import { findRule, readRules } from './rules';
import { record } from './series';
import { device, navigationType, page } from './view';

/* Host names without `www.`, and only those that search: not mail.yandex.ru. */
const SEARCH = /^((m|cn|html)\.)?(google|bing|duckduckgo|ecosia|qwant|startpage|ya(ndex)?|baidu|kagi)(\.com?)?\.[a-z]{2,3}$|(^|\.)search\.(yahoo|brave|naver|seznam)\.|\.googlequicksearchbox$/;
const SOCIAL = /(^|\.)((facebook|instagram|linkedin|reddit|tiktok|youtube|twitter|x|threads|vk|news\.ycombinator)\.com|pinterest\.[a-z.]+|t\.co|t\.me|lnkd\.in|bsky\.app|mastodon\.social)$/;

/** The source of a visit; '' for a link of this host, which begins none. */
function sourceOf(listed: string): string {
  const { referrer } = document;
  if (!referrer)
    return 'direct';
  const { hostname } = new URL(referrer);
  const from = bare(hostname);
  const here = bare(location.hostname);
  /* A host that is listed without a name is its own name. */
  const rules = readRules(listed.replace(/(^|\s)([^\s=]+)(?!\S)/g, '$1$2=$2'));
  return from === here ? '' : findRule(rules, hostname) || findRule(rules, from)
    || (below(from, here) || below(here, from) ? 'internal'
      : SEARCH.test(from) ? 'search' : SOCIAL.test(from) ? 'social' : 'other');
}

/** Counts a visit: a page loaded from a link on another host, or from none. */
export function countVisit(listed: string): void {
  const source = /^(nav|pre)/.test(navigationType()) && sourceOf(listed);
  if (source)
    record('counter', 'web_visits_total', { page, source, device: device() }, 1);
}

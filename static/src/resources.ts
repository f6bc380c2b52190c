import { pushUrl } from './delivery';
import { bare, below } from './host';
import { record } from './series';
import { known } from './view';
import { type See, watch } from './watch';

/** Called for each resource that the page has loaded. */
export const loaded: ((entry: PerformanceResourceTiming) => void)[] = [];

/** The first party is the host of the page and the hosts below it. */
function partyOf(url: string): string {
  return below(new URL(url).hostname, bare(location.hostname)) ? 'first' : 'third';
}

function observe(entry: PerformanceResourceTiming): void {
  if (entry.name.startsWith(pushUrl()))
    return;
  record('histogram', 'web_resource_seconds', {
    initiator: known(/^(script|link|css|img|fetch|xmlhttprequest|iframe)$/, entry.initiatorType),
    party: partyOf(entry.name),
  }, entry.duration / 1000);
}

export function observeResources(): void {
  loaded.push(observe);
  watch('resource', ((entry: PerformanceResourceTiming) => loaded.forEach((see) => see(entry))) as See);
}

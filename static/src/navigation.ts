import { guard } from './guard';
import { record } from './series';
import { landing, navigationEntry } from './view';

/** Start and end of the phases; a phase that did not take place has no start or no length. */
function phases(entry: PerformanceNavigationTiming & { activationStart?: number }): Record<string, [number, number]> {
  const { connectEnd, responseStart, responseEnd, secureConnectionStart } = entry;
  return {
    redirect: [entry.redirectStart, entry.redirectEnd],
    dns: [entry.domainLookupStart, entry.domainLookupEnd],
    connect: [entry.connectStart, secureConnectionStart || connectEnd],
    tls: [secureConnectionStart, connectEnd],
    request: [entry.requestStart, responseStart],
    response: [responseStart, responseEnd],
    dom: [responseEnd, entry.domContentLoadedEventEnd],
    load: [entry.activationStart || 1e-9, entry.loadEventEnd],
  };
}

/** The members of performance.timing that peardeck's client sent and its server permits. */
function observeLegacyTiming(): void {
  const timing = performance.timing.toJSON() as Record<string, number>;
  for (const key in timing)
    if (timing[key]! > 0 && !/^(redirect|secure|loadEventEnd)/.test(key))
      record('histogram', `performance_timing_${key}`, {}, (timing[key]! - timing.navigationStart!) / 1000);
}

function observeEntry(legacy: boolean): void {
  const entry = navigationEntry();
  for (const [phase, [from, to]] of Object.entries(entry ? phases(entry) : {}))
    if (from > 0 && to > from)
      record('histogram', 'web_navigation_seconds', { page: landing, phase }, (to - from) / 1000);
  if (legacy)
    observeLegacyTiming();
}

/** Observes how the page has loaded, once it has. */
export function observeNavigation(legacy: boolean): void {
  /* loadEventEnd is known after the event. */
  const later = (): void => void setTimeout(guard(observeEntry), 0, legacy);
  if (document.readyState === 'complete')
    later();
  else
    addEventListener('load', later);
}

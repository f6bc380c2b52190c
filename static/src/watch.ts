import { leaving } from './delivery';
import { guard } from './guard';

export type See = (entry: PerformanceEntry) => void;

/** Calls `see` for each entry of the type, earlier ones included. False if the browser lacks the type. */
export function watch(type: string, see: See): boolean {
  try {
    if (PerformanceObserver.supportedEntryTypes.includes(type)) {
      const seeAll = (entries: PerformanceEntryList): void => entries.forEach(guard(see));
      const observer = new PerformanceObserver((list) => seeAll(list.getEntries()));
      observer.observe({ type, buffered: true, durationThreshold: 40 });
      leaving.push(() => seeAll(observer.takeRecords()));
      return true;
    }
  } catch { /* an old browser */ }
  return false;
}

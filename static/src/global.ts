import { flush, pending } from './delivery';
import type { Labels, Options } from './module';
import { record, startTimer, type Type } from './series';
import { tagOptions } from './start';

const TYPES: Record<string, Type> = { increment: 'counter', observe: 'histogram', gauge: 'gauge' };

/** What stands under a global name before this file has loaded: calls to be kept, and peardeck's server root. */
interface Stub {
  q?: ArrayLike<unknown>[];
  aggregatorServerRoot?: string;
}

/** No call throws: nothing here may ever disturb the page. */
function tallyman(call: string, name: string, labels?: Labels, value?: number): unknown {
  if (call === 'flush')
    { flush(); return; }
  if (call === 'pending')
    return pending();
  if (call === 'time')
    return startTimer(name, labels);
  if (TYPES.hasOwnProperty(call))
    { record(TYPES[call]!, name, labels, value === undefined && call === 'increment' ? 1 : value!); return; }
  console.warn('tallyman: no such call:', call);
  return undefined;
}

/**
 * Takes over the global names, `tallyman` and peardeck's, makes the calls that were kept there, and starts with what
 * the tag or the snippet says.
 */
export function takeOver(start: (options: Options) => void): void {
  const globals = window as unknown as Record<string, Stub | string | undefined>;
  const options = tagOptions();
  const stubs: Stub[] = [];
  for (const name of [globals.PrometheusAggregatorObjectName as string | undefined || 'prometheusAggregator', 'tallyman']) {
    const stub = globals[name] as Stub | undefined;
    /* A function called tallyman that keeps no calls is somebody else's. */
    if (name !== 'tallyman' || typeof stub !== 'function' || 'q' in stub) {
      stubs.push(stub || {});
      globals[name] = tallyman as Stub;
    }
    options.server ??= stub?.aggregatorServerRoot;
  }
  start(options);
  for (const stub of stubs)
    for (const call of Array.from(stub.q || []))
      tallyman(...Array.from(call) as Parameters<typeof tallyman>);
}

import { flush, pending } from './delivery';
import { record, startTimer } from './series';
import { running, setRunning, tagOptions } from './start';
import type { Labels, Options } from './types';

/** The value of a global name before this file has loaded: kept calls, and peardeck's server root. */
interface Stub {
  q?: ArrayLike<unknown>[];
  aggregatorServerRoot?: string;
}

/** No call throws: the client must not disturb the page. */
function tallyman(call: string, name: string, labels: Labels | undefined, value?: number): unknown {
  switch (call) {
  case 'increment':
    return record('counter', name, labels, value === undefined ? 1 : value);
  case 'observe':
    return record('histogram', name, labels, value!);
  case 'gauge':
    return record('gauge', name, labels, value!);
  case 'time':
    return startTimer(name, labels);
  case 'flush':
    return flush();
  case 'pending':
    return pending();
  default:
    return console.warn('tallyman: no such call:', call);
  }
}

/**
 * Takes over the global names, `tallyman` and peardeck's, makes the calls kept there, and starts with the options of
 * the tag or the snippet. A second tag leaves everything to the first one.
 */
export function takeOver(start: (options: Options) => void): void {
  const globals = window as unknown as Record<string, Stub | string | undefined>;
  const options = tagOptions();
  const stubs: Stub[] = [];
  const first = running();
  const client = typeof first === 'function' ? first as typeof tallyman : tallyman;
  for (const name of [globals.PrometheusAggregatorObjectName as string | undefined || 'prometheusAggregator', 'tallyman']) {
    const stub = globals[name] as Stub | undefined;
    /* A function tallyman without a queue belongs to another script. */
    if (name !== 'tallyman' || typeof stub !== 'function' || 'q' in stub) {
      stubs.push(stub || {});
      globals[name] = client as Stub;
    }
    options.server ??= stub?.aggregatorServerRoot;
  }
  if (client === tallyman) {
    start(options);
    setRunning(tallyman);
  }
  for (const stub of stubs)
    for (const call of Array.from(stub.q || []))
      client(...Array.from(call) as Parameters<typeof tallyman>);
}

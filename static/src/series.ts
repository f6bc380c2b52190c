import type { Labels } from './types';
import { counting, ratio } from './view';

export type Type = 'counter' | 'gauge' | 'histogram';

interface Series {
  type: Type;
  name: string;
  labels: Record<string, string>;
  /** A counter has one number, the sum. */
  values: number[];
}

/** Observations of one metric in one batch; a number takes at most 24 bytes. */
const OBSERVATIONS_MAX = 200;
/** Values kept of one series while the server cannot be reached. */
const VALUES_MAX = 5000;
/** A page with ever new label values must not fill the memory. */
const SERIES_MAX = 1000;
/** Beyond 2^53 the server refuses the whole metric. */
const VALUE_MAX = 2 ** 53;

let series = new Map<string, Series>();
let calls = 0;
let notify = (): void => {};

/** Sets a function to run after each added call. */
export function whenCalled(call: () => void): void {
  notify = call;
}

/** How many calls are waiting to be sealed. */
export const unsealed = (): number => calls;

/** A copy, sorted: the caller may change its object, and {a, b} and {b, a} are the same series. */
const labelSet = (labels: Labels | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(labels || {}).sort().map(([name, value]) => [name, String(value)]));

function add(type: Type, name: string, given: Labels | undefined, value: number): void {
  const labels = labelSet(given);
  const key = JSON.stringify([type, name, labels]);
  let one = series.get(key);
  if (!one) {
    if (series.size >= SERIES_MAX)
      return;
    series.set(key, one = { type, name, labels, values: [] });
  }
  const { values } = one;
  if (type === 'counter')
    values[0] = (values[0] || 0) + value;
  else
    values[Math.min(values.length, VALUES_MAX - 1)] = value;
}

/** Adds one call. Never throws: invalid calls are shown in the console. */
export function record(type: Type, name: string, labels: Labels | undefined, value: number): void {
  if (!counting)
    return;
  try {
    if (typeof value === 'number' && value <= VALUE_MAX && value >= (type === 'counter' ? 0 : -VALUE_MAX)) {
      add(type, name, labels, type === 'counter' ? value / ratio : value);
      calls++;
      return notify();
    }
  } catch { /* a label that has no string form */ }
  console.warn('tallyman: not counted:', name, labels, value);
}

export function startTimer(name: string, labels: Labels | undefined): () => void {
  const from = performance.now();
  return () => record('histogram', name, labels, (performance.now() - from) / 1000);
}

/**
 * The metrics of one series as /record takes them. Every value of a gauge is sent, in order, because the family may
 * keep the highest or the sum.
 */
function metricsOf({ type, name, labels, values }: Series): object[] {
  const metric = { metricName: name, metricType: type, labels };
  if (type === 'counter')
    return [{ ...metric, inc: values[0] }];
  if (type === 'gauge')
    return values.map((value) => ({ ...metric, value }));
  const metrics = [];
  for (let i = 0; i < values.length; i += OBSERVATIONS_MAX)
    metrics.push({ ...metric, observations: values.slice(i, i + OBSERVATIONS_MAX) });
  return metrics;
}

/** Returns all metrics as JSON texts with the number of their calls, and forgets them. */
export function take(): { metrics: string[]; calls: number } {
  if (calls && ratio < 1)
    add('gauge', 'tallyman_client_sample_ratio', {}, ratio);
  const taken = { metrics: [...series.values()].flatMap(metricsOf).map((metric) => JSON.stringify(metric)), calls };
  series = new Map();
  calls = 0;
  return taken;
}

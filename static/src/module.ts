/* The ES module: import { start, increment } from './tallyman.mjs'. */
import { flush as flushNow, pending as countPending } from './delivery';
import { record, startTimer } from './series';
import { startAll } from './start-all';
import type { Labels, Options } from './types';

/**
 * Starts to collect and to send. Earlier calls are kept until then. A second call does nothing. If a tag has started a
 * client already, that client collects, and this one only sends its calls.
 */
export function start(options: Options): void {
  startAll(options);
}

/** Adds to a counter. */
export function increment(name: string, labels?: Labels, by = 1): void {
  record('counter', name, labels, by);
}

/** Observes a value, in the family's unit, for a histogram. */
export function observe(name: string, labels: Labels | undefined, value: number): void {
  record('histogram', name, labels, value);
}

/** Sets a gauge. */
export function gauge(name: string, labels: Labels | undefined, value: number): void {
  record('gauge', name, labels, value);
}

/** Returns a function that observes the seconds since this call. */
export function time(name: string, labels?: Labels): () => void {
  return startTimer(name, labels);
}

/** Sends at once the calls that would be sent within ten seconds. */
export function flush(): void {
  flushNow();
}

/** How many calls the server has not acknowledged yet. */
export function pending(): number {
  return countPending();
}

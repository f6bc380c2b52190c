/* The ES module: import { start, increment } from './tallyman.mjs'. */
import { flush as flushNow, pending as countPending } from './delivery';
import { record, startTimer } from './series';
import { startAll } from './start-all';
import type { Labels, Options } from './types';

/**
 * Begins to collect and to send. What was counted before is kept until then. A second call does nothing; where a tag has
 * started a client before, that one collects, and this one only sends.
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

/** Gives a function that observes the seconds since. */
export function time(name: string, labels?: Labels): () => void {
  return startTimer(name, labels);
}

/** Sends now what would be sent within ten seconds. */
export function flush(): void {
  flushNow();
}

/** How many calls the server has not acknowledged yet. */
export function pending(): number {
  return countPending();
}

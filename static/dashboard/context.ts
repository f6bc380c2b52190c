/* The data of the page: growth per step and sums over the range, each with those of the previous period. */

import { Api, type Family, type Labels } from './api';
import type { Bucket } from './histogram';
import { endOfSums, stepsOf, type Range } from './ranges';
import type { State } from './state';

export interface Line {
  labels: Labels;
  /* A value for each step; null before the first value and in the future. */
  now: (number | null)[];
  before: (number | null)[];
}

/* NaN if there is nothing to compare with. */
export interface Sum {
  labels: Labels;
  now: number;
  before: number;
}

export interface Period<T> { now: T; before: T }

const quote = (value: string): string =>
  `"${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;

/* A metric with label matchers. */
export function select(metric: string, labels: Labels = {}): string {
  const matchers = Object.entries(labels).map(([name, value]) => `${name}=${quote(value)}`);
  return matchers.length ? `${metric}{${matchers.join(',')}}` : metric;
}

/* From the first value on, steps without growth are 0. */
function fillIn(values: (number | undefined)[], isGrowth: boolean, ended: number): (number | null)[] {
  let begun = false;
  return values.map((value, i) => {
    begun ||= value !== undefined;
    return value ?? (begun && isGrowth && i < ended ? 0 : null);
  });
}

export class Context {
  readonly steps: number[];
  private readonly endOfSums: number;

  constructor(
    readonly api: Api, readonly state: State, readonly range: Range, readonly now: number,
    readonly families: ReadonlyMap<string, Family>,
  ) {
    this.steps = stepsOf(range);
    this.endOfSums = endOfSums(range, now);
  }

  has(family: string): boolean {
    return this.families.has(family);
  }

  get compares(): boolean {
    return this.state.compare;
  }

  /* The steps up to now. */
  get begun(): number {
    return this.steps.filter((start) => start <= this.now).length;
  }

  /* The matcher for the selected page, for families with the label. */
  get page(): Labels {
    return this.state.page === null ? {} : { page: this.state.page };
  }

  /* The lines of an expression, which gets the length of a step. isGrowth: a
   * step without growth is 0. */
  async lines(expression: (window: string) => string, { isGrowth = true, compares = this.compares } = {}): Promise<Line[]> {
    const { step, shift } = this.range;
    const { steps, begun } = this;
    const first = (steps[0] ?? 0) + step;
    if (!begun)
      return [];
    const series = await this.api.range(expression(`${step}s`), first - (compares ? shift : 0), first + (begun - 1) * step, step);
    return series.map(({ labels, values }) => ({
      labels,
      now: fillIn(steps.map((start) => values.get(start + step)), isGrowth, begun),
      before: fillIn(steps.map((start) => (compares ? values.get(start + step - shift) : undefined)), isGrowth, steps.length),
    }));
  }

  /* The sums of an expression over the range. The expression gets its length. */
  async sums(expression: (window: string) => string): Promise<Sum[]> {
    const found = await this.values(expression);
    const known = found.some(({ before }) => Number.isFinite(before));
    return found.map(({ labels, now, before }) => ({ labels, now: now || 0, before: known ? before || 0 : NaN }));
  }

  /* The same for values that cannot be added: NaN where there is none. */
  async values(expression: (window: string) => string): Promise<Sum[]> {
    const { from, shift } = this.range;
    const end = this.endOfSums;
    if (end <= from)
      return [];
    const query = expression(`${end - from}s`);
    const series = this.compares ? await this.api.range(query, end - shift, end, shift) : await this.api.instant(query, end);
    return series.map(({ labels, values }) => ({ labels, now: values.get(end) ?? NaN, before: values.get(end - shift) ?? NaN }));
  }
}

/* Adds several lines up to one. */
export function addUp(all: readonly (readonly (number | null)[])[], length: number): (number | null)[] {
  return Array.from({ length }, (_, i) => {
    const values = all.map((one) => one[i]).filter((value): value is number => typeof value === 'number');
    return values.length ? values.reduce((sum, value) => sum + value, 0) : null;
  });
}

/* The sum of a line; NaN if it has no value. */
export function total(values: readonly (number | null)[]): number {
  const known = values.filter((value): value is number => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : NaN;
}

export const sumOf = (sums: readonly Sum[], which: 'now' | 'before' = 'now'): number =>
  sums.reduce((sum, one) => sum + one[which], 0);

/* The sum of the period before; NaN if there is nothing to compare with. */
export const sumBefore = (sums: readonly Sum[]): number => (sums.length ? sumOf(sums, 'before') : NaN);

const boundOf = (labels: Labels): number => (labels.le === '+Inf' ? Infinity : Number(labels.le));

/* Cumulative buckets in the order of `le`, made monotonic. */
export function bucketsOf<T extends { labels: Labels }>(all: readonly T[], count: (one: T) => number): Bucket[] {
  let most = 0;
  return all.map((one) => ({ bound: boundOf(one.labels), count: count(one) || 0 }))
    .sort((a, b) => a.bound - b.bound)
    .map(({ bound, count: many }) => ({ bound, count: most = Math.max(most, many) }));
}

/* Groups sums by the values of these labels. */
export function groupBy<T extends { labels: Labels }>(all: readonly T[], names: readonly string[]): { labels: Labels; all: T[] }[] {
  const groups = new Map<string, { labels: Labels; all: T[] }>();
  for (const one of all) {
    const labels = Object.fromEntries(names.map((name) => [name, one.labels[name] ?? '']));
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, all: [] };
    group.all.push(one);
    groups.set(key, group);
  }
  return [...groups.values()];
}

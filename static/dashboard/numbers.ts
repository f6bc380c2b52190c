/* Numbers that several sections show. */

import { addUp, bucketsOf, select, sumBefore, sumOf, total, type Context, type Line, type Period, type Sum } from './context';
import { quantile, shares, type Bucket, type Shares } from './histogram';
import type { Labels } from './api';

export const VIEWS = 'web_page_views_total';
export const VISITS = 'web_visits_total';
export const REQUESTS = 'web_requests_total';
export const ERRORS = ['web_errors_total', 'web_unhandled_rejections_total'] as const;

export interface Count extends Period<number> {
  line: Period<(number | null)[]>;
}

const NOTHING = { now: [], before: [] };

export const sumBy = (metric: string, labels: Labels, by: readonly string[]) => (window: string): string =>
  `sum${by.length ? ` by (${by.join(', ')})` : ''} (increase(${select(metric, labels)}[${window}]))`;

async function countLine(context: Context, metric: string): Promise<Period<(number | null)[]>> {
  return context.has(metric) ? (await context.lines(sumBy(metric, context.page, [])))[0] ?? NOTHING : NOTHING;
}

export async function countBy(context: Context, metric: string, by: readonly string[], labels: Labels = context.page): Promise<Sum[]> {
  return context.has(metric) ? context.sums(sumBy(metric, labels, by)) : [];
}

/* Adds up a breakdown: the sum over the range and the line. */
async function count(context: Context, metric: string, by: string): Promise<Count> {
  const [line, sums] = await Promise.all([countLine(context, metric), countBy(context, metric, [by])]);
  return { line, now: sumOf(sums), before: sumBefore(sums) };
}

export const countViews = (context: Context): Promise<Count> => count(context, VIEWS, 'page');
export const countVisits = (context: Context): Promise<Count> => count(context, VISITS, 'source');

/* Errors and unhandled rejections together. */
export async function countErrors(context: Context): Promise<Count> {
  const all = await Promise.all(ERRORS.filter((metric) => context.has(metric)).map(async (metric) => {
    const [line, sums] = await Promise.all([countLine(context, metric), countBy(context, metric, ['page', 'kind'])]);
    return { line, sums };
  }));
  const lines = (which: 'now' | 'before') => addUp(all.map(({ line }) => line[which]), context.steps.length);
  const sums = all.flatMap((one) => one.sums);
  return { line: { now: lines('now'), before: lines('before') }, now: sumOf(sums), before: sumBefore(sums) };
}

export const isFailure = ({ labels }: { labels: Labels }): boolean => labels.status === '5xx' || labels.status === 'error';

/* The calls of pages to their API, those of them that failed, and the sums of both by
 * route, method and status. */
export async function countCalls(context: Context): Promise<{ sums: Sum[]; all: Count; failed: Count }> {
  const [sums, lines] = await Promise.all([
    countBy(context, REQUESTS, ['route', 'method', 'status'], {}),
    context.has(REQUESTS) ? context.lines(sumBy(REQUESTS, {}, ['status'])) : [],
  ]);
  const countOf = (some: readonly Sum[], of: readonly Line[]): Count => {
    const add = (which: 'now' | 'before') => addUp(of.map((line) => line[which]), context.steps.length);
    return { line: { now: add('now'), before: add('before') }, now: sumOf(some), before: sumOf(some, 'before') };
  };
  return { sums, all: countOf(sums, lines), failed: countOf(sums.filter(isFailure), lines.filter(isFailure)) };
}

/* The quotient for each step; null where the divisor is 0. */
export const ratio = (parts: readonly (number | null)[], wholes: readonly (number | null)[]): (number | null)[] =>
  wholes.map((whole, i) => (whole ? (parts[i] ?? 0) / whole : null));

export interface Vital {
  name: string;
  metric: string;
  about: string;
  /* "Good" up to the first, "poor" above the second (web.dev/articles/vitals). */
  limits: readonly [number, number];
}

export const VITALS: readonly Vital[] = [
  { name: 'LCP', metric: 'web_lcp_seconds', about: 'Largest Contentful Paint', limits: [2.5, 4] },
  { name: 'INP', metric: 'web_inp_seconds', about: 'Interaction to Next Paint', limits: [0.2, 0.5] },
  { name: 'CLS', metric: 'web_cls_ratio', about: 'Cumulative Layout Shift', limits: [0.1, 0.25] },
  { name: 'FCP', metric: 'web_fcp_seconds', about: 'First Contentful Paint', limits: [1.8, 3] },
  { name: 'TTFB', metric: 'web_ttfb_seconds', about: 'Time To First Byte', limits: [0.8, 1.8] },
];

export const VITAL_QUANTILE = 0.75;

export type Rating = 'good' | 'needs improvement' | 'poor';
export const rate = (value: number, [good, poor]: readonly [number, number]): Rating =>
  (value > poor ? 'poor' : value > good ? 'needs improvement' : 'good');
export const TONES: Record<Rating, string> = { 'good': 'good', 'needs improvement': 'middling', 'poor': 'poor' };

export interface Measured {
  count: number;
  p75: Period<number>;
  line: Period<(number | null)[]>;
  shares: Shares;
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/* A quantile for each step, from lines with the label `le`. */
export function quantileLine(lines: readonly Line[], q: number, which: 'now' | 'before', length: number): (number | null)[] {
  return Array.from({ length }, (_, i) => finite(quantile(q, bucketsOf(lines, (line) => line[which][i] ?? 0))));
}

/* The buckets of all steps as one histogram. */
export const wholeOf = (lines: readonly Line[], which: 'now' | 'before'): Bucket[] =>
  bucketsOf(lines, (line) => total(line[which]));

export async function measure(context: Context, { metric, limits }: Vital): Promise<Measured | null> {
  if (!context.has(metric))
    return null;
  const lines = await context.lines(sumBy(`${metric}_bucket`, context.page, ['le']));
  const now = wholeOf(lines, 'now');
  const length = context.steps.length;
  return {
    count: now.at(-1)?.count ?? 0,
    p75: { now: quantile(VITAL_QUANTILE, now), before: quantile(VITAL_QUANTILE, wholeOf(lines, 'before')) },
    line: {
      now: quantileLine(lines, VITAL_QUANTILE, 'now', length),
      before: quantileLine(lines, VITAL_QUANTILE, 'before', length),
    },
    shares: shares(limits, now),
  };
}

/* Buckets of the query API: cumulative counts by upper bound. */

export interface Bucket {
  /* The last one is Infinity. */
  bound: number;
  count: number;
}

/* As histogram_quantile() computes it: linear within the bucket; NaN if nothing
 * was observed. */
export function quantile(q: number, buckets: readonly Bucket[]): number {
  const all = buckets.at(-1)?.count ?? 0;
  if (!(all > 0))
    return NaN;
  const rank = q * all;
  const i = buckets.findIndex(({ count }) => count >= rank);
  const bucket = buckets[i]!;
  const below = buckets[i - 1];
  if (bucket.bound === Infinity)
    return below ? below.bound : NaN;
  if (!below && bucket.bound <= 0)
    return bucket.bound;
  const start = below ? below.bound : 0;
  const before = below ? below.count : 0;
  return bucket.count > before ? start + (bucket.bound - start) * (rank - before) / (bucket.count - before) : bucket.bound;
}

/* The observations up to a limit, or up to the highest bound below it. */
export function countUpTo(limit: number, buckets: readonly Bucket[]): number {
  return buckets.filter(({ bound }) => bound <= limit * (1 + 1e-9)).at(-1)?.count ?? 0;
}

export interface Shares { good: number; middling: number; poor: number }

/* Fractions that add up to 1; all 0 if nothing was observed. */
export function shares([good, poor]: readonly [number, number], buckets: readonly Bucket[]): Shares {
  const all = buckets.at(-1)?.count ?? 0;
  if (!(all > 0))
    return { good: 0, middling: 0, poor: 0 };
  const fine = countUpTo(good, buckets);
  const fair = countUpTo(poor, buckets);
  return { good: fine / all, middling: (fair - fine) / all, poor: (all - fair) / all };
}

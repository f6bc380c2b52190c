/* The date range, in whole days of UTC, its steps, and the period to compare
 * with. Times are Unix seconds. */

export const HOUR = 3600;
export const DAY = 24 * HOUR;
export const WEEK = 7 * DAY;

/* 12 months are 52 weeks, so that the year before begins on the same weekday. */
export const PRESETS = {
  today: { name: 'Today', days: 1, ago: 0 },
  yesterday: { name: 'Yesterday', days: 1, ago: 1 },
  '7d': { name: '7 days', days: 7, ago: 0 },
  '30d': { name: '30 days', days: 30, ago: 0 },
  '90d': { name: '90 days', days: 90, ago: 0 },
  '12m': { name: '12 months', days: 364, ago: 0 },
} as const;

export type Preset = keyof typeof PRESETS;
export type StepName = 'hour' | 'day' | 'week';

/* A preset moves with the clock; two dates, both inclusive, do not. */
export type Choice = Preset | { from: string; to: string };

export interface Range {
  from: number;
  until: number;
  days: number;
  step: number;
  /* Whole weeks: each weekday is compared with the same weekday. */
  shift: number;
  live: boolean;
}

/* Longer than the default length of the history. */
const LONGEST = 3660;

/* 2000-01-01: so that the period before the longest one begins after 1970, where the
 * times of queries begin. */
const EARLIEST = 10957 * DAY;

export const STEPS: Record<StepName, { seconds: number; suits: (days: number) => boolean }> = {
  hour: { seconds: HOUR, suits: (days) => days <= 14 },
  day: { seconds: DAY, suits: (days) => days > 1 && days <= 400 },
  week: { seconds: WEEK, suits: (days) => days >= 28 },
};

export const isPreset = (name: unknown): name is Preset => typeof name === 'string' && Object.hasOwn(PRESETS, name);
export const isStep = (name: unknown): name is StepName => typeof name === 'string' && Object.hasOwn(STEPS, name);

export const startOfDay = (moment: number): number => Math.floor(moment / DAY) * DAY;

/* The day as 2026-11-30. */
export const showDay = (moment: number): string => new Date(moment * 1000).toISOString().slice(0, 10);

/* The first second of a day; NaN if the date is invalid or too early. */
export function readDay(text: string): number {
  const moment = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / 1000 : NaN;
  return moment >= EARLIEST && showDay(moment) === text ? moment : NaN;
}

const usualStep = (days: number): StepName => (days <= 2 ? 'hour' : days <= 120 ? 'day' : 'week');

export function stepOf(days: number, wanted: StepName | null): StepName {
  return wanted && STEPS[wanted].suits(days) ? wanted : usualStep(days);
}

/* The first day of a choice and the day after its last; null if it is invalid. */
export function daysOf(choice: Choice, now: number): { from: number; until: number } | null {
  if (typeof choice === 'string') {
    const { days, ago } = PRESETS[choice];
    const until = startOfDay(now) + (1 - ago) * DAY;
    return { from: until - days * DAY, until };
  }
  const from = readDay(choice.from);
  const until = readDay(choice.to) + DAY;
  return from < until && until - from <= LONGEST * DAY ? { from, until } : null;
}

export function rangeOf(choice: Choice, wanted: StepName | null, now: number): Range {
  const { from, until } = daysOf(choice, now) ?? daysOf('30d', now)!;
  const days = (until - from) / DAY;
  return {
    from,
    until,
    days,
    step: STEPS[stepOf(days, wanted)].seconds,
    shift: Math.ceil(days / 7) * WEEK,
    live: from <= now && now < until,
  };
}

/* The start of each step. Weeks end with the range; the first one may start
 * before it. */
export function stepsOf({ from, until, step }: Range): number[] {
  const many = Math.ceil((until - from) / step);
  return Array.from({ length: many }, (_, i) => until - (many - i) * step);
}

/* The end of the sums: a range that is not over is compared with the same hours
 * of the period before. */
export const endOfSums = ({ until }: Range, now: number): number => Math.min(until, Math.ceil(now / HOUR) * HOUR);

/* The period before or after, as long as this one; null if it is in the future or
 * too early. */
export function neighbour(choice: Choice, direction: -1 | 1, now: number): Choice | null {
  const { from, until } = daysOf(choice, now) ?? daysOf('30d', now)!;
  const length = until - from;
  const next = { from: from + direction * length, until: until + direction * length };
  const today = startOfDay(now);
  if (next.from > today || next.from < EARLIEST)
    return null;
  for (const preset of Object.keys(PRESETS).filter(isPreset)) {
    const days = daysOf(preset, now)!;
    if (days.from === next.from && days.until === next.until)
      return preset;
  }
  return { from: showDay(next.from), to: showDay(next.until - DAY) };
}

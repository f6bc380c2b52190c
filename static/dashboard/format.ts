/* Numbers and times as the page shows them. */

import { DAY, HOUR } from './ranges';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

export const NONE = '–';

/* The space between a number and its unit does not break. */
const SPACE = '\u00a0';

export type Show = (value: number) => string;

/* Counts are whole, but the growth of weighted samples may not be. */
export const showCount: Show = (value) =>
  (!Number.isFinite(value) ? NONE : Math.abs(value) >= 1e6 ? short.format(value)
    : Math.abs(value) >= 100 || Number.isInteger(value) ? whole.format(value) : precise.format(value));

export const showNumber: Show = (value) =>
  (!Number.isFinite(value) ? NONE : Math.abs(value) >= 1e6 ? short.format(value)
    : Math.abs(value) >= 1000 ? whole.format(value) : precise.format(value));

export const showShort: Show = (value) => (Number.isFinite(value) ? short.format(value) : NONE);

export const showSeconds: Show = (value) => {
  if (!Number.isFinite(value))
    return NONE;
  const size = Math.abs(value);
  if (size === 0)
    return `0${SPACE}s`;
  if (size < 0.001)
    return `${precise.format(value * 1e6)}${SPACE}µs`;
  if (size < 1)
    return `${precise.format(value * 1000)}${SPACE}ms`;
  if (size < 120)
    return `${precise.format(value)}${SPACE}s`;
  return size < 2 * HOUR ? `${precise.format(value / 60)}${SPACE}min` : `${precise.format(value / HOUR)}${SPACE}h`;
};

export const showBytes: Show = (value) => {
  if (!Number.isFinite(value))
    return NONE;
  const power = value ? Math.min(5, Math.max(0, Math.floor(Math.log2(Math.abs(value)) / 10))) : 0;
  return `${precise.format(value / 1024 ** power)}${SPACE}${['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'][power] ?? ''}`;
};

/* Layout shifts have three decimals. */
export const showRatio: Show = (value) => (Number.isFinite(value) ? String(Number(value.toFixed(value < 1 ? 3 : 2))) : NONE);

export const showPercent: Show = (value) =>
  (Number.isFinite(value) ? `${value > 0 && value < 0.0995 ? (value * 100).toFixed(1) : whole.format(value * 100)}${SPACE}%` : NONE);

/* The unit at the end of a family's name. */
export function showOf(family: string): Show {
  const name = family.replace(/_(total|sum)$/, '');
  if (/_timestamp_seconds$/.test(name))
    return (value) => (Number.isFinite(value) ? `${new Date(value * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC` : NONE);
  return /_seconds$|_time$/.test(name) ? showSeconds : /_bytes$/.test(name) ? showBytes : /_ratio$/.test(name) ? showRatio : showNumber;
}

/* The value of an alert, with the unit of its rule. */
export function showUnit(value: number, unit: string): string {
  if (unit === 'seconds' || unit === 'bytes')
    return (unit === 'seconds' ? showSeconds : showBytes)(value);
  return showNumber(value) + (unit === 'per second' ? '/s' : unit && SPACE + unit);
}

/* How long ago: "45 s", "12 min", "5 h", "3 days". */
export function showAge(seconds: number): string {
  const [size, unit] = seconds < 99.5 ? [1, 's'] : seconds < 99 * 60 ? [60, 'min'] : seconds < 48 * HOUR ? [HOUR, 'h'] : [DAY, 'days'];
  return `${Math.max(0, Math.round(seconds / size))}${SPACE}${unit}`;
}

/* The change of a number: "+12 %"; "" if there is nothing to compare with. */
export function showChange(now: number, before: number): string {
  if (!Number.isFinite(now) || !Number.isFinite(before))
    return '';
  if (before === 0)
    return now === 0 ? `0${SPACE}%` : 'new';
  const change = (now - before) / before;
  const size = Math.abs(change) * 100;
  const digits = size < 9.95 ? (Math.round(size * 10) / 10).toFixed(1).replace('.0', '') : whole.format(size);
  return digits === '0' ? `0${SPACE}%` : `${change > 0 ? '+' : '−'}${digits}${SPACE}%`;
}

/* The tone of a change of a number that should be small. */
export const toneOf = (change: string): string => (change.startsWith('+') ? 'poor' : change.startsWith('−') ? 'good' : '');

const date = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const onDay = date({ day: 'numeric', month: 'short' });
const onWeekday = date({ weekday: 'short', day: 'numeric', month: 'short' });
const inYear = date({ day: 'numeric', month: 'short', year: 'numeric' });
const inMonth = date({ month: 'short', year: '2-digit' });
const atHour = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export const showClock = (moment: number): string => date({ timeStyle: 'medium', hourCycle: 'h23' }).format(moment * 1000);

/* A time, with its day unless that is today: "18 Mar, 12:34 UTC". */
export function showMoment(moment: number, now: number): string {
  const day = Math.floor(moment / DAY) === Math.floor(now / DAY) ? '' : `${onDay.format(moment * 1000)}, `;
  return `${day}${atHour.format(moment * 1000)}${SPACE}UTC`;
}

/* The name of a step in a table: "Mon 30 Nov", with the hour of an hour, or the
 * first day of a week. */
export function nameStep(start: number, step: number): string {
  const day = onWeekday.format(start * 1000).replace(',', '');
  return step < DAY ? `${day}, ${atHour.format(start * 1000)}` : step === DAY ? day : `Week of ${inYear.format(start * 1000)}`;
}

/* The name of a step below a plot. */
export function nameTick(start: number, step: number): string {
  if (step < DAY)
    return start % DAY === 0 ? onDay.format(start * 1000) : atHour.format(start * 1000);
  return step === DAY ? onDay.format(start * 1000) : inMonth.format(start * 1000);
}

/* The days of a period: "31 Oct – 29 Nov 2026". */
export function nameDays(from: number, until: number): string {
  const last = inYear.format((until - DAY) * 1000);
  if (until - from === DAY)
    return `${onWeekday.format(from * 1000).split(/[ ,]/)[0] ?? ''} ${last}`;
  const sameYear = new Date(from * 1000).getUTCFullYear() === new Date((until - DAY) * 1000).getUTCFullYear();
  return `${(sameYear ? onDay : inYear).format(from * 1000)} – ${last}`;
}

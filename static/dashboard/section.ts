/* A part of the page: cards filled from one set of queries. */

import type { Context } from './context';
import { h, type Child } from './dom';
import { guide, type GuideName } from './guide';
import { DAY, showDay } from './ranges';

export interface Section {
  readonly element: HTMLElement;
  /* Queries the server, and returns a function that draws the answers. */
  load(context: Context): Promise<() => void>;
}

export function section(id: string, title: string, hint: string, ...children: Child[]): HTMLElement {
  return h('section', { 'aria-labelledby': id },
    h('div', { class: 'heading' }, h('h2', { id }, title), h('p', { class: 'hint' }, hint)), ...children);
}

/* A card with its title on the left and its buttons on the right. */
export function card(title: string, actions: Child[], ...children: Child[]): HTMLElement {
  return h('article', { class: 'card' },
    h('div', { class: 'card-head' }, h('h3', {}, title), h('div', { class: 'actions' }, ...actions)), ...children);
}

/* How to fill an empty part, with a link to its guide. Words in backquotes are
 * code. */
export function hint(text: string, name: GuideName): HTMLElement {
  return h('p', { class: 'empty' }, ...text.split('`').map((part, i) => (i % 2 ? h('code', {}, part) : part)), ' ', guide(name));
}

/* The name of a saved file: the table and the days that it covers. */
export function fileName(name: string, context: Context | null): string {
  return context ? `${name}-${showDay(context.range.from)}-to-${showDay(context.range.until - 1)}` : name;
}

export const stepWord = (step: number): string => (step < DAY ? 'hour' : step === DAY ? 'day' : 'week');

/* The width of a bar, as a fraction of the longest one. */
export function partOf<Row>(rows: readonly Row[], value: (row: Row) => number): (row: Row) => number {
  const most = Math.max(...rows.map(value), 0);
  return (row) => (most ? value(row) / most : 0);
}

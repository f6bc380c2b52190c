/* The state in the address, so that back, forward and sharing work. */

import { isPreset, isStep, type Choice, type StepName } from './ranges';

export interface State {
  choice: Choice;
  /* null: chosen by the length of the range. */
  step: StepName | null;
  compare: boolean;
  /* Only this page, in families with the label `page`. */
  page: string | null;
  /* The families that are open, with the label that they are broken down by, or
   * "". */
  open: ReadonlyMap<string, string>;
}

export const INITIAL: State = { choice: '30d', step: null, compare: true, page: null, open: new Map() };

/* Limit against forged addresses. */
const MOST_OPEN = 20;

export function readState(search: string): State {
  const query = new URLSearchParams(search);
  const preset = query.get('range');
  const from = query.get('from');
  const to = query.get('to');
  const step = query.get('step');
  return {
    choice: from && to ? { from, to } : isPreset(preset) ? preset : INITIAL.choice,
    step: isStep(step) ? step : null,
    compare: query.get('compare') !== 'no',
    page: query.get('page'),
    open: new Map(query.getAll('open').slice(0, MOST_OPEN).map((one) => {
      const [family, label] = one.split(' ');
      return [family ?? '', label ?? ''];
    })),
  };
}

/* The address of a state: "./" for the default, otherwise with a query. */
export function writeState(state: State): string {
  const query = new URLSearchParams();
  if (typeof state.choice !== 'string') {
    query.set('from', state.choice.from);
    query.set('to', state.choice.to);
  } else if (state.choice !== INITIAL.choice) {
    query.set('range', state.choice);
  }
  if (state.step)
    query.set('step', state.step);
  if (!state.compare)
    query.set('compare', 'no');
  if (state.page !== null)
    query.set('page', state.page);
  for (const [family, label] of state.open)
    query.append('open', label ? `${family} ${label}` : family);
  const text = query.toString();
  return text ? `?${text}` : './';
}

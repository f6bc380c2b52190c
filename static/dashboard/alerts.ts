/* The active alerts, above everything else: firing rules, pending ones in a
 * quieter style, and the time of the last check. */

import type { Alert, Api, Rule } from './api';
import { h, setContent, setText, svg, type Child } from './dom';
import { showAge, showMoment, showUnit } from './format';
import { guide } from './guide';

/* At most so many label sets of a rule are listed. */
const MOST = 5;

/* The API gives Go's zero time (0001-01-01) for "never". */
const momentOf = (text: string): number => (text.startsWith('0001') ? 0 : Date.parse(text) / 1000);

const many = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const TONES: Record<string, string | undefined> = { info: 'info', low: 'info', none: 'info', notice: 'info', warn: 'warning', warning: 'warning', medium: 'warning' };

const PATHS = {
  firing: 'M8 1.5L15 14H1zM8 6v4M8 11.8v.4',
  pending: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13zM8 4.5V8l2.5 2',
  trouble: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13zM8 4.5v4.2M8 11v.4',
  well: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13zM5 8.2l2.2 2.2L11 6',
};

const icon = (name: keyof typeof PATHS): SVGElement =>
  svg('svg', { 'class': `icon ${name}`, viewBox: '0 0 16 16', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));

const WORDS: Record<string, string | undefined> = { '>': 'above', '<': 'below', '>=': 'at least', '<=': 'at most' };

/* `> 4` as "above 4 s". */
function showCondition({ condition = '', unit = '' }: Rule['annotations']): string {
  const [, sign = '', limit = ''] = /^([<>]=?) (\S+)$/.exec(condition) ?? [];
  const word = WORDS[sign];
  return word ? `${word} ${showUnit(Number(limit), unit)}` : condition;
}

/* The labels of an alert that its rule does not have. */
const ownLabels = ({ labels }: Rule, alert: Alert): [string, string][] =>
  Object.entries(alert.labels).filter(([name]) => name !== 'alertname' && !Object.hasOwn(labels, name));

function row(rule: Rule, alert: Alert, now: number, isMixed: boolean): HTMLElement {
  const since = momentOf(alert.activeAt);
  return h('li', {},
    ...ownLabels(rule, alert).map(([name, value]) => h('span', { class: 'label' }, `${name}=`, h('b', {}, value || '(empty)'))),
    h('span', { class: 'value' }, h('b', {}, showUnit(Number(alert.value), rule.annotations.unit ?? ''))),
    h('span', {}, isMixed && alert.state === 'pending' ? 'pending, since ' : 'since ',
      h('time', { datetime: alert.activeAt }, showMoment(since, now)), ` (${showAge(now - since)})`));
}

function card(rule: Rule, now: number): HTMLElement {
  const { name, state, annotations, labels } = rule;
  const isFiring = state === 'firing';
  const alerts = [...rule.alerts].sort((a, b) => Number(b.state === 'firing') - Number(a.state === 'firing'));
  const isMixed = isFiring && alerts.some((one) => one.state === 'pending');
  return h('li', { 'class': 'alert', 'data-state': state, 'data-tone': TONES[labels.severity?.toLowerCase() ?? ''] ?? 'critical' },
    h('div', { class: 'alert-head' },
      icon(isFiring ? 'firing' : 'pending'), h('span', { class: 'state' }, isFiring ? 'Firing' : 'Pending'),
      h('h3', {}, name), h('span', { class: 'severity' }, labels.severity ?? ''),
      h('span', { class: 'measured' }, `${annotations.measured || rule.query}${annotations.measured ? `, ${showCondition(annotations)}` : ''}`)),
    annotations.summary && h('p', {}, annotations.summary),
    h('ul', { class: 'rows' }, ...alerts.slice(0, MOST).map((one) => row(rule, one, now, isMixed)),
      alerts.length > MOST && h('li', {}, `and ${alerts.length - MOST} more`)));
}

/* Tolerance for a timer that starts late. */
const LATE = 1.1;

const trouble = (...text: (Node | string)[]): HTMLElement => h('p', { class: 'trouble' }, icon('trouble'), h('span', {}, ...text));

const code = (text: string): HTMLElement => h('code', {}, text);

export class Alerts {
  private readonly list = h('ul', { class: 'alert-list' });
  private readonly notes = h('div', { class: 'alert-notes' });

  /* `said` is a live region for screen readers. */
  constructor(readonly element: HTMLElement, private readonly said: HTMLElement) {
    element.append(this.list, this.notes);
  }

  async load(api: Api, now: number): Promise<() => void> {
    const groups = await api.rules();
    const rules = groups.flatMap((group) => group.rules);
    const checked = Math.max(0, ...groups.map(({ lastEvaluation }) => momentOf(lastEvaluation)));
    const most = Math.min(...groups.map(({ interval }) => interval));
    return () => {
      const active = ['firing', 'pending'].flatMap((state) => rules.filter((rule) => rule.state === state));
      setContent(this.list, ...active.map((rule) => card(rule, now)));
      setContent(this.notes, ...this.note(rules, checked, most, now));
      this.list.hidden = !active.length;
      this.element.hidden = !rules.length;
      const names = active.filter(({ state }) => state === 'firing').map(({ name }) => name);
      setText(this.said, names.length ? `${many(names.length, 'alert')} firing: ${names.join(', ')}` : '');
    };
  }

  private note(rules: readonly Rule[], checked: number, most: number, now: number): Child[] {
    const isLate = now - checked > most * LATE;
    const failed = rules.filter(({ health }) => health === 'err');
    const early = rules.filter(({ health, lastError }) => health === 'unknown' && lastError);
    const isWell = !failed.length && rules.every(({ state }) => state === 'inactive');
    const check = h('time', { datetime: new Date(checked * 1000).toISOString() }, `${showAge(now - checked)} ago`);
    return [
      isLate && trouble(h('b', {}, checked ? `Not checked since ${showMoment(checked, now)}.` : 'Never checked.'),
        ` Alerts start and end only while `, code('tallyman alert'), ` runs, at least every ${showAge(most)}, by cron or a timer. `, guide('alerts')),
      ...failed.map(({ name, lastError = '' }) => trouble(h('b', {}, `${name} has no result: `), lastError)),
      early.length > 0 && h('p', { class: 'watched' }, h('span', {}, `${early.map(({ name }) => name).join(', ')}: waiting until the history is long enough.`)),
      !isLate && h('p', { class: 'watched' }, icon(isWell ? 'well' : 'pending'), h('span', {}, `${many(rules.length, 'alert')} watched, last checked `, check)),
    ];
  }
}

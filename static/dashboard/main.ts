/* The dashboard. Its state is in the address, its numbers come from the query API of the same server. */

import { Access, explain } from './access';
import { Alerts } from './alerts';
import { Api, ApiError } from './api';
import { Context } from './context';
import { Controls } from './controls';
import { breakable, byId, h, setText } from './dom';
import { Errors } from './errors';
import { Figures } from './figures';
import { showClock } from './format';
import { Metrics } from './metrics';
import { rangeOf } from './ranges';
import { Requests } from './requests';
import type { Section } from './section';
import { readState, writeState, type State } from './state';
import { Traffic } from './traffic';
import { Vitals } from './vitals';

const REFRESH = 30;
const SLOWEST = 60;

const status = byId('status', HTMLElement);
const notice = byId('notice', HTMLElement);
const content = byId('content', HTMLElement);
const footer = byId('footer', HTMLElement);
const warnings = byId('warnings', HTMLElement);
const demo = byId('demo', HTMLAnchorElement);
const madeUp = byId('made-up', HTMLElement);

let state = readState(location.search);
let loading: AbortController | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let loaded = 0;
let failures = 0;

const clock = (): number => Date.now() / 1000;

const link = (page: string): Node =>
  h('a', { 'data-state': true, href: writeState({ ...state, page: state.page === page ? null : page }) }, ...breakable(page || '(empty)'));

function open(family: string, label: string | null): void {
  const all = new Map(state.open);
  if (label === null)
    all.delete(family);
  else
    all.set(family, label);
  navigate({ ...state, open: all });
}

const controls = new Controls(navigate);
const access = new Access(() => { void load(); });
const alerts = new Alerts(byId('alerts', HTMLElement), byId('alerts-said', HTMLElement));
const sections: readonly Section[] = [
  new Figures(byId('figures', HTMLElement)), new Traffic(link), new Vitals(link), new Errors(link), new Requests(), new Metrics(open),
];

function say(text: string, mood: 'wait' | 'ok' | 'bad'): void {
  status.dataset.state = mood;
  setText(status, text);
}

/* Shows a text at the bottom until the next answer. */
function notify(text: string): void {
  notice.hidden = !text;
  setText(notice, text);
}

function navigate(to: State): void {
  const address = writeState(to);
  if (address !== writeState(state))
    history.pushState(null, '', address);
  state = to;
  void load();
}

function plan(seconds: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (document.visibilityState === 'visible')
      void load();
  }, seconds * 1000);
}

const orFault = <T>(promise: Promise<T>, faults: Error[]): Promise<T | null> => promise.catch((error: unknown) => {
  faults.push(error instanceof Error ? error : new Error(String(error)));
  return null;
});

/* Sections are appended in their order, so that nothing moves. */
async function show(context: Context, signal: AbortSignal, faults: Error[]): Promise<void> {
  const coming = sections.map((one) => orFault(one.load(context), faults));
  for (const [i, one] of sections.entries()) {
    const paint = await coming[i];
    if (signal.aborted)
      return;
    if (paint && !one.element.isConnected)
      content.append(one.element);
    paint?.();
  }
}

async function load(): Promise<void> {
  loading?.abort();
  clearTimeout(timer);
  const stop = loading = new AbortController();
  const isStale = () => stop.signal.aborted;
  const now = clock();
  const range = rangeOf(state.choice, state.step, now);
  controls.show(state, range, now);
  content.setAttribute('aria-busy', 'true');
  try {
    const api = new Api(stop.signal);
    const faults: Error[] = [];
    /* Alerts are above everything else and come first, so that nothing moves. */
    const watched = orFault(alerts.load(api, now), faults);
    const context = new Context(api, state, range, now, await api.families());
    const paint = await watched;
    if (isStale())
      return;
    access.granted();
    paint?.();
    content.hidden = false;
    demo.hidden = madeUp.hidden = !context.has('demo_page_views_total');
    await show(context, stop.signal, faults);
    if (isStale())
      return;
    if (faults[0])
      throw faults[0];
    failures = 0;
    loaded = now;
    notify('');
    footer.hidden = false;
    setText(warnings, [...api.warnings].map((one) => `${one.charAt(0).toUpperCase()}${one.slice(1)}.`).join(' '));
    say(range.live ? `Live, ${showClock(now)} UTC` : `As of ${showClock(now)} UTC`, 'ok');
    if (range.live)
      plan(REFRESH);
  } catch (error) {
    if (!isStale())
      fail(error);
  } finally {
    if (!isStale())
      content.removeAttribute('aria-busy');
  }
}

/* Keeps the old numbers, and retries at growing intervals; a page that is hidden then retries when it is shown. */
function fail(error: unknown): void {
  loaded = 0;
  const code = error instanceof ApiError ? error.status : -1;
  if (code === 401) {
    access.ask();
    content.hidden = footer.hidden = alerts.element.hidden = true;
    notify('');
    say('Signed out', 'wait');
    return;
  }
  if (access.isAsking && (code === 429 || code === 403)) {
    access.refuse(error);
    return;
  }
  const wait = Math.min(SLOWEST, Math.max(5 * 2 ** failures++, code === 429 && error instanceof ApiError ? error.retryAfter : 0));
  const again = code === 403 ? '' : ` Trying again in ${wait} seconds.`;
  say('No new numbers', 'bad');
  notify(`${explain(error)}${again}`);
  if (again)
    plan(wait);
}

document.addEventListener('click', (event) => {
  const anchor = event.target instanceof Element ? event.target.closest('a') : null;
  if (!anchor?.hasAttribute('data-state') || !anchor.hasAttribute('href') || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  navigate(readState(anchor.search));
});
addEventListener('popstate', () => {
  state = readState(location.search);
  void load();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && clock() - loaded > REFRESH && !access.isAsking)
    void load();
});
addEventListener('online', () => { void load(); });

setText(byId('host', HTMLElement), location.hostname);
void load();

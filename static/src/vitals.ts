import { type Metric, onFCP, onLCP, onTTFB } from 'web-vitals';

import { ending, leaving } from './delivery';
import { record } from './series';
import { device, landing, page } from './view';
import { type See, watch } from './watch';

/** LayoutShift of the Layout Instability specification, and PerformanceEventTiming. */
interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}
interface Interaction extends PerformanceEntry {
  interactionId?: number;
}

/** CLS and INP of one view of a page. */
interface View {
  page: string;
  navigation: string;
  from: number;
  /** Something was painted while the page was visible. */
  painted: boolean;
  over?: boolean;
  cls: number;
  /** The last window of shifts: its sum, and the times of its first and last one. */
  session: number;
  first: number;
  last: number;
  /** The ten longest interactions, by their ids. */
  longest: [id: number | undefined, duration: number][];
  /** How many interactions the page had before, and has had. */
  before?: number | undefined;
  after: number;
}

/** How long after the next frame to wait for the timing of the click that ended a view. */
const TIMING_MS = 1000;

let views: View[] = []; /* the current one is the last */
let shiftsSeen = false;
let left = Infinity; /* the time of the first soft navigation */

function report(name: string, value: number, labels: { page: string; navigation: string }): void {
  record('histogram', `web_${name}`, { ...labels, device: device() }, value);
}

/** LCP, FCP and TTFB belong to the page that was loaded, not to its current view. */
const observe = ({ name, value, navigationType: navigation }: Metric): void =>
  report(`${name.toLowerCase()}_seconds`, value / 1000, { page: landing, navigation });

/* As in web-vitals, INP skips one of the longest interactions for each 50. */
function close(view: View): void {
  const { painted, cls, longest, before = 0, after, page, navigation } = view;
  if (view.over)
    return;
  view.over = true;
  if (shiftsSeen && painted)
    report('cls_ratio', cls, { page, navigation });
  if (longest.length)
    report('inp_seconds', longest[Math.min(longest.length - 1, Math.floor((after - before) / 50))]![1] / 1000,
      { page, navigation });
}

const viewAt = (time: number): View | undefined => views.filter(({ from }) => from <= time).pop();

/** A window of shifts ends after a second without a shift, or after five seconds. */
function seeShift({ startTime, value, hadRecentInput }: Shift): void {
  const view = viewAt(startTime);
  if (!view || hadRecentInput)
    return;
  if (startTime - view.last >= 1000 || startTime - view.first >= 5000) {
    view.session = 0;
    view.first = startTime;
  }
  view.last = startTime;
  view.session += value;
  view.cls = Math.max(view.cls, view.session);
}

const interactions = (): number | undefined => (performance as { interactionCount?: number }).interactionCount;

function seeInteraction({ startTime, duration, interactionId: id, entryType }: Interaction): void {
  const view = viewAt(startTime);
  if (!view || !(id || entryType === 'first-input' && id === 0))
    return;
  const { longest } = view;
  const known = longest.find(([one]) => one === id);
  if (known)
    known[1] = Math.max(known[1], duration);
  else
    longest.push([id, duration]);
  longest.sort((a, b) => b[1] - a[1]).splice(10);
  /* Without interactionCount, ids give the number: they grow by 7. */
  view.after = interactions() ?? id / 7;
  view.before ??= view.after;
}

/** Begins a view: after a load, a soft navigation, or a return from the back/forward cache. */
export function beginVitals(navigation: string, from = performance.now()): void {
  const earlier = views.at(-1);
  views.push({
    page, navigation, from, painted: from > 0, cls: 0, session: 0, first: -Infinity, last: -Infinity, longest: [],
    before: interactions(), after: 0,
  });
  if (!earlier)
    return;
  left = Math.min(left, from);
  requestAnimationFrame(() => setTimeout(() => {
    close(earlier);
    views = views.filter((view) => view !== earlier);
  }, TIMING_MS));
}

/**
 * CLS and INP change until a view ends, and are observed at its end. A phone may kill a hidden page without an event,
 * so there a view ends when it is first hidden. web-vitals has one view per load, so both are computed here.
 */
export function observeVitals(navigation: string): void {
  beginVitals(navigation, 0);
  const tooLate = ({ entries }: Metric): boolean => !!entries[0] && entries[0].startTime > left;
  let early: number | undefined;
  onLCP((metric) => {
    if (!tooLate(metric))
      early = metric.value;
  }, { reportAllChanges: true });
  onLCP((metric) => observe(tooLate(metric) ? { ...metric, value: early ?? metric.value } : metric));
  onFCP((metric) => {
    views.forEach((view) => { view.painted = true; });
    observe(metric);
  });
  onTTFB(observe);
  shiftsSeen = watch('layout-shift', seeShift as See);
  watch('event', seeInteraction);
  watch('first-input', seeInteraction);
  leaving.push(() => views.forEach((view) => {
    if (view !== views.at(-1) || ending || device() !== 'desktop')
      close(view);
  }));
}

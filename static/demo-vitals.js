/* Shows the web vitals of this view and those of all views: each card has the histogram of the scrape, coloured by the
 * official limits. The cards are in the HTML, so showing them shifts nothing. */

import {
  CLSThresholds, FCPThresholds, INPThresholds, LCPThresholds, TTFBThresholds,
  onCLS, onFCP, onINP, onLCP, onTTFB,
} from 'web-vitals';
import { quantile } from './demo-exposition.js';
import { element, set, show, showSeconds } from './demo-totals.js';

/* Limits: good up to, poor above. */
const VITALS = {
  LCP: [onLCP, LCPThresholds],
  INP: [onINP, INPThresholds],
  CLS: [onCLS, CLSThresholds],
  FCP: [onFCP, FCPThresholds],
  TTFB: [onTTFB, TTFBThresholds],
};

const showRatio = (value) => (value > 0 && value < 0.001 ? '< 0.001' : show(value));
/* Of real views, and of made-up ones. */
const familyNames = (name) => ['web', 'demo'].map((prefix) =>
  `${prefix}_${name.toLowerCase()}_${name === 'CLS' ? 'ratio' : 'seconds'}`);
const rate = (value, [good, poor]) => (value > poor ? 'poor' : value > good ? 'needs improvement' : 'good');

/* All series of the families as one. Before the first scrape, the limits are the
 * buckets. Series with other bounds than the first one are left out. */
function mergeSeries(families, limits) {
  const all = { count: 0, buckets: [...limits, Infinity].map((upTo) => ({ upTo, count: 0 })) };
  const series = families.flatMap((family) => [...family?.series.values() ?? []]);
  const bounds = ({ buckets }) => buckets.map(({ upTo }) => upTo).join();
  if (series.length)
    all.buckets = series[0].buckets.map(({ upTo }) => ({ upTo, count: 0 }));
  for (const { count, buckets } of series.filter((one) => bounds(one) === bounds(all))) {
    all.count += count;
    all.buckets.forEach((bucket, i) => { bucket.count += buckets[i].count; });
  }
  return all;
}

function fillBars(bars, { buckets }, limits) {
  const columns = buckets.map(({ upTo }) => {
    const bucket = element('div', 'bucket');
    const you = element('span', 'many');
    const column = element('span', 'column');
    const limit = limits.includes(upTo);
    bucket.dataset.rating = rate(upTo, limits);
    bucket.append(you, column, element('span', limit ? 'upto limit' : 'upto', limit ? String(upTo) : ''));
    return { bucket, you, column };
  });
  bars.replaceChildren(...columns.map(({ bucket }) => bucket));
  return columns;
}

/* Fills a card of the page; returns a function that takes the families of a scrape. */
function showVital(card) {
  const name = card.dataset.vital;
  const [observe, official] = VITALS[name];
  const isTime = name !== 'CLS';
  const limits = isTime ? official.map((milliseconds) => milliseconds / 1000) : official;
  const showValue = isTime ? showSeconds : showRatio;
  const [big, rating, bars, views, p75, share] =
    ['.big', '.rating', '.bars', '.views', 'b', '.share'].map((part) => card.querySelector(part));
  let own = null;
  let all = mergeSeries([], limits);
  let columns = [];

  function draw() {
    if (columns.length !== all.buckets.length)
      columns = fillBars(bars, all, limits);
    const most = Math.max(...all.buckets.map(({ count }) => count), 1);
    const mine = own === null ? -1 : all.buckets.findIndex(({ upTo }) => own <= upTo);
    const counts = { good: 0, 'needs improvement': 0, poor: 0 };
    columns.forEach(({ bucket, you, column }, i) => {
      const { count, upTo } = all.buckets[i];
      counts[rate(upTo, limits)] += count;
      set(you, i === mine ? 'you' : '');
      column.style.height = `${(100 * count) / most}%`;
      bucket.classList.toggle('some', count > 0 || i === mine);
    });
    bars.setAttribute('aria-label',
      `All views: ${Object.entries(counts).map(([word, count]) => `${count} ${word}`).join(', ')}`);
    if (!all.count)
      return;
    const quarter = quantile(0.75, all);
    set(views, all.count === 1 ? 'one view' : `all ${show(all.count)} views`);
    set(p75, showValue(quarter));
    p75.dataset.rating = rate(quarter, limits);
    set(share, `${show(Math.round((100 * counts.good) / all.count))}\u00a0% good`);
  }

  observe(({ value }) => {
    own = isTime ? value / 1000 : value;
    set(big, showValue(own));
    set(rating, rate(own, limits));
    rating.dataset.rating = rate(own, limits);
    draw();
  }, { reportAllChanges: true });
  draw();

  return (families) => {
    all = mergeSeries(familyNames(name).map((one) => families.get(one)), limits);
    draw();
  };
}

export const isVital = ({ name }) => Object.keys(VITALS).some((vital) => familyNames(vital).includes(name));

/* Returns a function that takes the families of each scrape. */
export function vitalsView() {
  const updates = [...document.querySelectorAll('[data-vital]')].map(showVital);
  return (families) => updates.forEach((update) => update(families));
}

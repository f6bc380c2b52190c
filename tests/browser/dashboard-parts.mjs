/* Parts of the dashboard that need no browser: periods, addresses, numbers and files. */

import assert from 'node:assert/strict';
import { require } from './site.mjs';

const { build } = require('esbuild');

async function load(...modules) {
  const { outputFiles } = await build({
    stdin: { contents: modules.map((one) => `export * from './${one}';`).join('\n'), resolveDir: new URL('../../static/dashboard', import.meta.url).pathname },
    bundle: true, write: false, format: 'esm',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

const at = (text) => Date.parse(text) / 1000;
/* Makes no-break spaces visible. */
const plain = (text) => text.replaceAll('\u00a0', ' ');

export async function addTests(test) {
  const p = await load('ranges', 'state', 'histogram', 'format', 'csv');

  test('parts: a period is whole days, compared with those of whole weeks before', () => {
    const noon = at('2026-03-18T12:30:00Z');
    const range = (choice, step = null) => {
      const { from, until, days, step: seconds, shift, live } = p.rangeOf(choice, step, noon);
      return [p.showDay(from), p.showDay(until), days, seconds / 3600, shift / 86400, live].join(' ');
    };
    for (const [choice, step, want] of [
      ['today', null, '2026-03-18 2026-03-19 1 1 7 true'],
      ['today', 'week', '2026-03-18 2026-03-19 1 1 7 true'],
      ['yesterday', null, '2026-03-17 2026-03-18 1 1 7 false'],
      ['7d', null, '2026-03-12 2026-03-19 7 24 7 true'],
      ['7d', 'hour', '2026-03-12 2026-03-19 7 1 7 true'],
      ['30d', null, '2026-02-17 2026-03-19 30 24 35 true'],
      ['90d', 'week', '2025-12-19 2026-03-19 90 168 91 true'],
      ['12m', null, '2025-03-20 2026-03-19 364 168 364 true'],
      [{ from: '2024-02-28', to: '2024-03-01' }, null, '2024-02-28 2024-03-02 3 24 7 false'],
      [{ from: '2026-03-02', to: '2026-03-01' }, null, '2026-02-17 2026-03-19 30 24 35 true'],
      [{ from: '2026-02-30', to: '2026-03-01' }, null, '2026-02-17 2026-03-19 30 24 35 true'],
      [{ from: '1970-01-01', to: '2026-03-01' }, null, '2026-02-17 2026-03-19 30 24 35 true'],
      [{ from: '1971-01-01', to: '1979-01-01' }, null, '2026-02-17 2026-03-19 30 24 35 true'],
    ])
      assert.equal(range(choice, step), want, JSON.stringify(choice));
    assert.equal(p.endOfSums(p.rangeOf('today', null, noon), noon), at('2026-03-18T13:00:00Z'));
    assert.equal(p.endOfSums(p.rangeOf('yesterday', null, noon), noon), at('2026-03-18T00:00:00Z'));
    assert.deepEqual(p.stepsOf(p.rangeOf('90d', 'week', noon)).slice(0, 1).map(p.showDay), ['2025-12-18']);
    assert.deepEqual(p.neighbour('today', -1, noon), 'yesterday');
    assert.deepEqual(p.neighbour('yesterday', 1, noon), 'today');
    assert.deepEqual(p.neighbour('7d', -1, noon), { from: '2026-03-05', to: '2026-03-11' });
    assert.equal(p.neighbour('7d', 1, noon), null);
    assert.equal(p.neighbour({ from: '2000-01-02', to: '2000-01-03' }, -1, noon), null);
  });

  test('parts: an address holds the whole state, and an invalid one has no effect', () => {
    for (const search of ['./', '?range=7d', '?from=2026-03-01&to=2026-03-02&step=hour&compare=no&page=%2Fa%26b&open=x_total+kind&open=y'])
      assert.equal(p.writeState(p.readState(search.replace('./', ''))), search);
    assert.deepEqual(p.readState('?range=__proto__&step=toString&from=1'), { ...p.INITIAL, open: new Map() });
    assert.equal(p.readState(`?${'open=a&'.repeat(5)}${Array.from({ length: 50 }, (_, i) => `open=f${i}`).join('&')}`).open.size <= 20, true);
  });

  test('parts: quantiles and shares of buckets', () => {
    const buckets = [[1, 6], [2, 6], [4, 8], [Infinity, 10]].map(([bound, count]) => ({ bound, count }));
    for (const [q, want] of [[0, 0], [0.3, 0.5], [0.6, 1], [0.75, 3.5], [0.8, 4], [0.95, 4]])
      assert.ok(Math.abs(p.quantile(q, buckets) - want) < 1e-12, `${q}: ${p.quantile(q, buckets)}`);
    assert.equal(p.quantile(0.5, []), NaN);
    assert.equal(p.quantile(0.5, [{ bound: 0, count: 3 }, { bound: Infinity, count: 3 }]), 0);
    assert.deepEqual(p.shares([1, 4], buckets), { good: 0.6, middling: 0.2, poor: 0.2 });
    assert.deepEqual(p.shares([1, 4], []), { good: 0, middling: 0, poor: 0 });
  });

  test('parts: numbers, changes and files', () => {
    for (const [show, value, want] of [
      ['showCount', 1234567, '1.23M'], ['showCount', 12345, '12,345'], ['showCount', 0.5, '0.5'], ['showCount', NaN, '–'],
      ['showSeconds', 0, '0 s'], ['showSeconds', 0.0421, '42.1 ms'], ['showSeconds', 2.345, '2.35 s'], ['showSeconds', 7200, '2 h'],
      ['showBytes', 1536, '1.5 KiB'], ['showRatio', 0.0449, '0.045'], ['showPercent', 0.0123, '1.2 %'], ['showPercent', 0.5, '50 %'],
    ])
      assert.equal(plain(p[show](value)), want);
    for (const [value, unit, want] of [[4.25, 'seconds', '4.25 s'], [2048, 'bytes', '2 KiB'], [75, '%', '75 %'], [0.5, 'per second', '0.5/s'], [1234, '', '1,234']])
      assert.equal(plain(p.showUnit(value, unit)), want);
    for (const [seconds, want] of [[-3, '0 s'], [99, '99 s'], [100, '2 min'], [3600, '60 min'], [6000, '2 h'], [90000, '25 h'], [200000, '2 days']])
      assert.equal(plain(p.showAge(seconds)), want);
    for (const [before, after, want] of [[4, 6, '+50 %'], [100, 97, '−3 %'], [0, 3, 'new'], [0, 0, '0 %'], [NaN, 3, ''], [1000, 1000.1, '0 %']])
      assert.equal(plain(p.showChange(after, before)), want, `${before} ${after}`);
    assert.equal(p.writeCsv([['a,b', 'say "x"', '@SUM(1)', 1.5, NaN, null, '-1', -1]]), '"a,b","say ""x""",\'@SUM(1),1.5,,,\'-1,-1\r\n');
  });
}

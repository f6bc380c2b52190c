import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';

import { ending, leaving } from './delivery';
import { record } from './series';
import { device, page } from './view';

function observe({ name, value, navigationType: navigation }: Metric): void {
  const plain = name === 'CLS';
  record('histogram', `web_${name.toLowerCase()}_${plain ? 'ratio' : 'seconds'}`, { page, navigation, device: device() },
    plain ? value : value / 1000);
}

/**
 * CLS and INP go on changing as long as the page is looked at, and are observed once per view: at its end. A phone may
 * kill a hidden page without a further word, so there a view ends when it is hidden first.
 */
export function observeVitals(): void {
  const last = new Map<string, Metric | 0>(); /* by the id of the metric in this view; 0 when observed */
  const remember = (metric: Metric): void => {
    if (last.get(metric.id) !== 0)
      last.set(metric.id, metric);
  };
  onLCP(observe);
  onFCP(observe);
  onTTFB(observe);
  onCLS(remember, { reportAllChanges: true });
  onINP(remember, { reportAllChanges: true });
  leaving.push(() => {
    if (ending || device() !== 'desktop')
      last.forEach((metric, id) => {
        if (metric)
          observe(metric);
        last.set(id, 0);
      });
  });
}

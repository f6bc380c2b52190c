import { type Metric, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';

import { leaving } from './delivery';
import { record } from './series';
import { device, page } from './view';

function observe({ name, value, navigationType: navigation }: Metric): void {
  const family = name === 'CLS' ? 'web_cls_ratio' : `web_${name.toLowerCase()}_seconds`;
  record('histogram', family, { page, navigation, device: device() },
    name === 'CLS' ? value : value / 1000);
}

/**
 * CLS and INP go on changing as long as the page is looked at, and are observed once per view: at its end. A phone may
 * kill a hidden page without a further word, so there a view ends when it is hidden first.
 */
export function observeVitals(): void {
  const last = new Map<string, Metric>();
  const observed = new Set<string>();
  const remember = (metric: Metric): void => {
    if (!observed.has(metric.id))
      last.set(metric.id, metric);
  };
  onLCP(observe);
  onFCP(observe);
  onTTFB(observe);
  onCLS(remember, { reportAllChanges: true });
  onINP(remember, { reportAllChanges: true });
  leaving.push((ending) => {
    if (ending || device() !== 'desktop') {
      last.forEach((metric, id) => {
        observed.add(id);
        observe(metric);
      });
      last.clear();
    }
  });
}

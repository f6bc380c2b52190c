import type { Options } from './module';
import { observeNavigation } from './navigation';
import { observeRequests } from './requests';
import { observeResources } from './resources';
import { record } from './series';
import { start } from './start';
import { device, navigationType, on, page } from './view';
import { observeVitals } from './vitals';

function countView(navigation: string): void {
  record('counter', 'web_page_views_total', { page, navigation, device: device() }, 1);
}

/** Starts the client with all that it collects by itself. */
export function startAll(options: Options): void {
  start(options, () => {
    countView(navigationType());
    observeVitals();
    observeNavigation(on(options.legacyTiming));
    observeResources();
    observeRequests(options.observeRequests);
  }, () => countView('back-forward-cache'));
}

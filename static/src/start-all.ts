import { observeNavigation } from './navigation';
import { observeRequests } from './requests';
import { observeResources } from './resources';
import { record } from './series';
import { observeSoftNavigations } from './soft';
import { start } from './start';
import type { Options } from './types';
import { device, navigationType, on, page } from './view';
import { beginVitals, observeVitals } from './vitals';

/** One that follows another without a load. */
function viewAgain(navigation: string): void {
  countView(navigation);
  beginVitals(navigation);
}

function countView(navigation: string): void {
  record('counter', 'web_page_views_total', { page, navigation, device: device() }, 1);
}

/** Starts the client with all that it collects by itself. */
export function startAll(options: Options): void {
  start(options, () => {
    countView(navigationType());
    observeVitals(navigationType());
    observeNavigation(on(options.legacyTiming));
    observeResources();
    observeRequests(options.observeRequests);
    if (on(options.spa))
      observeSoftNavigations(options, () => viewAgain('soft'));
  }, () => viewAgain('back-forward-cache'));
}

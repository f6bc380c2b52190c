import { guard } from './guard';
import { observeNavigation } from './navigation';
import { observeRequests } from './requests';
import { observeResources } from './resources';
import { record } from './series';
import { observeSoftNavigations } from './soft';
import { start } from './start';
import type { Options } from './types';
import { device, navigationType, on, page } from './view';
import { countVisit } from './visits';
import { beginVitals, observeVitals } from './vitals';

/** A view that follows another one without a load. */
function viewAgain(navigation: string): void {
  countView(navigation);
  beginVitals(navigation);
}

function countView(navigation: string): void {
  record('counter', 'web_page_views_total', { page, navigation, device: device() }, 1);
}

/** Starts the client with everything that it collects automatically. */
export function startAll(options: Options): void {
  start(options, () => {
    countView(navigationType());
    if (on(options.visits))
      guard(countVisit)(String(options.visits));
    observeVitals(navigationType());
    observeNavigation(on(options.legacyTiming));
    observeResources();
    observeRequests(options.observeRequests);
    if (on(options.spa))
      observeSoftNavigations(options, () => viewAgain('soft'));
  }, () => viewAgain('back-forward-cache'));
}

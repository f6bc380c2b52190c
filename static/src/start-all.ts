import type { Options } from './module';
import { observeNavigation } from './navigation';
import { observeRequests } from './requests';
import { observeResources } from './resources';
import { start } from './start';
import { countView, navigationType, on } from './view';
import { observeVitals } from './vitals';

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

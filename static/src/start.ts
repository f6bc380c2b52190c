import { startDelivery } from './delivery';
import { observeErrors } from './errors';
import type { Options } from './module';
import { beginView, isOff, on, switchOff } from './view';

const script = document.currentScript as HTMLScriptElement | null;

/** The tag or the snippet says it; else it is where this file lies, without the last directory if that is static. */
function serverRoot(options: Options): string {
  return options.server ?? script?.src.replace(/[?#].*/, '').replace(/(\/static)?\/[^/]*$/, '') ?? '';
}

/** The attributes of our own tag, without `data-`. */
export const tagOptions = (): Options => Object.assign({}, script?.dataset);

/**
 * Begins once the page is shown, unless it is switched off. `collect` starts what else is observed, and `restored` is
 * called for each further view out of the back/forward cache.
 */
export function start(options: Options, collect?: () => void, restored?: () => void): void {
  if (isOff(options)) {
    switchOff();
    return;
  }
  beginView(options);
  const begin = (): void => {
    try {
      startDelivery(serverRoot(options), !on(options.noStorage));
    } catch (error) {
      console.warn('tallyman:', error);
      return switchOff();
    }
    observeErrors();
    collect?.();
    addEventListener('pageshow', (event) => {
      if (event.persisted) {
        beginView(options);
        restored?.();
      }
    });
  };
  if ((document as Document & { prerendering?: boolean }).prerendering)
    document.addEventListener('prerenderingchange', begin, { once: true });
  else
    begin();
}

/* The public types. static/types.mjs puts them before the functions of the module. */
/** What the attributes of the script tag say, without `data-`. */
export interface Options {
  /** Server root: pushes go to `<server>/record`. */
  server?: string;
  /** The page group of this page. */
  page?: string;
  /**
   * Page groups by path: `/=home /p/*=product /blog/**=blog`. The word `auto` at the end, or alone, makes groups of
   * the other paths: `*` is put for what looks like an id. Without `page` and `pages` it is `auto`.
   */
  pages?: string;
  /** A single-page application: navigations within it are page views. `hash`: their paths stand behind the hash. */
  spa?: string | boolean;
  /** Routes whose fetch and XHR calls are observed: `GET:/api/users/*=users https://pay.example/**=pay`. */
  observeRequests?: string;
  /** The share of page views that is counted, above 0 and at most 1. */
  sample?: string | number;
  /** Observe peardeck's `performance_timing_*` families. */
  legacyTiming?: string | boolean;
  /** Write to the console what is sent and what the server says to it. */
  debug?: string | boolean;
  /** Keep nothing in localStorage. */
  noStorage?: string | boolean;
  /** Count on localhost, too. */
  allowLocal?: string | boolean;
  /** Count in an automated browser, too. */
  allowWebdriver?: string | boolean;
  /** Count although Global Privacy Control is on. */
  ignoreGpc?: string | boolean;
  /** Do Not Track switches the client off. */
  respectDnt?: string | boolean;
}

export type LabelValue = string | number | boolean;
export type Labels = Readonly<Record<string, LabelValue>>;

/** The global function `tallyman` of the script builds. */
export interface Tallyman {
  (call: 'increment', name: string, labels?: Labels, by?: number): void;
  (call: 'observe' | 'gauge', name: string, labels: Labels | undefined, value: number): void;
  /** Gives a function that observes the seconds since. */
  (call: 'time', name: string, labels?: Labels): () => void;
  /** Sends now what would be sent within ten seconds. */
  (call: 'flush'): void;
  /** How many calls the server has not acknowledged yet. */
  (call: 'pending'): number;
}

declare global {
  interface Window {
    tallyman?: Tallyman;
  }
}

/* The public types. static/types.mjs puts them before the functions of the module. */
/** The attributes of the script tag, without `data-`. */
export interface Options {
  /** Server root: pushes go to `<server>/record`. */
  server?: string;
  /** The page group of this page. */
  page?: string;
  /**
   * Page groups by path: `/=home /p/*=product /blog/**=blog`. The word `auto`, at the end or alone, makes groups of
   * the other paths, with `*` in place of parts that look like ids. Without `page` and `pages` it is `auto`.
   */
  pages?: string;
  /** A single-page application: navigations within it are page views. `hash`: the paths are in the hash. */
  spa?: string | boolean;
  /** Routes whose fetch and XHR calls are observed: `GET:/api/users/*=users https://pay.example/**=pay`. */
  observeRequests?: string;
  /**
   * Count visits by their source. The value lists hosts that are sources of their own, with an optional name:
   * `news.example.org *.partner.example=partner`.
   */
  visits?: string | boolean;
  /** The share of page views that is counted, above 0 and at most 1. */
  sample?: string | number;
  /** Observe peardeck's `performance_timing_*` families. */
  legacyTiming?: string | boolean;
  /** Write each batch and the server's answer to the console. */
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
  /** Returns a function that observes the seconds since this call. */
  (call: 'time', name: string, labels?: Labels): () => void;
  /** Sends at once the calls that would be sent within ten seconds. */
  (call: 'flush'): void;
  /** How many calls the server has not acknowledged yet. */
  (call: 'pending'): number;
}

declare global {
  interface Window {
    tallyman?: Tallyman;
  }
}

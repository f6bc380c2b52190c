/** What all parts of the client ask: small, so that none of them has to know the others. */
export const state = {
  /** Calls are taken; false when switched off, and in a page view that is not in the sample. */
  counting: true,
  /** The share of page views that is counted. */
  ratio: 1,
  /** The ratio is told to the server. */
  sampled: false,
  /** Something is waiting to be sent. */
  schedule: (): void => {},
  /** The labels that every view of this page has. */
  page: 'other',
};

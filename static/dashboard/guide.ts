/* Links to the guides, which are pages on the same server. */

import { h } from './dom';

/* The sections, with the text of the link. */
const GUIDES = {
  pages: ['static/README.html', 'Count page views'],
  visits: ['static/README.html#visits', 'Count visits'],
  requests: ['static/README.html#page-groups-and-routes', 'Name the routes'],
  alerts: ['src/cli/README.html#alerts', 'Set up alerts'],
} as const;

export type GuideName = keyof typeof GUIDES;

/* A link to a section, relative to the page, which may be below any prefix. */
export function guide(name: GuideName): HTMLAnchorElement {
  const [path, text] = GUIDES[name];
  return h('a', { href: new URL(`static/guide/${path}`, document.baseURI).href }, text);
}

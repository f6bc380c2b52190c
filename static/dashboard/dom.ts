/* Creates elements without parsing HTML: text of the server stays text. */

export type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | ((event: Event) => void)>;

function fill(element: Element, attributes: Attributes, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function')
      element.addEventListener(name, value);
    else if (value !== false && value !== null)
      element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== undefined && child !== false));
}

export function h<K extends keyof HTMLElementTagNameMap>(
  name: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  fill(element, attributes, children);
  return element;
}

export function svg(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  fill(element, attributes, children);
  return element;
}

/* A name that breaks after its punctuation and before its capitals. */
export const breakable = (name: string): Child[] =>
  name.replace(/[_./-](?=\w)|[a-z](?=[A-Z])/g, '$&\n').split('\n').flatMap((part, i) => (i ? [h('wbr'), part] : [part]));

/* An element of index.html. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type))
    throw new Error(`no #${id}`);
  return element;
}

/* Sets a text only if it differs: screen readers announce every change. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text)
    element.textContent = text;
}

/* Replaces the content unless it is equal, which keeps its focus, selection and scroll position. Not
 * for a select: its options would lose what is selected. */
export function setContent(element: Element, ...children: Child[]): void {
  const next = element.cloneNode(false) as Element;
  fill(next, {}, children);
  if (!next.isEqualNode(element))
    element.replaceChildren(...next.childNodes);
}

let ids = 0;
export const newId = (): string => `id${++ids}`;

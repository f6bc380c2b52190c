/* Renders the README and the guides as pages: guide/<path>.html for <path>.md,
 * with the anchors that the files have on GitHub. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

import { Marked } from 'marked';
import { gfmHeadingId } from 'marked-gfm-heading-id';

const FIRST = 'README.md';
/* The page of the responder, from static/guide/. */
const DASHBOARD = '../..';

const page = (path) => path.replace(/\.md$/, '.html');
const relative = (from, path) => posix.relative(posix.dirname(from), path);

function list(guides, here) {
  const items = guides.map(({ path, title }) => {
    const current = path === here ? ' aria-current="page"' : '';
    return `<li><a href="${relative(here, page(path))}"${current}>${title}</a></li>`;
  });
  items.push(`<li><a href="${relative(here, DASHBOARD)}/">Back to the dashboard</a></li>`);
  return `<ul>\n${items.join('\n')}\n</ul>`;
}

/* A link to another guide leads to its page. The other files of the source are
 * not on the web: of a link to one the text remains. */
const links = (path, guides) => ({
  link({ href, tokens }) {
    const text = this.parser.parseInline(tokens);
    const [file, fragment] = href.split('#');
    const target = posix.join(posix.dirname(path), file);
    if (/^https?:/.test(href) || !file)
      return `<a href="${href}">${text}</a>`;
    if (!guides.some((guide) => guide.path === target))
      return text;
    return `<a href="${page(file)}${fragment ? `#${fragment}` : ''}">${text}</a>`;
  },
});

/* Code and tables scroll on their own where they are too wide, also by keyboard. */
const scrolling = (html) => html
  .replaceAll('<pre>', '<pre tabindex="0">')
  .replaceAll('<table>', '<div class="table" tabindex="0"><table>')
  .replaceAll('</table>', '</table></div>');

function read(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, title: /^# (.*)$/m.exec(text)[1] };
}

/* Writes the pages of the guides at these paths below root, with the pictures that
 * they show, to a directory. */
export function buildGuides(root, paths, to) {
  mkdirSync(to, { recursive: true });
  const guides = paths.map((path) => read(root, path));
  for (const { path, text, title } of guides) {
    const marked = new Marked(gfmHeadingId(), { renderer: links(path, guides) });
    mkdirSync(join(to, dirname(path)), { recursive: true });
    writeFileSync(join(to, page(path)), `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<title>${title}${path === FIRST ? '' : ' · Tallyman'}</title>
<link rel="stylesheet" href="${relative(path, 'guide.css')}">
<main>
${scrolling(marked.parse(text))}</main>
<nav aria-label="Guides">
${list(guides, path)}
</nav>
</html>
`);
    for (const [, image] of text.matchAll(/!\[[^\]]*\]\(([\w./-]+\.png)\)/g)) {
      const file = posix.join(posix.dirname(path), image);
      mkdirSync(join(to, dirname(file)), { recursive: true });
      copyFileSync(join(root, file), join(to, file));
    }
  }
}

/* The demo page: buttons call tallyman(), and the totals come from GET /metrics. */

import { parseExposition } from './demo-exposition.js';
import { element, scrollable, set, setNumber, show, showSeconds, totalsView } from './demo-totals.js';
import { isVital, vitalsView } from './demo-vitals.js';

const REFRESH_MS = 1000;
const tallyman = window.tallyman;
const byId = (id) => document.getElementById(id);

/* The endpoints are in the parent of this file's directory. */
const root = new URL('..', import.meta.url).href.replace(/\/$/, '');

/* ---- do something ---- */

/* The browser as one of five words. */
function browserName() {
  const agent = navigator.userAgent;
  if (/Edg\//.test(agent)) return 'edge';
  if (/Firefox\//.test(agent)) return 'firefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'chrome';
  return /Safari\//.test(agent) ? 'safari' : 'other';
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const features = [...document.querySelectorAll('[data-feature]')].map((button) => button.dataset.feature);
const hosts = [...document.querySelectorAll('[data-host]')].map((button) => button.dataset.host);
const browsers = ['chrome', 'chrome', 'chrome', 'safari', 'safari', 'firefox'];

/* Response times are skewed: most are short, a few are very long. */
function madeUpSeconds(median) {
  const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Number((median * Math.exp(0.8 * normal)).toFixed(4));
}

/* Each of these returns the text of its button: a number of counted calls, or a word. */

function use(feature, browser = browserName()) {
  tallyman('increment', 'demo_usage_total', { browser, feature }, 1);
  return 1;
}

function ping(host) {
  tallyman('observe', 'demo_ping_seconds', { host }, madeUpSeconds(host === hosts[0] ? 0.25 : 0.9));
  return 1;
}

async function timeRequest() {
  const start = performance.now();
  await fetch(`${root}/-/healthy`, { cache: 'no-store' });
  const seconds = (performance.now() - start) / 1000;
  tallyman('observe', 'demo_response_seconds', {}, seconds);
  return showSeconds(seconds);
}

/* The observations of another visitor's view. */
function view() {
  const slow = pick([1, 1.8]);
  tallyman('increment', 'demo_page_views_total', {});
  for (const [name, median] of [['lcp', 1.1], ['inp', 0.08], ['fcp', 0.7], ['ttfb', 0.25]])
    tallyman('observe', `demo_${name}_seconds`, {}, madeUpSeconds(median * slow));
  tallyman('observe', 'demo_cls_ratio', {}, madeUpSeconds(0.03));
}

function visitors(count) {
  for (let i = 0; i < count; i++) {
    view();
    use(pick(features), pick(browsers));
    ping(pick(hosts));
    tallyman('observe', 'demo_response_seconds', {}, madeUpSeconds(0.2));
  }
  return count;
}

/* Shifts within half a second after a click do not count as unexpected. */
function shiftLayout() {
  setTimeout(() => { byId('late').hidden = !byId('late').hidden; }, 700);
  return 'in 0.7 s';
}

function blockFor(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return `${milliseconds} ms`;
}

const status = async (path) => `status ${(await fetch(`${root}${path}`, { cache: 'no-store' })).status}`;
const requests = {
  fetch: () => status('/-/healthy'),
  failing: () => status('/-/no-such-endpoint'),
  xhr: () => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', `${root}/-/ready`);
    request.onload = () => resolve(`status ${request.status}`);
    request.onerror = reject;
    request.send();
  }),
};

const faults = {
  error() {
    setTimeout(() => { throw new TypeError('raised by a button of the demo'); });
    return 'thrown';
  },
  rejection() {
    void Promise.reject(new RangeError('rejected by a button of the demo'));
    return 'rejected';
  },
  image() {
    const image = element('img');
    image.hidden = true;
    image.src = 'no-such-image.png';
    image.onerror = () => image.remove();
    document.body.append(image);
    return 'missed';
  },
  /* The content security policy of this page blocks this request. */
  forbidden() {
    new Image().src = 'https://www.example.org/pixel.png';
    return 'blocked';
  },
};

function setDepth() {
  const depth = byId('depth').valueAsNumber;
  tallyman('gauge', 'demo_queue_depth', {}, depth);
  return `set ${depth}`;
}

/* Covers the button for a moment, so nothing moves; clicks in this time add up. */
function acknowledge(button, done) {
  let cover = button.querySelector('.done');
  if (!cover) {
    cover = element('span', 'done');
    cover.setAttribute('aria-hidden', 'true');
    button.append(cover);
  }
  clearTimeout(cover.dataset.timer);
  cover.dataset.count = typeof done === 'number' ? Number(cover.dataset.count ?? 0) + done : 0;
  cover.textContent = typeof done === 'number' ? `+${show(Number(cover.dataset.count))}` : done;
  cover.dataset.timer = setTimeout(() => cover.remove(), 1500);
  set(byId('said'), `${button.firstChild.textContent.trim()}: ${cover.textContent}`);
}

function onClick(button, act) {
  button.addEventListener('click', async () => {
    try {
      acknowledge(button, await act());
    } catch {
      acknowledge(button, 'no answer');
      live('bad', 'the server does not answer');
    }
    showPending();
  });
}

for (const button of document.querySelectorAll('[data-feature]'))
  onClick(button, () => use(button.dataset.feature));
for (const button of document.querySelectorAll('[data-host]'))
  onClick(button, () => ping(button.dataset.host));
for (const button of document.querySelectorAll('[data-request]'))
  onClick(button, requests[button.dataset.request]);
for (const button of document.querySelectorAll('[data-fault]'))
  onClick(button, faults[button.dataset.fault]);
onClick(byId('shift'), shiftLayout);
onClick(byId('slow'), () => blockFor(400));
onClick(byId('time-request'), timeRequest);
onClick(byId('visitors'), () => visitors(50));
onClick(byId('set-depth'), setDepth);
onClick(byId('flush'), () => {
  tallyman('flush');
  return 'sent';
});
byId('depth').addEventListener('input', () => {
  byId('depth-now').value = byId('depth').value;
});

/* Content that is drawn later would move a restored scroll position. */
history.scrollRestoration = 'manual';

tallyman('increment', 'demo_page_views_total', {}, 1);

/* ---- watch the totals ---- */

function live(state, text) {
  byId('live').dataset.state = state;
  byId('live-text').textContent = text;
}

function showPending() {
  const pending = tallyman('pending');
  setNumber(byId('pending'), show(pending));
  byId('flush').disabled = pending === 0;
}

/* peardeck's families, which this page does not use. */
const isUnused = ({ name, series }) =>
  /^performance_timing_/.test(name) && [...series.values()].every(({ count }) => !count);
const updateVitals = vitalsView();
const isOwn = ({ name }) => /^tallyman_|^metrics_aggregator_|^grafana_analytics_(up|build_info)$/.test(name);
const updateDemo = totalsView(
  { tiles: byId('tiles'), tables: byId('tables'), charts: byId('charts') },
  ['demo_usage_total', 'web_page_views_total', 'web_visits_total', 'web_requests_total', 'web_errors_total', 'web_unhandled_rejections_total',
    'web_csp_violations_total', 'demo_ping_seconds', 'demo_response_seconds', 'web_request_seconds',
    'web_navigation_seconds', 'web_resource_seconds', 'demo_page_views_total', 'demo_queue_depth'],
);
const updateOwn = totalsView(
  { tiles: byId('own-tiles'), tables: byId('own-tables'), charts: byId('own-charts') },
  [],
);

function pushes(families) {
  const family = families.get('metrics_aggregator_record_total') || families.get('tallyman_pushes_total');
  return family ? [...family.series.values()].reduce((sum, { value }) => sum + value, 0) : 0;
}

/* Scrapes from an iframe: the client does not time its resources. */
const scraper = element('iframe');
scraper.hidden = true;
document.body.append(scraper);

/* Not asked again: repeated requests look like guesses of tokens. */
const isLocked = (status) => status === 401 || status === 403;

async function refresh() {
  const start = performance.now();
  const response = await scraper.contentWindow.fetch(`${root}/metrics`, { headers: { accept: 'text/plain' }, cache: 'no-store' });
  byId('locked').hidden = !isLocked(response.status);
  if (!response.ok)
    throw new Error(`/metrics answers ${response.status}`);
  const families = parseExposition(await response.text());
  setNumber(byId('scrape'), show(Math.round((performance.now() - start) * 10) / 10));

  const all = [...families.values()];
  setNumber(byId('series'), show(all.reduce((sum, { series }) => sum + series.size, 0)));
  setNumber(byId('pushes'), show(pushes(families)));
  updateVitals(families);
  const said = updateDemo(all.filter((family) => !isOwn(family) && !isVital(family) && !isUnused(family)));
  updateOwn(all.filter(isOwn));
  if (said.length)
    set(byId('said'), said.slice(0, 3).join('; '));
  live('ok', `live, scraped ${new Date().toLocaleTimeString('en-GB')}`);
}

let timer = 0;
async function watch() {
  clearTimeout(timer);
  showPending();
  try {
    await refresh();
  } catch (error) {
    live('bad', error.name === 'TypeError' ? 'the server does not answer' : error.message);
  }
  showPending();
  timer = document.visibilityState === 'visible' && byId('locked').hidden ? setTimeout(watch, REFRESH_MS) : 0;
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible')
    watch();
});
watch();

/* ---- what to do next ---- */

/* The page has the paths of an installation; `make run` has others. */
if (document.documentElement.dataset.copy === 'source')
  for (const place of document.querySelectorAll('[data-source]'))
    place.textContent = place.dataset.source;

const server = new URL(root);
const path = `metrics_path: ${server.pathname.replace(/\/$/, '')}/metrics`;
const config = byId('scrape-config');
config.textContent = config.textContent
  .replace(/metrics_path: .*/, server.protocol === 'https:' ? `scheme: https\n    ${path}` : path)
  .replace('metrics.example.org', server.host);
byId('tag-source').textContent = `${root}/static/tallyman.js`;

for (const pre of document.querySelectorAll('pre[data-label]')) {
  const box = element('div', 'snippet');
  const head = element('div', 'snippet-head');
  const copy = element('button', '', 'Copy');
  copy.type = 'button';
  copy.setAttribute('aria-label', `Copy ${pre.dataset.label}`);
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      copy.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(pre);
      copy.textContent = 'Selected';
    }
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  });
  head.append(element('span', 'mono', pre.dataset.label), copy);
  pre.replaceWith(box);
  box.append(head, pre);
  scrollable(pre, pre.dataset.label);
}

/* A dashboard with Grafana's analytics panel. It sends the messages of
 * macropower-analytics-panel 2.0 at the same times, as described by the panel's
 * source, because no package registry has the panel. It contains none of the
 * panel's code.
 *
 * - It sends with fetch: POST, mode no-cors, keepalive, and asks for the
 *   Content-Type application/json, which no-cors turns into text/plain.
 * - The body is JSON.stringify of the object below, in this order of keys; with
 *   the option `flatten`, the keys are paths joined by dots, and only empty
 *   arrays and objects remain values.
 * - `start` when the panel appears, with a new UUID; `heartbeat` every
 *   heartbeatInterval while the page has the focus; `end` when the panel
 *   disappears, as when another dashboard is opened.
 * - The dashboard's uid is the second part of the path. On /dashboard/new
 *   nothing is sent. Any status except 0 and 200 to 204 is an error. */

'use strict';

const panel = (({ options, user, buildInfo, licenseInfo, variables, dashboardName }) => {
  const uuid = crypto.randomUUID();
  const seconds = (milliseconds) => Math.floor(milliseconds / 1000);
  const place = { ...location };
  const errors = [];
  let timer;

  /* A single value is a list of one; "multi" keeps the difference. */
  const selected = ({ name, label, type, value }) => ({
    name,
    label,
    type,
    multi: Array.isArray(value),
    values: Array.isArray(value) ? value : [value].filter(Boolean),
  });

  const payload = (type) => ({
    uuid,
    type,
    hasFocus: document.hasFocus(),
    options,
    host: { hostname: place.hostname, port: place.port, protocol: place.protocol, buildInfo, licenseInfo },
    dashboard: { name: dashboardName, uid: place.pathname.split('/')[2] },
    user,
    variables: variables.map(selected),
    timeRange: { from: seconds(Date.now()) - 21600, to: seconds(Date.now()), raw: { from: 'now-6h', to: 'now' } },
    timeZone: 'browser',
    timeOrigin: seconds(performance.timeOrigin),
    time: seconds(Date.now()),
  });

  function flat(value, path = '', found = {}) {
    for (const [key, one] of Object.entries(value)) {
      const whole = path ? `${path}.${key}` : key;
      if (typeof one === 'object' && one && Object.keys(one).length > 0)
        flat(one, whole, found);
      else
        found[whole] = one;
    }
    return found;
  }

  async function send(type) {
    const body = JSON.stringify(options.flatten ? flat(payload(type)) : payload(type));
    try {
      const { status } = await fetch(options.server, {
        method: 'POST',
        mode: 'no-cors',
        body,
        headers: { 'Content-Type': 'application/json' },
        keepalive: true,
      });
      if (![0, 200, 201, 202, 203, 204].includes(status))
        throw new Error(`status ${status}`);
    } catch (error) {
      errors.push(error.message);
    }
  }

  return {
    uuid,
    errors,
    appear() {
      timer = setInterval(() => document.hasFocus() && send('heartbeat'), options.heartbeatInterval * 1000);
      return send('start');
    },
    go() {
      clearInterval(timer);
      send('end');
    },
  };
})(window.grafana);

/* Delivery: each metric arrives exactly once. */

import assert from 'node:assert/strict';

import {
  arrived, command, site, thirdParty, totalNow, until, visitTest,
} from './client-site.mjs';
import { root } from './site.mjs';

const record = /\/record$/;
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const idOf = (body) => JSON.parse(body).batch;
const forgotten = (visit) =>
  until(async () => Object.keys(await visit.stored()).length === 0, 'the stored batches to be forgotten');
const ids = (visit) => visit.bodies().map(idOf);

/* ---- leaving a page ---- */

for (const [how, end] of [
  ['left', (visit) => visit.leave()],
  ['closed', (visit) => visit.page.close({ runBeforeUnload: true })],
  ['hidden', (visit) => visit.hide()],
])
  visitTest(`a page that is ${how} delivers by beacon, as a string`, async (visit) => {
    await visit.open();
    await visit.flush();
    const sent = visit.pushes.length;
    await visit.increment(3);
    await end(visit);
    await visit.counted(3);
    const beacons = visit.pushes.slice(sent);
    if (how === 'closed')
      return; /* Playwright reports no requests of a closed page. */
    assert.ok(beacons.length >= 1 && beacons.every((push) => push.resourceType() === 'ping'));
    assert.match(beacons[0].headers()['content-type'], /^text\/plain/);
  });

visitTest('the next page repeats a beacon, which counts once', async (visit) => {
  await visit.open();
  await visit.increment(3);
  await visit.leave();
  await visit.counted(3);
  const beacons = new Set(ids(visit));
  await visit.open('', { path: '/next' });
  await visit.flush();
  await forgotten(visit);
  const again = visit.pushes.filter((push) => push.resourceType() === 'fetch').map((push) => idOf(push.postData()));
  for (const id of beacons)
    assert.equal(again.filter((one) => one === id).length, 1, 'each beacon is repeated by one fetch');
  await visit.counted(3);
  await visit.arrived('web_page_views_total', { 'device=desktop,navigation=navigate': 2 });
});

visitTest('a page that is hidden and shown repeatedly counts once', async (visit) => {
  await visit.open();
  for (let i = 1; i <= 5; i++) {
    await visit.increment(i);
    await visit.hide();
    await visit.show();
  }
  await visit.flush();
  await visit.counted(15);
  await forgotten(visit);
});

for (const [where, attributes] of [['kept', ''], ['kept in memory', 'data-no-storage']])
  visitTest(`a batch that sendBeacon refuses is ${where}`, async (visit) => {
    await visit.open(attributes);
    await visit.increment(3);
    await visit.hide();
    assert.ok(await visit.evaluate(() => window.beacons) >= 1, 'sendBeacon was called');
    assert.equal(visit.pushes.length, 0);
    assert.equal(Object.keys(await visit.stored()).length, attributes ? 0 : 1);
    await visit.show();
    await visit.increment(4);
    await visit.flush();
    await visit.counted(7);
    assert.ok(visit.pushes.every((push) => push.resourceType() === 'fetch'));
  }, { init: () => { window.beacons = 0; navigator.sendBeacon = () => { window.beacons++; return false; }; } });

visitTest('the next page sends a batch that sendBeacon refused', async (visit) => {
  await visit.open();
  await visit.increment(3);
  await visit.leave();
  assert.equal(await totalNow('test_calls_total', { test: visit.name }), 0);
  await visit.open('', { path: '/next' });
  await visit.counted(3);
}, { init: () => { navigator.sendBeacon = () => false; } });

/* ---- a server that stops and starts ---- */

visitTest('responders killed and started during pushes, a page reloaded: each counts once', async (visit) => {
  await visit.open();
  let count = 0;
  const push = async (times) => {
    while (times--) {
      await visit.increment(1, 10);
      count += 10;
      await visit.call('flush');
      await sleep(15);
    }
  };
  await push(10);
  await Promise.all([push(10), command('kill responders')]);
  await visit.page.reload();
  await push(10);
  await Promise.all([push(10), command('start responders')]);
  await push(5);
  await visit.page.reload();
  await push(5);
  await visit.flush();
  await visit.counted(count);
  await forgotten(visit);
  await visit.arrived('web_page_views_total', {
    'device=desktop,navigation=navigate': 1, 'device=desktop,navigation=reload': 2,
  });
}, { alone: true });

visitTest('the web server stopped and started, the page left in between: each counts once', async (visit) => {
  await visit.open();
  await visit.increment(1);
  await visit.flush();
  await command('stop server');
  try {
    await visit.increment(2);
    await visit.call('flush');
    await until(async () => Object.keys(await visit.stored()).length === 1, 'the failed push to be kept');
    await visit.increment(4);
    await visit.leave();
  } finally {
    await command('start server');
  }
  await visit.open('', { path: '/next' });
  await visit.increment(8);
  await visit.flush();
  await visit.counted(15);
}, { alone: true });

visitTest('lost replies, with a page reloaded in between: each counts once', async (visit) => {
  await visit.open();
  let lost = 0;
  await visit.page.route(record, async (route) => {
    await route.fetch({ url: `${root}/record` }); /* The test's own address of the server. */
    lost++;
    await route.abort('connectionreset').catch(() => {});
  });
  for (let sent = 1; sent <= 2; sent++) {
    await visit.increment(sent);
    /* The page may not know yet that the last reply is lost. */
    await until(async () => {
      if (lost < sent)
        await visit.call('flush');
      return lost >= sent;
    }, 'a reply to get lost');
  }
  await visit.page.reload();
  await visit.page.unroute(record);
  await visit.increment(4);
  await visit.flush();
  await visit.counted(7);
});

visitTest('429, 500, 502 and 503 keep the batch, and it is sent again unchanged', async (visit) => {
  await visit.open();
  await visit.flush();
  for (const [i, status] of [429, 500, 502, 503].entries()) {
    visit.pushes.length = 0;
    await visit.page.route(record, (route) => route.fulfill({ status }));
    await visit.increment(3);
    for (let sent = 1; sent <= 2; sent++) {
      /* The page may not have read the last reply yet: then a flush sends nothing and is
       * repeated. */
      await until(async () => {
        if (visit.pushes.length < sent)
          await visit.call('flush');
        return visit.pushes.length >= sent && (await visit.pushes[sent - 1].response());
      }, 'the reply');
    }
    await until(async () => Object.keys(await visit.stored()).length === 1, 'the batch to be kept');
    await visit.page.unroute(record);
    await visit.flush();
    await visit.counted(3 * (i + 1));
    await forgotten(visit);
    assert.equal(new Set(visit.bodies().slice(0, 3)).size, 1, `${status}: the same batch each time`);
  }
});

visitTest('400, 403, 413 and 415 drop the batch', async (visit) => {
  await visit.open();
  await visit.flush();
  for (const [i, status] of [400, 403, 413, 415].entries()) {
    visit.pushes.length = 0;
    await visit.page.route(record, (route) => route.fulfill({ status }), { times: 1 });
    await visit.increment(3);
    await visit.flush();
    await visit.increment(4);
    await visit.flush();
    await visit.counted(4 * (i + 1));
    assert.equal(new Set(ids(visit)).size, visit.pushes.length, `${status}: none is sent again`);
  }
});

/* Runs timers 500 times as fast, and records their delays. */
function hastenTimers() {
  const original = window.setTimeout;
  window.waits = [];
  window.setTimeout = (run, ms, ...more) => {
    if (ms >= 5000)
      window.waits.push(ms);
    return original(run, ms >= 5000 ? ms / 500 : ms, ...more);
  };
}

visitTest('the client sends after ten seconds, and backs off after failures', async (visit) => {
  await visit.page.route(record, (route) => route.fulfill({ status: 503 }));
  await visit.open();
  await visit.increment(3);
  await until(() => visit.evaluate(() => window.waits.length >= 8), 'eight attempts');
  const waits = await visit.evaluate(() => window.waits.slice(0, 8));
  assert.ok(Math.abs(waits[0] - 10000) <= 1000, `${waits}`);
  /* A call during an attempt asks for the next attempt, before the delay is doubled. */
  assert.ok(waits.every((wait, i) => wait >= (waits[i - 1] || 0) && wait <= 310000) && waits[7] >= 240000, `${waits}`);
  assert.equal(new Set(ids(visit)).size, 1, 'one batch in all attempts');
  await visit.page.unroute(record);
  await visit.counted(3);
  await until(() => visit.call('pending').then((pending) => pending === 0), 'the last reply');
  await visit.evaluate(() => { window.waits = []; });
  await visit.increment();
  await visit.counted(4);
  assert.ok(Math.abs((await visit.evaluate(() => window.waits))[0] - 10000) <= 1000, 'back to the first delay');
}, { init: hastenTimers });

visitTest('nothing is sent without metrics', async (visit) => {
  await visit.open();
  await visit.flush();
  await until(() => visit.evaluate(() => performance.getEntriesByName('first-contentful-paint').length), 'the first paint');
  await sleep(300);
  await visit.flush();
  const sent = visit.pushes.length;
  await visit.call('flush');
  await visit.hide();
  await visit.show();
  await sleep(100);
  const more = visit.bodies().slice(sent).map((body) => JSON.parse(body).metrics.map(({ metricName }) => metricName));
  /* Vitals may end when the page is first hidden. */
  assert.ok(more.length <= 1 && more.flat().every((name) => /^web_(lcp|inp|cls)/.test(name)), JSON.stringify(more));
});

/* ---- sizes ---- */

visitTest('batches are split below 16 KiB', async (visit) => {
  await visit.open();
  await visit.evaluate((labels) => {
    for (let i = 0; i < 3000; i++)
      window.tallyman('observe', 'test_wait_seconds', labels, 0.12345678901234 + i / 1e6);
    for (let i = 0; i < 500; i++)
      window.tallyman('increment', 'test_unlisted_total', { ...labels, text: 'ü'.repeat(30) + i });
  }, { test: visit.name });
  await visit.flush();
  await arrived('test_wait_seconds_count', { test: visit.name }, { '': 3000 });
  assert.ok(visit.pushes.length > 5);
  assert.equal(visit.pushed('test_unlisted_total').length, 500);
  for (const push of visit.pushes)
    assert.ok(push.postDataBuffer().length <= 16384, `${push.postDataBuffer().length} bytes`);
});

visitTest('a page that is left with large batches loses nothing', async (visit) => {
  await visit.open();
  await visit.evaluate((labels) => {
    for (let i = 0; i < 5000; i++)
      window.tallyman('observe', 'test_wait_seconds', labels, 0.12345678901234 + i / 1e6);
  }, { test: visit.name });
  await visit.leave();
  /* A browser accepts 64 KiB of beacons at a time; the rest waits. */
  await visit.open('', { path: '/next' });
  await visit.flush();
  await arrived('test_wait_seconds_count', { test: visit.name }, { '': 5000 });
});

visitTest('stored batches are limited in number and size', async (visit) => {
  await visit.open();
  await visit.page.route(record, (route) => route.fulfill({ status: 503 }));
  for (let i = 0; i < 25; i++) {
    await visit.increment(1 + i / 100);
    await visit.hide();
    await visit.show();
  }
  const few = Object.values(await visit.stored()).map((text) => JSON.parse(text));
  assert.equal(few.length, 20);
  assert.ok(few.some(({ body }) => body.includes('1.24')) && !few.some(({ body }) => body.includes('1.01,')), 'the newest');
  await visit.evaluate((labels) => {
    for (let n = 0; n < 3; n++)
      for (let i = 0; i < 5000; i++)
        window.tallyman('observe', 'test_wait_seconds', { ...labels, n }, 0.12345678901234 + i / 1e6);
  }, { test: visit.name });
  await visit.hide();
  const stored = Object.entries(await visit.stored()).join('').length;
  assert.ok(stored > 64 * 1024 && stored <= 132 * 1024, `${stored} characters`);
});

/* Entries that an earlier page may have left: key, server, minutes ago. */
const leaveStored = (visit, entries) => visit.evaluate(([all, labels]) => {
  for (const { id, ...entry } of all)
    localStorage.setItem(`tallyman:${id}`, entry.text ?? JSON.stringify({
      url: entry.url, born: Date.now() - entry.minutes * 60000,
      body: JSON.stringify({
        batch: id, metrics: [{ metricName: 'test_calls_total', metricType: 'counter', labels, inc: entry.inc }],
      }),
    }));
}, [entries, { test: visit.name }]);

const idMinutesAgo = (minutes) => {
  const time = (Date.now() - minutes * 60000).toString(16).padStart(12, '0');
  const random = () => Math.random().toString(16).slice(2).padEnd(12, '0').slice(0, 12);
  return `${time.slice(0, 8)}-${time.slice(8)}-7abc-8abc-${random()}`;
};

visitTest('only stored batches that are recent, intact and of this client are sent', async (visit) => {
  const url = `${site}/tallyman/record`;
  await visit.open('', { script: ' ', path: '/before' });
  await leaveStored(visit, [
    { id: idMinutesAgo(45), url, minutes: 45, inc: 1 },
    { id: idMinutesAgo(1), url, minutes: 1, inc: 2 },
    { id: idMinutesAgo(51), url, minutes: 51, inc: 4 },
    { id: idMinutesAgo(600), url, minutes: 600, inc: 8 },
    { id: idMinutesAgo(1), url: `${thirdParty}/tallyman/record`, minutes: 1, inc: 16 },
    { id: 'broken', text: '{"url":' },
    { id: 'null', text: 'null' },
    { id: 'number', text: '7' },
  ]);
  await visit.evaluate(() => localStorage.setItem('theirs', 'kept'));
  await visit.open();
  await visit.counted(3);
  await until(async () => Object.keys(await visit.stored()).length === 1, 'the sent ones to be forgotten');
  assert.equal(await visit.evaluate(() => localStorage.getItem('theirs')), 'kept');
  assert.deepEqual(Object.values(await visit.stored()).map((text) => JSON.parse(text).url), [`${thirdParty}/tallyman/record`]);
});

visitTest('two tabs that send the same stored batch count once', async (visit) => {
  await visit.open();
  await visit.increment(3);
  await visit.leave();
  const second = await visit.context.newPage();
  const url = visit.add('', { path: '/next' });
  await Promise.all([visit.page.goto(url), second.goto(url)]);
  await visit.flush();
  await second.close({ runBeforeUnload: true });
  await visit.counted(3);
});

/* ---- a wrong clock ---- */

const setClock = (hours) => `{
  const original = Date.now;
  Date.now = () => original() + ${hours} * 3600000;
}`;

for (const [where, attributes] of [['its own server', ''], ['another origin', `data-server="${thirdParty}/tallyman"`]])
  for (const hours of [3, -3])
    visitTest(`a clock that is ${hours} h off is corrected by the reply of ${where}`, async (visit) => {
      await visit.context.addInitScript(setClock(hours));
      await visit.open(attributes && '', attributes && {
        script: `<script defer src="/tallyman/static/tallyman.js" ${attributes} data-page="${visit.name}"></script>`,
      });
      await visit.increment(3);
      await visit.flush();
      await visit.counted(3);
      const sent = visit.pushes.length;
      await visit.increment(4);
      await visit.flush();
      await visit.counted(7);
      const statuses = await Promise.all(visit.pushes.map(async (push) => (await push.response()).status()));
      assert.equal(statuses[0], 400);
      assert.deepEqual(statuses.slice(sent), statuses.slice(sent).map(() => 200), 'the clock is corrected');
    });

visitTest('the next page corrects a beacon with a wrong clock', async (visit) => {
  await visit.context.addInitScript(setClock(3));
  await visit.open();
  await visit.increment(3);
  await visit.leave();
  await visit.open('', { path: '/next' });
  await visit.increment(4);
  await visit.flush();
  await visit.counted(7);
});

visitTest('several batches with a wrong clock', async (visit) => {
  await visit.context.addInitScript(setClock(-3));
  await visit.open();
  await visit.evaluate((labels) => {
    for (let i = 0; i < 3000; i++)
      window.tallyman('observe', 'test_wait_seconds', labels, 0.12345678901234 + i / 1e6);
  }, { test: visit.name });
  await visit.flush();
  await arrived('test_wait_seconds_count', { test: visit.name }, { '': 3000 });
});

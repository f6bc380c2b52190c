/*
 * Tallyman's browser client: adds up what a page counts, observes and sets,
 * and pushes it to POST <server root>/record.
 *
 *   tallyman('increment', name, labels, by = 1)
 *   tallyman('observe', name, labels, value)
 *   tallyman('gauge', name, labels, value)
 *   tallyman('flush')     sends now what would be sent within ten seconds
 *   tallyman('pending')   how many calls the server has not acknowledged yet
 *
 * Loaded by a tag:
 *   <script defer src="/tallyman/static/tallyman.js"
 *           data-server="/tallyman"></script>
 * or by the asynchronous snippet of peardeck's aggregatorClient.js, whose
 * global function, early calls and server root it takes over.
 *
 * Nothing here may ever disturb the page: no call throws, and a server that
 * fails or is blocked costs one quiet request now and then.
 */
(function () {
  'use strict';

  var FLUSH_MS = 10 * 1000;
  var MAX_WAIT_MS = 5 * 60 * 1000;
  /* Room below 16 KiB for the envelope of a batch. */
  var BATCH_BYTES = 16 * 1024 - 128;
  /* Of one metric in one batch; a number takes at most 24 bytes. */
  var OBSERVATIONS_PER_METRIC = 200;
  /* Kept of one series while the server cannot be reached. */
  var MAX_VALUES = 5000;
  /* The server knows a batch id for an hour; sent later it could count twice. */
  var MAX_AGE_MS = 50 * 60 * 1000;

  var script = document.currentScript;
  var snippetName = window.PrometheusAggregatorObjectName;
  var globalName = snippetName || 'prometheusAggregator';
  var recordUrl = absolute(serverRoot(window[globalName]) + '/record');

  var series = new Map();  /* key -> what was called since the last seal */
  var calls = 0;           /* how many calls are in series */
  var batches = [];        /* sealed, not acknowledged, oldest first */
  var sending = null;      /* the batch a fetch is carrying */
  var timer = 0;
  var wait = FLUSH_MS;

  /* The tag or the snippet says it; else it is where this file lies, without
   * the last directory when that is called static. */
  function serverRoot(stub) {
    var said = script && script.getAttribute('data-server');
    if (said === null && stub)
      said = stub.aggregatorServerRoot;
    if (typeof said === 'string')
      return said.replace(/\/+$/, '');
    return script ? script.src.replace(/[?#].*/, '').replace(/(\/static)?\/[^/]*$/, '') : '';
  }

  /* Absolute from the start: a page may change its own address later. */
  function absolute(url) {
    var link = document.createElement('a');
    link.href = url;
    return link.href;
  }

  /* Time-ordered (RFC 9562, version 7), so that the server's index of batches
   * it has seen stays cheap. */
  function uuid7() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    var now = Date.now();
    for (var i = 5; i >= 0; i--) {
      bytes[i] = now % 256;
      now = Math.floor(now / 256);
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x70;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    var hex = Array.from(bytes, function (byte) {
      return (byte + 256).toString(16).slice(1);
    }).join('');
    return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /* A copy, sorted: the caller may change its object, and {a, b} and {b, a}
   * are the same series. */
  function labelSet(labels) {
    var sorted = {};
    Object.keys(labels || {}).sort().forEach(function (name) {
      sorted[name] = String(labels[name]);
    });
    return sorted;
  }

  function seriesOf(type, name, labels) {
    labels = labelSet(labels);
    var key = JSON.stringify([type, name, labels]);
    var one = series.get(key);
    if (!one) {
      one = { type: type, name: String(name), labels: labels, sum: 0, values: [] };
      series.set(key, one);
    }
    return one;
  }

  /* What the server takes: beyond 2^53 it refuses the whole metric. */
  function isNumber(value) {
    return typeof value === 'number' && Math.abs(value) <= Math.pow(2, 53);
  }

  var types = { increment: 'counter', observe: 'histogram', gauge: 'gauge' };

  function add(call, name, labels, value) {
    if (call === 'increment' && value === undefined)
      value = 1;
    if (!isNumber(value) || (call === 'increment' && value < 0))
      return console.warn('tallyman: ' + call + ' ' + name + ': not a usable number:', value);

    var one = seriesOf(types[call], name, labels);
    if (call === 'increment')
      one.sum += value;
    else if (one.values.length < MAX_VALUES)
      one.values.push(value);
    else
      one.values[MAX_VALUES - 1] = value;
    calls++;
    schedule();
  }

  /* The metrics of one series as /record takes them. Every value of a gauge
   * is sent, in order, because the family may keep the highest or the sum. */
  function metricsOf(one) {
    function metric(key, value) {
      var it = { metricName: one.name, metricType: one.type, labels: one.labels };
      it[key] = value;
      return it;
    }
    if (one.type === 'counter')
      return [metric('inc', one.sum)];
    if (one.type === 'gauge')
      return one.values.map(function (value) { return metric('value', value); });
    var metrics = [];
    for (var i = 0; i < one.values.length; i += OBSERVATIONS_PER_METRIC)
      metrics.push(metric('observations', one.values.slice(i, i + OBSERVATIONS_PER_METRIC)));
    return metrics;
  }

  function byteLength(text) {
    return new TextEncoder().encode(text).length;
  }

  /* Turns what was called into batches that from now on never change: sent
   * again, a batch has the same id and the same content. */
  function seal() {
    var sealed = [];
    var parts = [];
    var size = 0;

    function close() {
      if (!parts.length)
        return;
      sealed.push({
        body: '{"batch":"' + uuid7() + '","metrics":[' + parts.join(',') + ']}',
        born: Date.now(),
        calls: 0
      });
      parts = [];
      size = 0;
    }

    series.forEach(function (one) {
      metricsOf(one).forEach(function (metric) {
        var text = JSON.stringify(metric);
        var bytes = byteLength(text) + 1;
        if (size + bytes > BATCH_BYTES)
          close();
        parts.push(text);
        size += bytes;
      });
    });
    close();

    if (sealed.length)
      sealed[sealed.length - 1].calls = calls;
    batches = batches.concat(sealed);
    series.clear();
    calls = 0;
  }

  function dropOld() {
    var oldest = Date.now() - MAX_AGE_MS;
    batches = batches.filter(function (batch) {
      return batch === sending || batch.born > oldest;
    });
  }

  function schedule() {
    if (!timer && (calls || batches.length))
      timer = setTimeout(flush, wait);
  }

  /* While batches wait for a server that fails, calls go on being added up,
   * so that an outage costs no memory. */
  function flush() {
    clearTimeout(timer);
    timer = 0;
    if (sending)
      return;
    dropOld();
    if (!batches.length)
      seal();
    sendNext();
  }

  /* One after the other: browsers allow 64 KiB of keepalive at a time. */
  function sendNext() {
    var batch = batches[0];
    if (!batch)
      return schedule();
    sending = batch;
    send(batch.body).then(function (answered) {
      sending = null;
      if (answered) {
        wait = FLUSH_MS;
        batches = batches.filter(function (other) { return other !== batch; });
        sendNext();
      } else {
        wait = Math.min(wait * 2, MAX_WAIT_MS);
        schedule();
      }
    });
  }

  /* Resolves to whether the server has decided. A string goes out as
   * text/plain, which needs no preflight from another origin. */
  function send(body) {
    try {
      return fetch(recordUrl, { method: 'POST', body: body, keepalive: true })
        .then(function (response) {
          return response.status !== 429 && response.status < 500;
        })
        .catch(function () { return false; });
    } catch (e) {
      return Promise.resolve(false);
    }
  }

  /* The page may be gone after this, so everything leaves at once. What a
   * fetch is carrying is left to it: keepalive outlives the page. */
  function leave() {
    if (!navigator.sendBeacon)
      return flush();
    seal();
    dropOld();
    batches = batches.filter(function (batch) {
      return batch === sending || !beacon(batch.body);
    });
    schedule();
  }

  function beacon(body) {
    try {
      return navigator.sendBeacon(recordUrl, body);
    } catch (e) {
      return false;
    }
  }

  function pending() {
    return batches.reduce(function (sum, batch) { return sum + batch.calls; }, calls);
  }

  function tallyman(call) {
    try {
      if (Object.prototype.hasOwnProperty.call(types, call))
        add.apply(null, arguments);
      else if (call === 'flush')
        flush();
      else if (call === 'pending')
        return pending();
      else
        console.warn('tallyman: no such call:', call);
    } catch (e) {
      console.warn('tallyman:', e);
    }
  }

  /* Takes over a name and makes the calls that were kept there until now. */
  function takeOver(name) {
    var stub = window[name];
    window[name] = tallyman;
    ((stub && stub.q) || []).forEach(function (args) {
      tallyman.apply(null, args);
    });
  }

  takeOver(globalName);
  if (typeof window.tallyman !== 'function' || window.tallyman.q)
    takeOver('tallyman');

  document.addEventListener('visibilitychange', function () {
    if (document.visibilityState === 'hidden')
      leave();
  });
  window.addEventListener('pagehide', leave);
})();

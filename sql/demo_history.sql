-- A history for the dashboard of `make run`: 740 days of a fictitious shop up
-- to now, with weekdays, hours and growth, a release that makes pages faster,
-- and a day on which the checkout fails. The sqlite3 shell reads it into a
-- fresh database after a responder has inserted the families of fcgi/metrics.d;
-- others are left out. The same end time gives the same numbers; to choose it:
--
--   sqlite3 -cmd '.parameter set :now 1767225600' tallyman.db < demo_history.sql
--
-- Sums are multiples of 1/1024: in any order of addition the totals are
-- exactly the sums of the history.

.bail on
PRAGMA temp_store = memory;
PRAGMA synchronous = off;

-- --- Time -------------------------------------------------------------------

CREATE TEMP TABLE clock AS
SELECT now, now / 86400 * 86400 AS today, (now - 2 * 86400) / 3600 * 3600 AS steps
FROM (SELECT CAST(coalesce(:now, unixepoch()) AS INTEGER) / 300 * 300 AS now);

-- Two days in steps of five minutes, before them whole days of hours, and
-- before those days.
-- views:  of all pages.
-- state:  flags: 1 since the release, 2 while the checkout fails, 4 for a slow
--         day.
-- broken: the share of the period in which the checkout fails.
CREATE TEMP TABLE period AS
WITH RECURSIVE
step (at) AS (SELECT steps FROM clock
              UNION ALL SELECT at + 300 FROM step, clock WHERE at + 300 < now),
hour (at) AS (SELECT today - 21 * 86400 FROM clock
              UNION ALL SELECT at + 3600 FROM hour, clock WHERE at + 3600 < steps),
day (at) AS (SELECT today - 740 * 86400 FROM clock
             UNION ALL
             SELECT at + 86400 FROM day, clock WHERE at < today - 22 * 86400),
every (at, length) AS (SELECT at, 300 FROM step
                       UNION ALL SELECT at, 3600 FROM hour
                       UNION ALL SELECT at, 86400 FROM day),
dated AS (
    SELECT at, length, (today - at) / 86400.0 AS age, at / 86400 AS day,
           at >= today - 5 * 86400 + 13 * 3600 AND at < today - 5 * 86400 + 16 * 3600
           AS failing,
           strftime('%w', at, 'unixepoch') IN ('0', '6') AS weekend,
           substr('00140009000600050006001100220038005200580060005900620060005700550056'
                  || '0058006300680070006000340017', at / 3600 % 24 * 4 + 1, 4) / 1000.0
           AS hour
    FROM every, clock
)
SELECT at, length,
       4500 * exp(age / -420.0) * iif(weekend, 0.62, 1.1)
       * (0.94 + 0.12 * (day * day * 7919 % 1009) / 1009.0)
       * CASE length WHEN 86400 THEN 1 WHEN 3600 THEN hour ELSE hour / 12 END AS views,
       (age < 19) + 2 * failing + 4 * (day * day * 104729 % 7 < 3) AS state,
       iif(failing, 1, iif(age = 97, 0.08, 0)) AS broken
FROM dated;

-- --- Series -----------------------------------------------------------------

-- views:  counts for each page view.
-- broken: factor while the checkout fails.
-- median: of a histogram; released, slow: factors since the release, and while
--         the checkout fails.
-- none:   share of values that are 0.
CREATE TEMP TABLE shape (
    family TEXT, labels TEXT, views REAL, broken REAL DEFAULT 1, median REAL,
    released REAL DEFAULT 1, slow REAL DEFAULT 1, none REAL DEFAULT 0
);

CREATE TEMP TABLE page (page, share, weight, faulty);
INSERT INTO page
VALUES ('home', 0.26, 1, 1), ('search', 0.12, 0.85, 1), ('product', 0.31, 1.2, 1.5),
       ('cart', 0.08, 0.8, 2), ('checkout', 0.05, 0.9, 3), ('account', 0.06, 0.75, 1),
       ('blog', 0.08, 1.1, 0.6), ('help', 0.04, 0.6, 0.5);

CREATE TEMP TABLE device (device, share, slow);
INSERT INTO device VALUES ('desktop', 0.46, 1), ('mobile', 0.49, 1.45), ('tablet', 0.05, 1.2);

INSERT INTO shape (family, labels, views, broken)
SELECT 'web_page_views_total',
       json_object('device', device, 'navigation', navigation, 'page', page),
       page.share * device.share * how.share, iif(page = 'checkout', 2.2, 1)
FROM page, device, (SELECT 'navigate' AS navigation, 0.79 AS share
                    UNION ALL VALUES ('reload', 0.05), ('back-forward', 0.11),
                                     ('back-forward-cache', 0.05)) AS how;

INSERT INTO shape (family, labels, views)
SELECT 'web_visits_total', json_object('device', device, 'page', page, 'source', source),
       0.35 * entry.share * source.share * device.share
FROM device,
     (SELECT 'home' AS page, 0.46 AS share
      UNION ALL VALUES ('product', 0.33), ('blog', 0.16), ('help', 0.05)) AS entry,
     (SELECT 'search' AS source, 0.41 AS share
      UNION ALL VALUES ('direct', 0.34), ('social', 0.1), ('newsletter', 0.08),
                       ('prices.example', 0.05), ('other', 0.02)) AS source
WHERE device <> 'tablet';

INSERT INTO shape (family, labels, views, median, released, slow, none)
SELECT family, json_object('device', device, 'navigation', 'navigate', 'page', page),
       page.share * device.share * 0.7 * vital.share,
       median * page.weight * device.slow,
       iif(page IN ('home', 'product', 'search'), vital.released, 1),
       iif(page = 'checkout', vital.slow, 1), none
FROM page, device,
     (SELECT 'web_lcp_seconds' AS family, 0.95 AS share, 1.75 AS median, 0.68 AS released,
             1.9 AS slow, 0 AS none
      UNION ALL VALUES ('web_fcp_seconds', 1, 1.0, 0.8, 1.5, 0),
                       ('web_ttfb_seconds', 1, 0.28, 0.9, 2.5, 0),
                       ('web_inp_seconds', 0.7, 0.11, 0.9, 1.6, 0),
                       ('web_cls_ratio', 0.9, 0.035, 0.55, 1, 0.4)) AS vital
WHERE device <> 'tablet';

INSERT INTO shape (family, labels, views, broken)
SELECT family, json_object('kind', kind, 'page', page), page.share * faulty * rate,
       iif(page = 'checkout' AND kind = 'TypeError', 70, 1)
FROM page, (SELECT 'web_errors_total' AS family, 'TypeError' AS kind, 0.0028 AS rate
            UNION ALL VALUES ('web_errors_total', 'ReferenceError', 0.0006),
                             ('web_errors_total', 'Error', 0.0009),
                             ('web_errors_total', 'resource', 0.0035),
                             ('web_unhandled_rejections_total', 'TypeError', 0.0009),
                             ('web_unhandled_rejections_total', 'Error', 0.0007));

INSERT INTO shape (family, labels, views)
SELECT 'web_csp_violations_total', json_object('directive', directive, 'page', page),
       page.share * rate
FROM page, (SELECT 'script-src' AS directive, 0.0008 AS rate
            UNION ALL VALUES ('img-src', 0.0005));

INSERT INTO shape (family, labels, views, median, released, slow)
SELECT 'web_navigation_seconds', json_object('page', page, 'phase', phase),
       page.share * 0.7 * often, phase.median * page.weight,
       iif(phase IN ('dom', 'load'), 0.75, 1), iif(page = 'checkout', 2, 1)
FROM page, (SELECT 'dns' AS phase, 0.3 AS often, 0.012 AS median
            UNION ALL VALUES ('connect', 0.35, 0.03), ('tls', 0.35, 0.035),
                             ('request', 1, 0.12), ('response', 1, 0.04),
                             ('dom', 1, 0.7), ('load', 0.95, 1.6)) AS phase
WHERE page IN ('home', 'product', 'checkout');

INSERT INTO shape (family, labels, views, median)
SELECT 'web_resource_seconds', json_object('initiator', initiator, 'party', party),
       often, median
FROM (SELECT 'script' AS initiator, 'first' AS party, 2.5 AS often, 0.05 AS median
      UNION ALL VALUES ('script', 'third', 0.8, 0.16), ('link', 'first', 1.2, 0.03),
                       ('img', 'first', 4, 0.07), ('img', 'third', 0.3, 0.2),
                       ('css', 'first', 0.9, 0.06), ('fetch', 'first', 1.1, 0.11));

-- failing: share of failing calls; broken: the same while the checkout fails.
CREATE TEMP TABLE api (method, route, often, median, failing, broken, released, slow);
INSERT INTO api
VALUES ('GET', 'products', 0.42, 0.12, 0.002, 1, 0.8, 1),
       ('GET', 'search', 0.2, 0.24, 0.004, 1, 0.7, 1),
       ('GET', 'cart', 0.16, 0.07, 0.002, 2, 1, 1.5),
       ('POST', 'cart', 0.09, 0.1, 0.003, 3, 1, 1.6),
       ('POST', 'orders', 0.02, 0.55, 0.008, 45, 1, 5),
       ('POST', 'login', 0.03, 0.3, 0.004, 1, 1, 1),
       ('GET', 'reviews', 0.14, 0.18, 0.006, 1, 1, 1);
INSERT INTO shape (family, labels, views, broken, median, released, slow)
SELECT family, json_object('method', method, 'route', route, 'status', status),
       often * CASE status WHEN '2xx' THEN 1 - failing ELSE failing * share END,
       CASE status WHEN '2xx' THEN 1 - failing * broken ELSE broken END,
       iif(family LIKE '%seconds', median, NULL), released, slow
FROM api, (SELECT 'web_requests_total' AS family
           UNION ALL VALUES ('web_request_seconds')),
     (SELECT '2xx' AS status, 0 AS share
      UNION ALL VALUES ('5xx', 0.7), ('4xx', 2), ('error', 0.3));

-- Families other than those of the shop's pages: an application, the demo page,
-- spans.
INSERT INTO shape (family, labels, views)
SELECT 'app_load_succeeded', json_object('app', app), share
FROM (SELECT 'student' AS app, 0.3 AS share
      UNION ALL VALUES ('teacher', 0.06), ('editor', 0.03), ('home', 0.12), ('join', 0.2));
INSERT INTO shape (family, labels, views)
SELECT family, json_object('browser', browser, 'feature', feature), feature.often * scale * browser.share
FROM (SELECT 'usage_total' AS family, 1 AS scale
      UNION ALL VALUES ('demo_usage_total', 0.1)),
     (SELECT 'chrome' AS browser, 0.55 AS share
      UNION ALL VALUES ('firefox', 0.09), ('safari', 0.22), ('edge', 0.11),
                       ('other', 0.03)) AS browser,
     (SELECT 'quickQuestion' AS feature, 0.09 AS often
      UNION ALL VALUES ('selfPacedMode', 0.04), ('blockStudent', 0.01),
                       ('showContent', 0.14)) AS feature;
INSERT INTO shape (family, labels, views, median)
VALUES ('firebase_response_time', '{"firebaseHost":"pd-dev-1.firebaseio.com"}', 0.2, 0.18),
       ('firebase_response_time', '{"firebaseHost":"pd-dev-2.firebaseio.com"}', 0.08, 0.31),
       ('demo_page_views_total', '{}', 0.03, NULL),
       ('demo_response_seconds', '{}', 0.05, 0.2),
       ('demo_ping_seconds', '{"host":"one"}', 0.02, 0.15),
       ('demo_ping_seconds', '{"host":"two"}', 0.02, 0.4),
       ('demo_lcp_seconds', '{}', 0.03, 1.8), ('demo_inp_seconds', '{}', 0.02, 0.12),
       ('demo_cls_ratio', '{}', 0.03, 0.04), ('demo_fcp_seconds', '{}', 0.03, 1.1),
       ('demo_ttfb_seconds', '{}', 0.03, 0.3);
INSERT INTO shape (family, labels, views)
SELECT 'web_logs_total', json_object('level', level, 'page', page), page.share * rate
FROM page, (SELECT 'warn' AS level, 0.01 AS rate UNION ALL VALUES ('error', 0.004))
WHERE page IN ('home', 'product', 'checkout');
INSERT INTO shape (family, labels, views)
SELECT 'web_events_total', json_object('event', event, 'page', page), rate
FROM (SELECT 'add-to-cart' AS event, 'product' AS page, 0.03 AS rate
      UNION ALL VALUES ('order-placed', 'checkout', 0.012), ('filter', 'search', 0.05));
INSERT INTO shape (family, labels, views, broken, median, slow)
SELECT family,
       json_object('service_name', 'shop', 'span_kind', 'SPAN_KIND_SERVER', 'span_name', name,
                   'status_code', status),
       often * iif(status = 'STATUS_CODE_ERROR', 0.004, 1),
       iif(status = 'STATUS_CODE_ERROR', broken, 1), iif(family LIKE '%seconds', median, NULL),
       slow
FROM (SELECT 'GET /products' AS name, 0.42 AS often, 0.05 AS median, 1 AS broken, 1 AS slow
      UNION ALL VALUES ('GET /search', 0.2, 0.12, 1, 1), ('POST /orders', 0.02, 0.3, 80, 5)),
     (SELECT 'STATUS_CODE_UNSET' AS status UNION ALL VALUES ('STATUS_CODE_ERROR')),
     (SELECT 'traces_span_metrics_calls_total' AS family
      UNION ALL VALUES ('traces_span_metrics_duration_seconds'));
INSERT INTO shape (family, labels, views, median)
SELECT 'performance_timing_' || name, '{}', 0.05, median
FROM (SELECT 'responseStart' AS name, 0.25 AS median
      UNION ALL VALUES ('domInteractive', 0.8), ('loadEventEnd', 1.7));

INSERT INTO series (family_id, labels, created_at)
SELECT family.id, shape.labels, today
FROM shape
JOIN family ON family.name = shape.family, clock
WHERE true
ON CONFLICT (family_id, labels) DO NOTHING;

CREATE TEMP TABLE made AS
SELECT series.id AS id, family.bounds AS bounds, shape.*
FROM shape
JOIN family ON family.name = shape.family
JOIN series ON series.family_id = family.id AND series.labels = shape.labels;

-- --- Growth in each period --------------------------------------------------

-- count: counts of the series in the period, pseudo-random.
-- turn:  which of 8 ways to round.
CREATE TEMP TABLE growth AS
WITH odds AS (
    SELECT id, at, length, state, bounds IS NOT NULL AS spread,
           period.views * made.views * (1 + period.broken * (made.broken - 1)) AS expected,
           (id * 48271 + at / 300 * 16807) % 2147483647 AS x
    FROM made
    CROSS JOIN period
),
thrown AS MATERIALIZED (
    SELECT *, (x * x + id) % 2147483647 AS y
    FROM odds
    WHERE expected > 0
)
SELECT id, at, length, state, spread,
       CAST(expected * (0.9 + y % 4099 / 20495.0) + y / 2147483647.0 AS INTEGER) AS count,
       y % 8 AS turn
FROM thrown
WHERE count > 0;

-- The distribution of a histogram depends on series, state and count only, and
-- is made once for each. Rounded counts keep their number low.
UPDATE growth
SET count = iif(count < 6, count, count / (count / 5) * (count / 5)),
    turn = turn % (8 / min(count, 8))
WHERE spread;
CREATE TEMP TABLE spread AS
SELECT row_number() OVER () AS nr, id, state, count, turn, count(*) AS uses
FROM growth
WHERE spread
GROUP BY id, state, count, turn;
CREATE UNIQUE INDEX temp.spread_of ON spread (id, state, count, turn);

-- Values have a log-logistic distribution around the median, as timings do.
-- share: of the values up to the bound of a bucket.
CREATE TEMP TABLE bucket (
    id INTEGER, state INTEGER, key INTEGER, below REAL, share REAL, middle REAL,
    PRIMARY KEY (id, state, key)
) WITHOUT ROWID;
INSERT INTO bucket
WITH bounded AS (
    SELECT made.id AS id, state.value AS state, bound.key AS key, bound.value AS bound,
           CASE WHEN bound.value IS NULL THEN 1
                WHEN bound.value = 0 THEN none
                ELSE none + (1 - none)
                     / (1 + pow(bound.value / (median * iif(state.value & 1, released, 1)
                                               * iif(state.value & 2, slow, 1)
                                               * iif(state.value & 4, 1.05, 0.98)), -2.6))
           END AS share
    FROM made
    JOIN json_each('[0,1,2,3,4,5,6,7]') AS state
    JOIN json_each(json_insert(bounds, '$[#]', NULL)) AS bound
    WHERE bounds IS NOT NULL
)
SELECT id, state, key, coalesce(lag(share) OVER lower, 0), share,
       CAST(1024 * coalesce((bound + coalesce(lag(bound) OVER lower, 0)) / 2,
                            1.2 * lag(bound) OVER lower) AS INTEGER) / 1024.0
FROM bounded
WINDOW lower AS (PARTITION BY id, state ORDER BY key);

CREATE TEMP TABLE cell (
    nr INTEGER, key INTEGER, count INTEGER, sum REAL, PRIMARY KEY (nr, key)
) WITHOUT ROWID;
INSERT INTO cell
WITH rounded AS (
    SELECT nr, key, middle,
           CAST(count * share + (turn + 0.5) / (8 / min(count, 8)) AS INTEGER)
           - CAST(count * below + (turn + 0.5) / (8 / min(count, 8)) AS INTEGER) AS count
    FROM spread
    CROSS JOIN bucket ON bucket.id = spread.id AND bucket.state = spread.state
)
SELECT nr, key, count, count * middle
FROM rounded;

-- --- Steps, hours, days -----------------------------------------------------

-- A value has the form of the history: [sum,count,...], without trailing
-- zeros.
CREATE TEMP TABLE text AS
SELECT nr, '[' || sum(sum) || ',' || replace(rtrim(group_concat(iif(count, count, '-')), ',-'),
                                             '-', '0') || ']' AS value
FROM cell
GROUP BY nr;
CREATE UNIQUE INDEX temp.text_nr ON text (nr);
DELETE FROM cell WHERE count = 0;

CREATE TEMP TABLE history (
    size INTEGER, id INTEGER, at INTEGER, nr INTEGER, value ANY, PRIMARY KEY (size, id, at)
) STRICT, WITHOUT ROWID;
INSERT INTO history
SELECT length, growth.id, at, spread.nr, coalesce(text.value, growth.count)
FROM growth
LEFT JOIN spread ON growth.spread AND spread.id = growth.id AND spread.state = growth.state
    AND spread.count = growth.count AND spread.turn = growth.turn
LEFT JOIN text ON text.nr = spread.nr;

-- The hours of the last two days, and the days that have hours.
INSERT INTO history
SELECT 3600, id, at / 3600 * 3600 AS hour, NULL, sum(value)
FROM history
WHERE size = 300 AND nr IS NULL
GROUP BY id, hour
UNION ALL
SELECT 86400, id, at / 86400 * 86400 AS day, NULL, sum(value)
FROM history
WHERE size < 86400 AND nr IS NULL
GROUP BY id, day;

CREATE TEMP TABLE rolled (
    size INTEGER, id INTEGER, at INTEGER, key INTEGER, count INTEGER, sum REAL,
    PRIMARY KEY (size, id, at, key)
) WITHOUT ROWID;
INSERT INTO rolled
SELECT 3600, id, at / 3600 * 3600 AS hour, key, sum(count), sum(sum)
FROM history
CROSS JOIN cell ON cell.nr = history.nr
WHERE size = 300
GROUP BY id, hour, key
UNION ALL
SELECT 86400, id, at / 86400 * 86400 AS day, key, sum(count), sum(sum)
FROM history
CROSS JOIN cell ON cell.nr = history.nr
WHERE size IN (300, 3600)
GROUP BY id, day, key;
INSERT INTO history
WITH period AS (SELECT DISTINCT size, id, at FROM rolled)
SELECT period.size, period.id, period.at, NULL,
       '[' || sum(sum) || ','
       || replace(rtrim(group_concat(coalesce(count, '-')), ',-'), '-', '0') || ']'
FROM period
CROSS JOIN bucket ON bucket.id = period.id AND state = 0
LEFT JOIN rolled ON rolled.size = period.size AND rolled.id = period.id
    AND rolled.at = period.at AND rolled.key = bucket.key
GROUP BY period.size, period.id, period.at;

-- Gauges are set in each step.
CREATE TEMP TABLE gauge AS
SELECT series.id AS id, family.name = 'demo_queue_depth' AS waits
FROM family
JOIN series ON series.family_id = family.id
WHERE family.name IN ('demo_queue_depth', 'tallyman_client_sample_ratio');
INSERT INTO history
WITH at AS (
    SELECT at, size, min(at + size, now) - 300 AS last
    FROM clock
    JOIN (SELECT DISTINCT at, size FROM history)
)
SELECT size, id, at, NULL,
       iif(waits, 4 + last / 3600 * 7 % 11 + last / 300 * 5 % 7
                  + iif(last / 3600 % 24 BETWEEN 7 AND 20, 9, 0)
                  + 40 * (last >= today - 5 * 86400 + 13 * 3600
                          AND last < today - 5 * 86400 + 16 * 3600), 1)
FROM at, gauge, clock;

-- --- Into the database ------------------------------------------------------

CREATE TEMP TABLE counted (
    id INTEGER PRIMARY KEY, value REAL, sum REAL, count INTEGER, buckets TEXT
);
INSERT INTO counted
SELECT made.id, coalesce(sum(value), 0), 0, 0, NULL
FROM made
LEFT JOIN history ON history.id = made.id AND size = 86400
WHERE bounds IS NULL
GROUP BY made.id;
INSERT INTO counted
SELECT id, value, 0, count(*) OVER (PARTITION BY id), NULL
FROM gauge
JOIN history USING (id)
WHERE size = 300
ORDER BY at DESC
LIMIT (SELECT count(*) FROM gauge);
INSERT INTO counted
WITH every AS (
    SELECT id, key, sum(uses * cell.count) AS count, sum(uses * sum) AS sum
    FROM spread
    CROSS JOIN cell ON cell.nr = spread.nr
    GROUP BY id, key
)
SELECT bucket.id, 0, coalesce(sum(sum), 0), coalesce(sum(count), 0),
       json_group_array(coalesce(count, 0))
FROM bucket
LEFT JOIN every ON every.id = bucket.id AND every.key = bucket.key
WHERE state = 0
GROUP BY bucket.id;

BEGIN;
INSERT INTO history_step (series_id, at, value)
SELECT id, at, value
FROM history
WHERE size = 300;
INSERT INTO history_hour (series_id, day, hours)
WITH spaced AS (
    SELECT id, at / 86400 * 86400 AS day, value, at / 3600 % 24 AS nr,
           coalesce((SELECT one.at / 3600 % 24 FROM history AS one
                     WHERE one.size = 3600 AND one.id = history.id AND one.at < history.at
                       AND one.at >= history.at / 86400 * 86400
                     ORDER BY one.at DESC LIMIT 1), -1) AS last
    FROM history
    WHERE size = 3600
)
SELECT id, day,
       '[' || group_concat(substr('0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,', 1,
                                  2 * (nr - last - 1)) || value) || ']'
FROM spaced
GROUP BY id, day;
INSERT INTO history_day (series_id, day, value)
SELECT id, at, value
FROM history
WHERE size = 86400;
INSERT INTO total (series_id, value, sum, count, buckets, updated_at)
SELECT id, value, sum, count, buckets,
       coalesce((SELECT max(at) FROM history WHERE size = 300 AND history.id = counted.id),
                (SELECT max(at) FROM history WHERE size = 3600 AND history.id = counted.id),
                today)
FROM counted, clock
WHERE true
ON CONFLICT (series_id) DO UPDATE
SET value = excluded.value, sum = excluded.sum, count = excluded.count,
    buckets = excluded.buckets, updated_at = excluded.updated_at;
INSERT INTO history_mark (series_id, value, sum, count, buckets)
SELECT id, value, sum, count, buckets
FROM counted;
UPDATE series SET created_at = (SELECT today - 740 * 86400 FROM clock);
UPDATE meta
SET value = (SELECT CASE key WHEN 'history_step_since' THEN steps
                             WHEN 'history_hour_since' THEN today - 21 * 86400
                             WHEN 'history_next' THEN 1 -- The next turns count the size.
                             ELSE today - 740 * 86400 END
             FROM clock)
WHERE key IN ('history_since', 'history_step_since', 'history_hour_since', 'history_next');
COMMIT;

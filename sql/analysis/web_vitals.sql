-- How many page views had good web vitals, and how many poor ones?
-- The limits are Google's; each is a bound of its histogram, so the shares are
-- exact.
WITH vital (position, family, vital, good, poor) AS (
    VALUES (1, 'web_lcp_seconds', 'largest content', 2.5, 4.0),
           (2, 'web_inp_seconds', 'reaction to input', 0.2, 0.5),
           (3, 'web_cls_ratio', 'layout shift', 0.1, 0.25),
           (4, 'web_fcp_seconds', 'first content', 1.8, 3.0),
           (5, 'web_ttfb_seconds', 'first byte', 0.8, 1.8)
)
SELECT vital.vital,
       CAST(total(bucket.count) AS INTEGER) AS views,
       round(1000.0 * total(bucket.count) FILTER (WHERE bucket.le <= vital.good)
             / total(bucket.count)) / 10 AS good_percent,
       round(1000.0 * total(bucket.count) FILTER (WHERE bucket.le > vital.poor)
             / total(bucket.count)) / 10 AS poor_percent
FROM vital
JOIN histogram_buckets AS bucket ON bucket.family = vital.family
WHERE bucket.family IN ('web_lcp_seconds', 'web_inp_seconds', 'web_cls_ratio',
                        'web_fcp_seconds', 'web_ttfb_seconds')
GROUP BY vital.position
HAVING total(bucket.count) > 0
ORDER BY vital.position;

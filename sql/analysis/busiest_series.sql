-- Which series count most?
-- Totals of counters, and numbers of observations of histograms and summaries;
-- without what Tallyman counts of itself.
SELECT family, labels, total AS counted FROM counter_totals
WHERE total > 0 AND family NOT GLOB 'tallyman_*'
UNION ALL
SELECT family, labels, count FROM histogram_quantiles
WHERE family NOT GLOB 'tallyman_*'
UNION ALL
SELECT family, labels, count FROM summary_means
WHERE count > 0
ORDER BY counted DESC, family, labels
LIMIT 30;

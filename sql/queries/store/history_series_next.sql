-- The next series, by id, that has rows.
SELECT min(id) FROM (
    SELECT min(series_id) AS id FROM history_step WHERE series_id >= :id
    UNION ALL
    SELECT min(series_id) FROM history_hour WHERE series_id >= :id
    UNION ALL
    SELECT min(series_id) FROM history_day WHERE series_id >= :id
);

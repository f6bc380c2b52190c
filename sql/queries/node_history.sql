-- 1 if the series has grown; its days are kept longest.
SELECT EXISTS (SELECT 1 FROM history_day WHERE series_id = :id);

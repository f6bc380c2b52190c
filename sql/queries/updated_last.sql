SELECT max(updated_at) FROM series;

SELECT max(updated_at) FROM total;

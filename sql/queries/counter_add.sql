UPDATE series SET value = value + :value, updated_at = :now WHERE id = :id;

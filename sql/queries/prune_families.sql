SELECT id, name, open,
       (SELECT count(*) FROM series WHERE series.family_id = family.id)
FROM family ORDER BY name;

-- One line for each family.
SELECT family, type, series, total, updated, help
FROM family_summary ORDER BY family;

-- By the labels of the series that is counted in: what programs have pushed last
-- goes with it, and stays with one that stays.
SELECT family_id, labels, pusher, coalesce(series, labels) FROM pusher
WHERE instr(coalesce(series, labels), :fragment) > 0;

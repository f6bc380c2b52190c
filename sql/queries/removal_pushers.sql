-- A program is known by the labels of its series and by its own.
SELECT family_id, labels, pusher FROM pusher
WHERE instr(labels, :fragment) > 0 OR instr(pusher, :fragment) > 0;

-- All series with one of the labels to be looked for, as it stands in the JSON.
SELECT id, family_id, labels FROM series WHERE instr(labels, :fragment) > 0;

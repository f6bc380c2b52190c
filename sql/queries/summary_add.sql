UPDATE series SET
    sum = sum + :sum,
    count = count + :count,
    updated_at = :now
WHERE id = :id;

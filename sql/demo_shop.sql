-- Orders of ten days for `make run`, in the database that fcgi/examples/shop.sql
-- makes.

WITH RECURSIVE made (number) AS (
    VALUES (1) UNION ALL SELECT number + 1 FROM made WHERE number < 1440
)
INSERT INTO orders (customer_id, country, state, ordered_at)
SELECT 1 + number * 7919 % 400,
       CASE number % 7 WHEN 0 THEN 'AT' WHEN 1 THEN 'FR' WHEN 2 THEN 'FR' ELSE 'DE' END,
       CASE WHEN number > 1436 THEN 'new' WHEN number > 1426 THEN 'packed'
            WHEN number > 1300 THEN 'sent' ELSE 'delivered' END,
       datetime('now', ((number - 1440) * 10) || ' minutes')
FROM made;

INSERT INTO payments (order_id, cents)
SELECT id, 500 + id * 7919 % 9500 FROM orders
WHERE state <> 'new' AND id NOT IN (SELECT order_id FROM payments);

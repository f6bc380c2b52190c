-- One tick of the shop of `make run`: sometimes a new order, and one order that
-- is sent and paid.

BEGIN IMMEDIATE;
INSERT INTO orders (customer_id, country, state, ordered_at)
SELECT 1 + abs(random() % 400), substr('ATDEDEDEFR', 1 + 2 * abs(random() % 5), 2), 'new',
       datetime('now')
WHERE random() % 2 = 0;
CREATE TEMP TABLE moved AS
SELECT min(id) AS id,
       CASE state WHEN 'new' THEN 'packed' WHEN 'packed' THEN 'sent' ELSE 'delivered' END
           AS state
FROM orders WHERE state <> 'delivered' GROUP BY orders.state HAVING random() % 3 = 0;
INSERT INTO payments (order_id, cents)
SELECT id, 500 + abs(random() % 9500) FROM moved WHERE state = 'packed';
UPDATE orders SET state = moved.state FROM moved WHERE moved.id = orders.id;
COMMIT;

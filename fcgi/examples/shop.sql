-- The database of a small shop, for shop.json:
-- sqlite3 shop.db < shop.sql
PRAGMA journal_mode = WAL;

CREATE TABLE orders (
    id          INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL,
    country     TEXT NOT NULL,
    state       TEXT NOT NULL, -- new, packed, sent, delivered
    ordered_at  TEXT NOT NULL  -- such as 2026-11-30 12:00:00, in UTC
);

CREATE INDEX orders_state ON orders (state);
CREATE INDEX orders_ordered_at ON orders (ordered_at, customer_id);

CREATE TABLE payments (
    id       INTEGER PRIMARY KEY,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    cents    INTEGER NOT NULL
);

INSERT INTO orders (customer_id, country, state, ordered_at) VALUES
    (1, 'DE', 'delivered', datetime('now', '-40 days')),
    (2, 'FR', 'delivered', datetime('now', '-20 days')),
    (1, 'DE', 'sent', datetime('now', '-2 days')),
    (3, 'AT', 'packed', datetime('now', '-1 days')),
    (2, 'FR', 'new', datetime('now', '-1 hours')),
    (4, 'DE', 'new', datetime('now'));

INSERT INTO payments (order_id, cents) VALUES
    (1, 1999), (2, 4550), (3, 1250), (4, 8900);

"""Another program's database: a shop in SQLite, in WAL mode, with a process that
keeps writing.

    shop = Shop(directory)     directory/shop.db
    shop.open()                the writer takes orders until shop.close()
"""

import json
import pathlib
import sqlite3
import subprocess
import urllib.parse

import harness
from faketime import Clock
from harness import wait_until
from responder_case import ResponderCase

PYTHON = "/usr/bin/python3"  # one that another user can run, too
# The writer keeps the file open, like a shop. It prints a line once it has started,
# and exits at the end of its standard input.
WRITER = """
import itertools, random, select, sqlite3, sys
shop = sqlite3.connect(sys.argv[1], isolation_level=None)
shop.execute("PRAGMA busy_timeout = 10000")
for number in itertools.count():
    with_state = random.choice(("open", "paid", "sent"))
    shop.execute("BEGIN IMMEDIATE")
    shop.execute("INSERT INTO orders (state, cents) VALUES (?, ?)", (with_state, 250))
    shop.execute("UPDATE orders SET state = 'sent' WHERE id = (SELECT min(id)"
                 " FROM orders WHERE state = 'paid')")
    shop.execute("COMMIT")
    if number == 0:
        print("begun", flush=True)
    if select.select([sys.stdin], [], [], 0.005)[0]:
        break
"""


class Shop:
    def __init__(self, directory, journal="WAL"):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(exist_ok=True)
        self.file = self.dir / "shop.db"
        self.writer = None
        self.write(f"PRAGMA journal_mode = {journal}")
        self.write("CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT, cents INTEGER)")

    def connect(self):
        return sqlite3.connect(self.file, isolation_level=None, timeout=harness.PATIENCE)

    def write(self, *statement):
        connection = self.connect()
        try:
            return connection.execute(*statement).fetchall()
        finally:
            connection.close()

    def order(self, state, cents=250):
        self.write("INSERT INTO orders (state, cents) VALUES (?, ?)", (state, cents))

    def states(self):
        """Returns the number of orders by state."""
        return dict(self.write("SELECT state, count(*) FROM orders GROUP BY state"))

    def open(self):
        self.writer = subprocess.Popen(
            [PYTHON, "-c", WRITER, str(self.file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            **harness.of_user(harness.USER))
        if self.writer.stdout.readline() != "begun\n":
            raise RuntimeError("the shop does not open")

    def close(self):
        if self.writer is None:
            return
        self.writer.communicate("\n", timeout=harness.PATIENCE)
        self.writer = None


ENDLESS = ("WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n)"
           " SELECT count(*) FROM n")


def sql(name, text, kind="gauge", **more):
    """Returns an entry of `queries`."""
    return {"name": name, "help": "Made for a test.", "type": kind, "sql": text, **more}


BY_STATE = "SELECT state, count(*) AS value FROM orders GROUP BY state"
ORDERS = sql("shop_orders", BY_STATE, labels=["state"])
CREATED = sql("shop_orders_created_total", "SELECT max(id) FROM orders", "counter")


class ShopCase(ResponderCase):
    """Responders, and a shop in a directory of the site."""

    queries = ()
    journal = "WAL"
    now = None  # time of a stopped clock

    def prepare(self):
        self.shop = Shop(self.site.dir / "shop", self.journal)
        self.addCleanup(self.shop.close)
        self.allow(*self.queries)
        if self.now is not None:
            self.clock = Clock(self.site, self.now)
            self.environment = self.clock.environment
        self.site.give_away()

    def allow(self, *queries):
        """Configures these queries."""
        queries = [{"database": str(self.shop.file), **query} for query in queries]
        self.site.write("tallyman/metrics.d/shop.json", json.dumps({"queries": queries}))
        self.site.give_away()

    def row(self, query, column):
        found = self.site.query(f"SELECT {column} FROM sql_query WHERE name = ?", query)
        return found[0][0] if found else None

    def ran(self, query, times):
        """Waits until the query has run, with a value or an error."""
        wait_until(lambda: (self.row(query, "runs") or 0) >= times, f"{query} to run")

    def by_state(self, scraped=None):
        scraped = scraped or self.scrape()
        return {dict(labels)["state"]: value
                for (name, labels), value in scraped.samples.items()
                if name == "shop_orders"}

    def api(self, path, **parameters):
        reply = self.get(f"/api/v1/{path}?" + urllib.parse.urlencode(parameters))
        self.assertEqual(reply.status, 200, reply)
        return json.loads(reply.body)["data"]["result"]

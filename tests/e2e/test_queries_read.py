"""Business metrics by SQL with the shipped examples: `tallyman check --queries`,
and every reader of families includes those of queries. Pushes to them are refused."""

import json
import os
import re
import sqlite3
import subprocess

import tap
from command_case import CommandCase
from harness import PATIENCE, RESPONDER, ROOT, counter, gauge, wait_until

EXAMPLES = ROOT / "fcgi/examples"
PROTOBUF = ("application/vnd.google.protobuf; "
            "proto=io.prometheus.client.MetricFamily; encoding=delimited")
ORDERS = """\
shop_open_orders{state="new"} 2
shop_open_orders{state="packed"} 1
shop_open_orders{state="sent"} 1
"""


class QueriesCase(CommandCase):
    """The examples, with a shop's database in the directory of the configuration."""

    def setUp(self):
        super().setUp()
        self.shop = self.dir / "shop.db"
        self.sell((EXAMPLES / "shop.sql").read_text())
        for file in (self.dir / "metrics.d").iterdir():
            if file.name != "web.json":
                file.unlink()
        for name in ("shop", "conversion"):
            text = (EXAMPLES / f"{name}.json").read_text()
            self.assertEqual("/var/lib/shop/" in text, name == "shop")
            self.list(name, text.replace("/var/lib/shop/", ""))

    def list(self, name, text):
        (self.dir / f"metrics.d/{name}.json").write_text(text)

    def sell(self, sql):
        connection = sqlite3.connect(self.shop)
        connection.executescript(sql)
        connection.close()

    def run_queries(self):
        """A CGI process runs one query after its reply."""
        for _ in range(5):
            self.assertEqual(self.request("GET", "/-/ready")[0], 200)
        self.assertEqual(self.rows("SELECT name, runs, error FROM sql_query"
                                   " WHERE runs <> 1 OR error IS NOT NULL"), [])

    def get(self, path, **params):
        status, text = self.request("GET", path, QUERY_STRING=path.partition("?")[2],
                                    **params)
        self.assertEqual(status, 200, text)
        return text


class Check(QueriesCase):
    def check(self, status=0):
        """Returns standard output, with times set to 0, and standard error."""
        done = self.run_command("check", "--queries")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return re.sub(r" in \d+\.\d{3} s$", " in 0 s", done.stdout, flags=re.M), done.stderr

    def test_examples(self):
        self.request("GET", "/metrics")
        told, error = self.check()
        self.assertEqual(error, "")
        self.assertEqual(told, f"{self.config}: ok, 20 families\n"
                         "query shop_orders_per_view: 0 rows in 0 s\n"
                         "query shop_open_orders: 3 rows in 0 s\n"
                         + ORDERS +
                         "query shop_orders_total: 1 row in 0 s\n"
                         "shop_orders_total 6\n"
                         "query shop_sales_euros_total: 3 rows in 0 s\n"
                         'shop_sales_euros_total{country="AT"} 89\n'
                         'shop_sales_euros_total{country="DE"} 32.49\n'
                         'shop_sales_euros_total{country="FR"} 45.5\n'
                         "query shop_active_customers: 1 row in 0 s\n"
                         "shop_active_customers 4\n")

    def test_errors_and_hostile_labels(self):
        (self.dir / "metrics.d/conversion.json").unlink()
        self.sell("UPDATE orders SET state = char(27) || '[2J'")
        self.list("shop", """{"queries": [
  {"name": "good", "help": "h", "type": "gauge", "labels": ["state"],
   "database": "shop.db", "sql": "SELECT DISTINCT state, 1 FROM orders"},
  {"name": "bad", "help": "h", "type": "gauge", "database": "shop.db",
   "sql": "SELECT state FROM orders"},
  {"name": "none", "help": "h", "type": "gauge", "sql": "SELECT 1",
   "database": "/none.db"}]}
""")
        told, error = self.check(status=1)
        self.assertEqual(told, f"{self.config}: ok, 18 families\n"
                         "query good: 1 row in 0 s\n"
                         'good{state="\\x1b[2J"} 1\n')
        place = f"{self.dir}/metrics.d/shop.json"
        self.assertEqual(
            error,
            f"{place}:5:4: query bad: row 1: the column state is \"?[2J\", must be a"
            " number\n"
            f"{place}:6:50: query none: database /none.db: there is no such file\n"
            "tallyman check: 2 of 3 queries failed; guide: sql/README.md#metrics-by-sql\n")

    def test_check_stores_nothing(self):
        self.request("GET", "/metrics")
        before = self.rows("SELECT count(*), sum(runs) FROM sql_query")
        self.check()
        self.assertEqual(self.rows("SELECT count(*), sum(runs) FROM sql_query"), before)
        told, error = self.check()
        self.assertEqual(error, "")


class Readers(QueriesCase):
    def setUp(self):
        super().setUp()
        self.run_queries()

    def test_scrape(self):
        text = self.get("/metrics")
        self.assertIn("# TYPE shop_open_orders gauge\n" + ORDERS, text)
        self.assertIn('# TYPE shop_sales_euros_total counter\n'
                      'shop_sales_euros_total{country="AT"} 89\n', text)
        text = self.get("/metrics", HTTP_ACCEPT="application/openmetrics-text")
        self.assertIn("# TYPE shop_open_orders gauge\n" + ORDERS, text)
        self.assertIn("# UNIT shop_sales_euros euros\n", text)
        self.assertIn('shop_sales_euros_total{country="AT"} 89\n', text)
        done = subprocess.run(
            [RESPONDER], capture_output=True, timeout=PATIENCE, check=True,
            env={"TALLYMAN_CONFIG": str(self.config), "GATEWAY_INTERFACE": "CGI/1.1",
                 "REQUEST_METHOD": "GET", "REQUEST_URI": "/metrics",
                 "REMOTE_ADDR": "127.0.0.1", "HTTP_ACCEPT": PROTOBUF})
        self.assertIn(b"protobuf", done.stdout.partition(b"\r\n\r\n")[0])
        for text in (b"\n\x10shop_open_orders", b"\n\x05state\x12\x06packed",
                     b"\n\x07country\x12\x02AT"):
            self.assertIn(text, done.stdout)

    def test_query_api(self):
        def data(path):
            return json.loads(self.get("/api/v1/" + path))["data"]
        self.assertEqual(data("metadata?metric=shop_sales_euros_total"), {
            "shop_sales_euros_total": [{"type": "counter", "unit": "euros", "queried": True,
                                        "help": "Payments of customers, by country."}]})
        self.assertEqual(data("label/state/values"), ["new", "packed", "sent"])
        self.assertEqual(data("series?match[]=shop_open_orders"), [
            {"__name__": "shop_open_orders", "state": state}
            for state in ("new", "packed", "sent")])
        got = data("query?query=sum(shop_open_orders)")["result"]
        self.assertEqual([one["value"][1] for one in got], ["4"])

    def test_totals(self):
        self.assertEqual(self.output("totals", "shop_open_orders"), """\
shop_open_orders, gauge: Orders that are not delivered yet, by state.
  state   value
  new         2
  packed      1
  sent        1
""")
        self.assertIn("shop_sales_euros_total", self.output("totals"))
        self.assertEqual(self.output("totals", "shop_sales_euros_total", "-l", "country=DE"),
                         """\
shop_sales_euros_total, counter: Payments of customers, by country.
  country  total
  DE       32.49
""")

    def test_pushes_are_refused(self):
        self.assertEqual(
            self.request("PUT", "/metrics/job/x", 'shop_open_orders{state="new"} 9\n',
                         "text/plain"),
            (400, "line 1: shop_open_orders is computed by a query and cannot be pushed;"
             " nothing was counted; guide: fcgi/metrics.d/README.md#allow-your-metrics\n"))
        self.assertEqual(
            self.request("POST", "/record",
                         json.dumps([gauge("shop_open_orders", 9, state="new")])),
            (200, "OK: 1 of 1 samples rejected: unknown_family 1 (shop_open_orders);"
             " guide: fcgi/metrics.d/README.md#allow-your-metrics\n"))
        self.assertEqual(self.request("DELETE", "/metrics/job/x")[0], 202)
        self.assertIn(ORDERS, self.get("/metrics"))

    def test_import_skips_families_of_queries(self):
        text = self.dir / "other.txt"
        text.write_text("# TYPE shop_orders_total counter\nshop_orders_total 1000\n"
                        "# TYPE web_logs_total counter\n")
        self.assertEqual(self.output("import", text), f"{text}: added 0 series of 0 families\n"
                         "Left out: shop_orders_total\n")
        self.assertIn("shop_orders_total 6\n", self.get("/metrics"))

    def test_merge_skips_families_of_queries(self):
        """Each node runs the query itself: a sum would be wrong until the next result."""
        other = self.dir / "other"
        os.mkdir(other)
        config = json.dumps({"database": "tallyman.db", "metrics": "../metrics.d"})
        (other / "tallyman.json").write_text(config)
        for _ in range(6):
            self.request("POST", "/record", json.dumps([
                counter("web_csp_violations_total", page="/", directive="img-src")]),
                TALLYMAN_CONFIG=str(other / "tallyman.json"))
        connection = sqlite3.connect(other / "tallyman.db")
        self.assertEqual(connection.execute("SELECT count(*) FROM sql_query").fetchone(), (5,))
        connection.close()
        self.output("merge", other / "tallyman.db")
        text = self.get("/metrics")
        self.assertIn("shop_orders_total 6\n", text)
        self.assertIn(ORDERS, text)
        self.assertIn("web_csp_violations_total", text)

    def test_prune(self):
        """Removes series with labels no longer permitted, and series without a result for long."""
        self.assertEqual(self.output("prune"), "Removed: 0 series, 0 families,"
                         " 0 running totals of a process\n")
        self.write("UPDATE total SET updated_at = updated_at - 200 * 86400 WHERE series_id ="
                   " (SELECT id FROM series WHERE labels = '{\"state\":\"packed\"}')")
        told = self.output("prune", "--idle", "100")
        self.assertIn("shop_open_orders", told)
        self.assertEqual(
            self.rows("SELECT labels FROM gauge_values WHERE family = 'shop_open_orders'"
                      " ORDER BY labels"), [('{"state":"new"}',), ('{"state":"sent"}',)])
        text = (self.dir / "metrics.d/shop.json").read_text()
        self.list("shop", text.replace('["state"]', '["state", "country"]')
                  .replace("GROUP BY state", "GROUP BY state, country"))
        self.output("prune")
        self.assertEqual(self.rows("SELECT family, labels FROM gauge_values"),
                         [("shop_active_customers", "{}")])
        (self.dir / "metrics.d/shop.json").unlink()
        self.output("prune")
        self.assertEqual(self.rows("SELECT name FROM family WHERE name LIKE 'shop%'"),
                         [("shop_orders_per_view",)])

    def test_dashboards(self):
        self.output("monitoring", "--out", self.dir / "m")
        board = json.loads((self.dir / "m/grafana/dashboards/kpi.json").read_text())
        names = [one["name"] for one in board["templating"]["list"]]
        self.assertIn("state", names)
        self.assertIn("country", names)
        text = json.dumps(board)
        self.assertIn('max by (state) (shop_open_orders{', text)
        self.assertIn('sum by (country) ((shop_sales_euros_total{', text)
        for name in ("recording", "alerts"):
            subprocess.run(["promtool", "check", "rules", self.dir / f"m/rules/{name}.yml"],
                           check=True, capture_output=True, timeout=PATIENCE)


class Conversion(QueriesCase):
    def test_orders_per_view(self):
        """4 views, then 2 more orders: half an order per view."""
        for name in ("shop", "conversion"):
            text = (self.dir / f"metrics.d/{name}.json").read_text()
            text = re.sub(r'"every": \d+', '"every": 1', text)
            text = re.sub(r'"timeout": \d+', '"timeout": 0.9', text)
            self.list(name, text.replace('"sql": "SELECT count(*) FROM orders"',
                                         '"sql": "SELECT count(*) FROM orders", "every": 1'))
        self.record(counter("web_page_views_total", 4, page="/", navigation="navigate",
                            device="desktop"))
        until = "SELECT value FROM gauge_values WHERE family = 'shop_orders_per_view'"
        self.wait_for(until, [(0,)])
        self.wait_for("SELECT total FROM counter_totals WHERE family = 'shop_orders_total'",
                      [(6,)])
        self.sell("INSERT INTO orders (customer_id, country, state, ordered_at)"
                  " VALUES (1, 'DE', 'new', datetime()), (1, 'DE', 'new', datetime())")
        self.wait_for(until, [(0.5,)])

    def wait_for(self, sql, rows):
        """Each request runs a query that is due."""

        def found():
            self.request("GET", "/-/ready")
            return self.rows(sql) == rows

        wait_until(found, f"{rows}")


if __name__ == "__main__":
    tap.main()

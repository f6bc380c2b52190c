"""Business metrics by SQL: values of a real shop's database arrive while the shop
keeps writing, each query runs once per period whatever the number of responders,
and a slow, failing or endless query delays nothing else."""

import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import unittest
from unittest import mock

import harness
import tap
import webservers
from command_case import CommandCase
from harness import counter, wait_until
from keep_case import KeepCase
from shop import CREATED, ENDLESS, ORDERS, Shop, ShopCase, sql
from test_prometheus import Prometheus

NOW = 1774656000  # at the start of a five-minute step
MINUTE = 60


class BehindNginx(ShopCase):
    """A shop that keeps taking orders, four responders, and Prometheus."""

    responders_wanted = 4
    queries = ({**ORDERS, "every": 1, "timeout": 0.9}, {**CREATED, "every": 1, "timeout": 0.9})

    def test_values_arrive(self):
        server = webservers.Nginx(self.site)
        self.addCleanup(server.stop)
        prometheus = Prometheus(self.site, [{
            "job_name": "tallyman", "metrics_path": server.mount + "/metrics",
            "authorization": {"credentials": self.site.token},
            "static_configs": [{"targets": [f"127.0.0.1:{server.port}"]}]}])
        self.addCleanup(prometheus.stop)
        self.shop.open()
        seen = []

        def grows():
            total = harness.scrape(server).value("shop_orders_created_total")
            if total and (not seen or total > seen[-1]):
                seen.append(total)
            return len(seen) >= 3

        wait_until(grows, "three values while it is written")
        self.shop.close()
        states = self.shop.states()
        self.assertLessEqual({"open", "sent"}, set(states))
        created = sum(states.values())
        wait_until(lambda: self.by_state(harness.scrape(server)) == states, "the last orders")
        wait_until(lambda: prometheus.query("sum(shop_orders)") == created
                   and prometheus.query("shop_orders_created_total") == created,
                   "Prometheus to have them")
        found = self.api("query", query="shop_orders")
        self.assertEqual({one["metric"]["state"]: float(one["value"][1]) for one in found},
                         states)
        scraped = self.scrape()
        for query in ("shop_orders", "shop_orders_created_total"):
            self.assertEqual(scraped.value("tallyman_query_errors_total", query=query), 0)
            self.assertGreater(scraped.value("tallyman_query_runs_total", query=query), 2)
        self.assertNotIn("shop_orders", self.responders.stderr())
        # Pushes to the family of a query are refused.
        reply = self.push([counter("shop_orders_created_total")])
        self.assertIn("1 of 1 samples rejected", reply.text)


class ByTheClock(ShopCase):
    responders_wanted = 4
    now = NOW
    queries = ({**ORDERS, "every": MINUTE}, {**CREATED, "every": 5 * MINUTE})

    def test_runs_once_per_period(self):
        """Ten minutes: ten runs of one query and two of the other, by any of the
        four responders; the history has each value."""
        for minute in range(10):
            self.shop.order("open")
            self.ran("shop_orders", minute + 1)
            self.ran("shop_orders_created_total", 1 + minute // 5)
            self.clock.set(self.clock.now + MINUTE)
        self.ran("shop_orders", 11)
        self.ran("shop_orders_created_total", 3)
        self.assertEqual((self.row("shop_orders", "runs"),
                          self.row("shop_orders_created_total", "runs")), (11, 3))
        scraped = self.scrape()
        self.assertEqual(scraped.value("tallyman_query_runs_total", query="shop_orders"), 11)
        self.assertEqual(
            scraped.value("tallyman_query_last_success_timestamp_seconds",
                          query="shop_orders"), self.clock.now)
        found = self.api("query_range", query="shop_orders", start=NOW + 300,
                         end=NOW + 600, step=300)
        self.assertEqual([float(value) for _, value in found[0]["values"]], [5, 10])
        # The first value is not growth.
        self.clock.set(NOW + 900)
        found = self.api("query", query="increase(shop_orders_created_total[15m])")
        self.assertEqual(float(found[0]["value"][1]), 9)

    def test_clock_that_is_set_back(self):
        self.ran("shop_orders", 1)
        self.clock.set(NOW - 86400)
        self.ran("shop_orders", 2)

    def test_series_that_disappear_and_return(self):
        self.shop.order("open")
        self.shop.order("paid")
        self.clock.set(self.clock.now + MINUTE)
        wait_until(lambda: self.by_state() == {"open": 1, "paid": 1}, "both")
        self.shop.write("DELETE FROM orders WHERE state = 'paid'")
        self.clock.set(self.clock.now + MINUTE)
        wait_until(lambda: self.by_state() == {"open": 1}, "the one")
        self.shop.order("paid")
        self.shop.order("paid")
        self.clock.set(self.clock.now + MINUTE)
        wait_until(lambda: self.by_state() == {"open": 1, "paid": 2}, "both again")

    def test_failure_keeps_the_last_value(self):
        self.shop.order("open")
        self.clock.set(self.clock.now + MINUTE)
        wait_until(lambda: self.by_state() == {"open": 1}, "a value")
        succeeded = self.row("shop_orders", "succeeded_at")
        self.shop.write("ALTER TABLE orders RENAME TO away")
        for times in (1, 2, 3):
            self.clock.set(self.clock.now + MINUTE)
            wait_until(lambda: self.row("shop_orders", "errors") == times, "an error")
        scraped = self.scrape()
        self.assertEqual(self.by_state(scraped), {"open": 1})
        self.assertEqual(
            scraped.value("tallyman_query_errors_total", query="shop_orders"), 3)
        self.assertEqual(
            scraped.value("tallyman_query_last_success_timestamp_seconds",
                          query="shop_orders"), succeeded)
        self.shop.write("ALTER TABLE away RENAME TO orders")
        self.shop.order("open")
        self.clock.set(self.clock.now + MINUTE)
        wait_until(lambda: self.by_state() == {"open": 2}, "the next value")
        # Logged once at the start and once at the end of the failure, by all four
        # together.
        told = [line for line in self.responders.stderr().splitlines()
                if "shop_orders" in line and "created" not in line]
        self.assertEqual(len(told), 2, told)
        self.assertIn("no such table: orders", told[0])


class Killed(ShopCase):
    """SIGKILL during a query that waits for the shop's lock."""

    responders_wanted = 2
    journal = "DELETE"
    now = NOW
    queries = ({**CREATED, "every": 120, "timeout": 60},)

    def running(self):
        """Returns the numbers of the responders with the shop's file open."""
        found = []
        for number, process in enumerate(self.responders.processes):
            place = f"/proc/{process.pid}/fd"
            for fd in os.listdir(place):
                try:
                    if os.readlink(f"{place}/{fd}") == str(self.shop.file):
                        found.append(number)
                except FileNotFoundError:
                    pass
        return found

    def test_another_responder_runs_it(self):
        self.shop.order("open")
        self.ran("shop_orders_created_total", 1)
        self.shop.order("open")
        holder = self.shop.connect()
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        self.clock.set(NOW + 120)
        (number,) = wait_until(self.running, "the query to wait for the lock")
        self.responders.kill(number)
        claimed = self.row("shop_orders_created_total", "claimed_until")
        self.assertGreater(claimed, NOW + 120 + 60)
        self.assertEqual(self.running_others(number), [])
        holder.execute("COMMIT")
        self.clock.set(int(claimed) + 1)
        wait_until(lambda: self.row("shop_orders_created_total", "succeeded_at")
                   == self.clock.now, "the other one to run it")
        self.assertEqual(self.scrape().value("shop_orders_created_total"), 2)
        self.clock.set(self.clock.now + 300)
        found = self.api("query", query="increase(shop_orders_created_total[1h])")
        self.assertEqual([float(one["value"][1]) for one in found], [1])

    def running_others(self, killed):
        processes = self.responders.processes
        self.responders.processes = [p for n, p in enumerate(processes) if n != killed]
        try:
            return self.running()
        finally:
            self.responders.processes = processes


class Uncommitted(ShopCase):
    """The result of a daily query cannot be committed: the query runs again before
    the next day."""

    journal = "DELETE"
    now = NOW
    queries = ({**CREATED, "every": 86400, "timeout": 50},)

    def test_runs_again(self):
        def claimed():
            return self.row("shop_orders_created_total", "claimed_until")

        self.shop.order("open")
        self.ran("shop_orders_created_total", 1)
        self.shop.order("open")
        holder = self.shop.connect()
        self.addCleanup(holder.close)
        holder.execute("BEGIN EXCLUSIVE")
        self.clock.set(NOW + 86400)
        until = wait_until(claimed, "the claim")
        own = sqlite3.connect(self.site.database, isolation_level=None)
        self.addCleanup(own.close)
        own.execute("BEGIN IMMEDIATE")
        holder.execute("COMMIT")
        wait_until(lambda: "locked" in self.responders.stderr(), "the commit to fail")
        own.execute("ROLLBACK")
        self.assertEqual(claimed(), until)
        self.clock.set(int(until) + 1)
        self.ran("shop_orders_created_total", 2)
        self.assertEqual(self.scrape().value("shop_orders_created_total"), 2)


@unittest.skipIf(harness.USER is None, "only root has users to run programs as")
class AnotherUser(ShopCase, KeepCase):
    """The shop belongs to another user; both users are in its group. Journals that
    a reader leaves in a directory with setgid belong to the group, so the shop
    keeps working."""

    queries = ({**ORDERS, "every": 1, "timeout": 0.9},)
    group = 54321
    directory_mode = 0o2770
    shopkeeper = {"user": "nobody", "group": "nogroup", "extra_groups": [group]}

    def prepare(self):
        super().prepare()
        of_user = harness.of_user
        patch = mock.patch.object(
            harness, "of_user", lambda user: {**of_user(user), "extra_groups": [self.group]})
        patch.start()
        self.addCleanup(patch.stop)
        self.shop.order("open")
        for path, mode in ((self.shop.dir, self.directory_mode), (self.shop.file, 0o660)):
            shutil.chown(path, "nobody", self.group)
            path.chmod(mode)

    def as_shopkeeper(self, text):
        done = subprocess.run(["sqlite3", "-bail", self.shop.file, text],
                              capture_output=True, text=True, timeout=harness.PATIENCE,
                              **self.shopkeeper)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)

    def test_shop_keeps_working(self):
        wait_until(lambda: self.by_state() == {"open": 1}, "the first value")
        self.assertGreater(len(list(self.shop.dir.iterdir())), 1)
        for path in self.shop.dir.iterdir():
            self.assertEqual((path.stat().st_gid, path.stat().st_mode & 0o777),
                             (self.group, 0o660), path)
        for count in (2, 3):
            self.as_shopkeeper("INSERT INTO orders (state) VALUES ('open')")
            wait_until(lambda: self.by_state() == {"open": count}, "the next one")
        self.assertIsNone(self.row("shop_orders", "error"))


class AnotherUserWithoutSetgid(AnotherUser):
    """A reader would leave files that the shop cannot write: the query is refused."""

    directory_mode = 0o770

    def test_shop_keeps_working(self):
        done = self.command("check", "--queries")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("is in WAL mode and not open, and its owner could not write", done.stderr)
        self.assertIn("chmod g+rwxs", done.stderr)
        self.assertEqual(list(self.shop.dir.iterdir()), [self.shop.file])
        self.as_shopkeeper("INSERT INTO orders (state) VALUES ('open')")


SLOW = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 3000)" \
       " SELECT count(*) FROM n, n AS m, n AS o"


class Bad(ShopCase, KeepCase):
    """Bad queries of every kind, and a good one: pushes and scrapes take a
    fraction of the queries' time."""

    responders_wanted = 2
    seconds = 4  # limit of each query
    wrong = {  # part of each message
        "slow": "4 s",
        "endless": "4 s",
        "failing": "no such table: nowhere",
        "writing": "read",
        "locked": "locked",
        "missing": "there is no such file",
    }

    def prepare(self):
        super().prepare()
        locked = Shop(self.site.dir / "locked", "DELETE")
        self.site.give_away()
        self.lock = locked.connect()
        self.addCleanup(self.lock.close)
        self.lock.execute("BEGIN EXCLUSIVE")
        every = {"every": self.seconds + 1, "timeout": self.seconds}
        self.shop.order("open")
        self.allow(
            {**ORDERS, **every},
            sql("slow", SLOW, **every),
            sql("endless", ENDLESS, **every),
            sql("failing", "SELECT count(*) FROM nowhere", **every),
            sql("writing", "INSERT INTO orders (state) VALUES ('bad') RETURNING id", **every),
            sql("locked", "SELECT count(*) FROM orders", **every,
                database=str(locked.file)),
            sql("missing", "SELECT 1", **every, database="/nowhere/shop.db"))

    def test_pushes_and_scrapes_are_not_delayed(self):
        load = self.load()
        waits = []

        def failed_twice():
            start = harness.awake()
            self.scrape()
            waits.append(harness.awake() - start)
            return all((self.row(query, "errors") or 0) >= 2 for query in self.wrong)

        wait_until(failed_twice, "each bad query to fail twice")
        load.stop()
        tap.comment(f"{load.acknowledged} pushes, the slowest in {load.slowest:.3f} s; "
                    f"{len(waits)} scrapes, the slowest in {max(waits):.3f} s")
        self.assertPrompt(load)
        self.assertLess(max(waits), self.seconds / 2)
        self.check_metrics()
        self.check_log()
        self.check_command()
        self.assertEqual(self.shop.states(), {"open": 1})

    def check_metrics(self):
        scraped = self.scrape()
        self.assertEqual(self.by_state(scraped), {"open": 1})
        self.assertEqual(
            scraped.value("tallyman_query_errors_total", query="shop_orders"), 0)
        self.assertGreater(
            scraped.value("tallyman_query_last_success_timestamp_seconds",
                          query="shop_orders"), 0)
        for query in self.wrong:
            with self.subTest(query):
                errors = scraped.value("tallyman_query_errors_total", query=query)
                self.assertGreaterEqual(errors, 2)
                self.assertGreaterEqual(
                    scraped.value("tallyman_query_runs_total", query=query), errors)
                self.assertIn(
                    scraped.value("tallyman_query_last_success_timestamp_seconds",
                                  query=query), (0, None))
                self.assertIsNone(scraped.value(query))

    def check_log(self):
        log = self.responders.stderr().splitlines()
        for query, says in self.wrong.items():
            with self.subTest(query):
                (told,) = [line for line in log if f"query {query}" in line]
                self.assertIn(says, told)

    def check_command(self):
        done = self.command("check", "--queries")
        self.assertEqual(done.returncode, 1, done)
        found = json.loads(self.command("doctor", "--json").stdout)
        told = done.stdout + done.stderr
        for query, says in self.wrong.items():
            with self.subTest(query):
                self.assertRegex(told, f"{query}.*{says}")
                self.assertTrue([one for one in found
                                 if one["status"] == "wrong" and one["where"] == query
                                 and says in one["what"]], found)
        self.assertRegex(told, r'shop_orders\{state="open"\} 1\b')


class BehindCgi(unittest.TestCase):
    """A CGI process lives for one request: it runs a query after its reply, and the
    client does not wait for it."""

    seconds = 5
    server_class = webservers.ApacheCgi  # mod_cgid

    def setUp(self):
        self.site = harness.Site(scrape_token_file=None)
        self.addCleanup(self.site.remove)
        self.shop = Shop(self.site.dir / "shop")
        self.shop.order("open")
        self.site.write("tallyman/metrics.d/shop.json", json.dumps({"queries": [
            {**query, "database": str(self.shop.file)}
            for query in (
                {**ORDERS, "every": 1, "timeout": 0.9},
                sql("endless", ENDLESS, every=self.seconds + 1, timeout=self.seconds))]}))
        self.server = self.server_class(self.site)
        self.addCleanup(self.server.stop)

    def diagnostics(self):
        return self.server.diagnostics()

    def test_values_arrive_without_a_delay(self):
        slowest = 0
        scraped = None
        end = harness.awake() + 60
        while harness.awake() < end:
            start = harness.awake()
            scraped = harness.scrape(self.server)
            slowest = max(slowest, harness.awake() - start)
            if (scraped.value("shop_orders", state="open") == 1
                    and scraped.value("tallyman_query_errors_total", query="endless")):
                break
        self.assertEqual(scraped.value("shop_orders", state="open"), 1)
        self.assertGreater(
            scraped.value("tallyman_query_errors_total", query="endless"), 0)
        self.assertLess(slowest, self.seconds / 2)


class BehindModCgi(BehindCgi):
    server_class = webservers.ApacheScript


class LeftByCgi(CommandCase):
    """The query's process has /dev/null in place of the web server's files, so the
    files it opens cannot become the log."""

    def test_standard_files(self):
        (self.dir / "metrics.d/endless.json").write_text(json.dumps(
            {"queries": [sql("endless", ENDLESS, timeout=50)]}))
        program = subprocess.Popen(
            [harness.RESPONDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            env={"TALLYMAN_CONFIG": str(self.config), "GATEWAY_INTERFACE": "CGI/1.1",
                 "REQUEST_METHOD": "GET", "REQUEST_URI": "/-/ready"})
        out, err = program.communicate(timeout=harness.PATIENCE)
        self.assertIn("Status: 200", out)
        self.assertEqual(err, "")
        wait_until(lambda: self.rows("SELECT 1 FROM sql_query WHERE claimed_until > 0"),
                   "the claim")
        pid, = self.running()
        try:
            self.assertEqual([os.readlink(f"/proc/{pid}/fd/{fd}") for fd in range(3)],
                             ["/dev/null"] * 3)
        finally:
            os.kill(pid, signal.SIGKILL)

    def running(self):
        """Returns the processes with the database open."""
        found = []
        for path in glob.glob("/proc/[0-9]*/fd/*"):
            try:
                if os.readlink(path) == str(self.database):
                    found.append(int(path.split("/")[2]))
            except OSError:
                pass
        return set(found)


if __name__ == "__main__":
    tap.main()

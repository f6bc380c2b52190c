"""The demo of `make run`: lighttpd/run.sh."""

import contextlib
import itertools
import json
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import unittest

import harness
import tap
from guides import code_blocks, section
from harness import PATIENCE, ROOT, wait_until


class Run(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="run-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        shutil.copytree(ROOT / "lighttpd", self.dir / "lighttpd")
        for name in ("metrics.d", "examples"):
            shutil.copytree(ROOT / "fcgi" / name, self.dir / "fcgi" / name)
        shutil.copytree(ROOT / "sql", self.dir / "sql")
        (self.dir / "build").mkdir()
        for name in ("static", "tallyman.fcgi", "tallyman"):
            (self.dir / "build" / name).symlink_to(ROOT / "build" / name)
        self.script = self.dir / "lighttpd/run.sh"

    def refused(self, *arguments):
        done = subprocess.run([self.script, *arguments], capture_output=True,
                              text=True, timeout=PATIENCE)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done)
        self.assertFalse((self.dir / "build/run").exists())
        return done.stderr

    def test_no_port(self):
        for port in ("80808", "65536", "0", "080", "-1", "abc", "8080x", "80 80",
                     "99999999999999999999", ""):
            self.assertEqual(
                self.refused(port),
                f'"{port}" is not a port; give a number from 1 to 65535: make run PORT=8081\n')
        self.assertIn('"" is not a port', self.refused())
        done = subprocess.run(["make", "-n", "run", "PORT=80 80"], cwd=ROOT,
                              capture_output=True, text=True, timeout=PATIENCE)
        self.assertIn('lighttpd/run.sh "80 80"\n', done.stdout)

    def test_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            self.assertEqual(
                self.refused(str(port)),
                f"Port {port} is not available (Address already in use); choose another"
                " one: make run PORT=8081\n")

    def start(self):
        """Starts it; returns its address once it has printed that it runs."""
        port = harness.free_port()
        process = subprocess.Popen([self.script, str(port)], stdout=subprocess.PIPE,
                                   text=True)

        def stop():
            process.terminate()
            process.wait()
            process.stdout.close()
            wait_until(lambda: not self.running(), "all processes to end")

        self.addCleanup(stop)
        said = ""
        for line in process.stdout:
            said += line
            if line == "  Ctrl-C ends it; the totals stay.\n":
                break
        else:
            self.fail(f"run.sh has ended: {said}")
        url = f"http://127.0.0.1:{port}"
        for page in ("/", "/demo/", "/metrics"):
            self.assertIn(f" http://localhost:{port}{page}\n", said)

        def answers():
            try:
                return harness.http("GET", url + "/metrics").status == 200
            except OSError:
                return False

        wait_until(answers, "the responders")
        return url

    def running(self):
        """Returns the running processes of the run."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = path.read_bytes().decode(errors="replace").split("\0")
                found += [words] if any(str(self.dir) in word for word in words) else []
        return found

    def test_shop_and_alerts(self):
        """The queries of the shop's database have values, and the alerts are
        evaluated; all ends with the server."""
        url = self.start()
        self.assertTrue(self.running())

        def orders():
            scraped = harness.Scrape(harness.http("GET", url + "/metrics").text)
            return scraped.value("shop_open_orders", state="sent")

        wait_until(orders, "the orders of the shop")

        def alerts():
            data = json.loads(harness.http("GET", url + "/api/v1/rules").body)["data"]
            return [rule for group in data["groups"] for rule in group["rules"]]

        rules = wait_until(alerts, "the rules")
        self.assertEqual({rule["name"] for rule in rules},
                         {"SlowPages", "ManyErrors", "FewerViews", "OrdersWait"})

    def test_push_and_scrape(self):
        """The commands of README.md, section Try it; a second push is added."""
        text = section("README.md", "Try it")
        shown, = code_blocks(text, "text")
        commands = code_blocks(text, "sh")[-1].replace("http://localhost:8080", self.start())
        for want in (shown, shown.replace(" 42", " 84")):
            done = subprocess.run(["sh", "-ec", commands], capture_output=True, text=True,
                                  timeout=PATIENCE)
            self.assertEqual(done.stdout, want + "\n", done.stderr)

    def test_a_page_on_this_machine(self):
        """static/README.md, section Try it on your machine, up to the browser, whose push
        is sent here."""
        text = section("static/README.md", "Try it on your machine")
        make, serve, look = code_blocks(text, "sh")
        url, port = self.start(), str(harness.free_port())
        page_url = f"http://localhost:{port}"
        origin = "http://localhost:8000"

        def here(block):
            return block.replace("http://localhost:8080", url).replace("8000", port)

        config, = code_blocks(text, "json")
        self.assertIn(origin, config)
        (self.dir / "build/run/tallyman.json").write_text(here(config))
        subprocess.run(["sh", "-ec", make], cwd=self.dir, check=True)
        page, = code_blocks(text, "html")
        (self.dir / "build/run/try/index.html").write_text(here(page))
        server = subprocess.Popen(["sh", "-c", f"exec {here(serve)}"], cwd=self.dir,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)

        def served():
            try:
                return harness.http("GET", page_url + "/").text
            except OSError:
                return ""

        self.assertEqual(wait_until(served, "the page"), here(page))

        def push():
            reply = harness.http("POST", url + "/record", json.dumps([harness.counter(
                "web_page_views_total", 1, device="desktop", navigation="navigate", page="try")]),
                {"Origin": page_url, "Content-Type": "application/json"})
            return reply.headers["Access-Control-Allow-Origin"] == page_url

        wait_until(push, "the origin to be listed")
        done = subprocess.run(["sh", "-ec", here(look)], capture_output=True, text=True)
        shown, = code_blocks(text, "text")
        self.assertEqual(done.stdout, shown + "\n", done.stderr)

    def test_pages(self):
        """All printed addresses answer, with the right types, and no page can
        be framed."""
        url = self.start()
        policies = {}
        for path in ("/", "/dashboard.js", "/dashboard.css", "/metrics", "/demo/",
                     "/demo/demo.js", "/static/tallyman.js"):
            reply = harness.http("GET", url + path)
            self.assertEqual(reply.status, 200, path)
            self.assertEqual(reply.headers.get_all("X-Content-Type-Options"), ["nosniff"])
            policies[path], = reply.headers.get_all("Content-Security-Policy") or [None]
        self.assertEqual(policies["/demo/"], "frame-ancestors 'none'")
        self.assertEqual(policies["/static/tallyman.js"], "frame-ancestors 'none'")
        self.assertRegex(policies["/"], "^default-src 'none'; .*frame-ancestors 'none'$")
        self.assertIn('href="../"', harness.http("GET", url + "/demo/").text)
        demo, = re.findall(r'id="demo".* href="(.*?)"', harness.http("GET", url + "/").text)
        for path in ("/demo", "/" + demo):
            moved = harness.http("GET", url + path)
            self.assertEqual((moved.status, moved.headers["Location"]), (301, "/demo/"))
        self.check_history()

    def check_history(self):
        """The history of `make run`: totals are exactly its sum, a day is the
        sum of its hours, and an hour that of its steps."""
        database = self.dir / "build/run/tallyman.db"
        with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            db.execute("BEGIN")  # a consistent snapshot
            gauges = {row[0] for row in db.execute(
                "SELECT series.id FROM series JOIN family ON family.id = family_id"
                " WHERE type = 'gauge' OR name LIKE 'shop%'")}
            days = {(id, day): value(text) for id, day, text in
                    db.execute("SELECT * FROM history_day") if id not in gauges}
            hours = {(id, day + 3600 * i): value(one)
                     for id, day, text in db.execute("SELECT * FROM history_hour")
                     for i, one in enumerate(json.loads(text)) if one and id not in gauges}
            steps = {(id, at): value(text) for id, at, text in
                     db.execute("SELECT * FROM history_step") if id not in gauges}
            marks = {id: trimmed([sum_, *json.loads(buckets)]) if buckets else [number]
                     for id, number, sum_, buckets in db.execute(
                         "SELECT series_id, value, sum, total.buckets FROM history_mark"
                         " JOIN total USING (series_id, value, sum, count)"
                         " WHERE history_mark.buckets IS total.buckets")
                     if id not in gauges}
            views = db.execute("SELECT sum(total) FROM counter_totals"
                               " WHERE family = 'web_page_views_total'").fetchone()[0]
        self.assertGreater(views, 500_000)
        self.assertEqual({id: one for id, one in marks.items() if any(one)},
                         added(days, lambda id, at: id))
        by_day = added(hours, lambda id, at: (id, at - at % 86400))
        self.assertEqual(by_day, {key: days[key] for key in by_day})
        self.assertGreaterEqual(len({day for _, day in by_day}), 21)
        by_hour = added(steps, lambda id, at: (id, at - at % 3600))
        self.assertEqual(by_hour, {key: hours[key] for key in by_hour})
        self.assertGreaterEqual(len({at for _, at in by_hour}), 48)


def trimmed(numbers):
    """Removes trailing zeros."""
    while len(numbers) > 1 and not numbers[-1]:
        numbers = numbers[:-1]
    return numbers


def value(stored):
    """Returns a row of the history as a list."""
    if isinstance(stored, str):
        stored = json.loads(stored)
    return stored if isinstance(stored, list) else [stored]


def added(rows, key):
    """Returns the sums of rows {(series, at): list} with the same key."""
    sums = {}
    for (id, at), numbers in rows.items():
        total = sums.get(key(id, at), [])
        sums[key(id, at)] = [a + b for a, b in
                             itertools.zip_longest(total, numbers, fillvalue=0)]
    return sums


if __name__ == "__main__":
    tap.main()

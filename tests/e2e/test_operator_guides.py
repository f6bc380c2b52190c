"""The guides for operators, analysts, viewers and Grafana's administrators: their
commands run in order and print the output shown."""

import json
import re
import shutil
import sqlite3

import tap
from command_case import CommandCase
from guide_shell import GuideCase, GuideShell
from guides import code_blocks, guide, section
from harness import ROOT, counter, histogram, http
from receiver import Receiver
from responder_case import allowlist, label, listed
from test_command_report import NOW, ReportCase, clock

OPERATOR, ANALYST = "src/cli/README.md", "sql/README.md"
VIEWER, GRAFANA = "static/dashboard/README.md", "fcgi/grafana.md"
CRON = re.compile(r"^[\d*/]+ [\d*/]+ \S+ \S+ \S+ +(.*)$", re.M)
OLD = """\
# TYPE go_goroutines gauge
go_goroutines 14
# TYPE push_time_seconds gauge
push_time_seconds{instance="",job="night"} 1.7e+09
# TYPE usage_total counter
usage_total{browser="chrome",feature="showContent"} 40
usage_total{browser="chrome",feature="quickQuestion"} 2
"""


def installed(site):
    """Installs the allowlist of `make install`."""
    shutil.copy(ROOT / "fcgi/metrics.d/web.json", site.home / "metrics.d")


class Operator(GuideCase):
    def setUp(self):
        super().setUp()
        installed(self.site)

    def first_configuration(self):
        """Follows the section Configuration until responders run."""
        text = section(OPERATOR, "Configuration")
        self.configure(code_blocks(text, "json")[0])
        for name in ("scrape.token", "push.tokens"):
            (self.site.home / name).unlink()
        self.assertEqual(self.shell().follow(text), 2)
        self.serve()

    def test_configure_and_scrape(self):
        self.first_configuration()
        text = section(OPERATOR, "Scrape with Prometheus")
        shell = self.shell()
        self.assertEqual(shell.follow(text), 1)
        job, protocols = code_blocks(text, "yaml")
        job = job.replace("/etc/prometheus/scrape.token", str(self.site.home / "scrape.token"))
        (self.site.dir / "prometheus.yml").write_text(job)
        shell.sh("promtool check config prometheus.yml >promtool.log 2>&1")
        # The configuration of the monitoring set-up, for the installed Prometheus
        # version.
        template = (ROOT / "src/cli/monitoring/templates/prometheus.yml").read_text()
        for protocol in protocols.partition("[")[2].strip("]").split(", "):
            self.assertIn(f"      - {protocol}\n", template)

    def test_doctor(self):
        self.first_configuration()
        self.assertEqual(self.shell().follow(section(OPERATOR, "Doctor")), 2)

    def test_json_api(self):
        self.site.write("tallyman/metrics.d/all.json", allowlist(
            listed("backup_files_total", labels=[label("job", "backup")]),
            listed("usage_total", labels=[label("browser", "chrome", "firefox"),
                                          label("feature", "showContent")])))
        self.configure('{"database": "tallyman.db", "scrape_token_file": "scrape.token",'
                       ' "open_families": true}')
        self.serve()
        http("POST", self.server.url + "/metrics/job/backup",
             "# TYPE backup_files_total counter\nbackup_files_total 42\n")
        body = json.dumps([counter("usage_total", 3, browser="firefox", feature="showContent")])
        http("POST", self.server.url + "/record", body)

        def same(text):
            text = re.sub(r"\d+-\d+-\d+T[\d:]+Z", "TIME", text.replace("\n", ""))
            return re.sub(r'"\d{10}[.\d]*"', '"SECONDS"', text)

        self.assertEqual(self.shell().follow(section(OPERATOR, "JSON API"), same), 1)

    def test_alerts(self):
        self.serve()
        text = section(OPERATOR, "Alerts")
        mailer = self.site.write("run/sendmail", "#!/bin/sh\nexec cat >/dev/null\n", 0o755)
        rules = code_blocks(text, "json")[0]
        rules = rules.replace("https://hooks.slack.com/services/...", Receiver(self).url)
        rules = f'{{"sendmail": "{mailer}",' + rules.removeprefix("{")
        self.site.write("tallyman/alerts.json", rules)
        self.site.give_away()
        (self.site.dir / "systemd").mkdir()
        shell = self.shell({
            "cp nginx/": f"cp {ROOT}/nginx/", "nginx/tallyman-alert.timer": f"{ROOT}/nginx/tallyman-alert.timer",
            "/etc/systemd/system/": f"{self.site.dir}/systemd/",
            "/usr/local/bin/tallyman": "tallyman", "/home/you/tallyman/tallyman.json": str(self.site.config),
            "/home/you/tallyman/tallyman ": "tallyman ",
        })
        self.assertEqual(shell.follow(text), 3)
        self.assertEqual(
            sorted(path.name for path in (self.site.dir / "systemd").iterdir()),
            ["tallyman-alert.service", "tallyman-alert.timer"])
        cron, hosted = code_blocks(text, "text")
        for line in (CRON.match(cron)[1], hosted):
            self.assertEqual(shell.sh(line), "")


class Keep(CommandCase):
    """Backups, merge, import and prune."""

    settings = {"open_families": True}

    def same(self, text):
        """Replaces sizes and times."""
        text = re.sub(r"\d+ bytes", "N bytes", text)
        return re.sub(r"\d{8}T\d{6}Z", "TIME", text)

    def make_other(self):
        other = CommandCase()
        other.setUp()
        self.addCleanup(other.doCleanups)
        other.record(counter("demo_page_views_total", 7),
                     histogram("demo_response_seconds", 1),
                     counter("usage_total", 2, browser="chrome", feature="showContent"))
        other.output("backup", self.dir / "other.db")

    def test_commands(self):
        self.configure(open_families=False)
        (self.dir / "metrics.d/old.json").write_text(allowlist(
            listed("old_clicks_total", labels=[label("where", "top", "end")])))
        self.record(counter("demo_page_views_total", 3))
        self.make_other()
        (self.dir / "metrics.txt").write_text(OLD)
        shell = GuideShell(self, self.dir, {"/var/lib/tallyman/": "kept-"})
        for title, count in (("Backups", 2), ("Merge", 1), ("Import", 1), ("Prune", 1)):
            if title == "Prune":
                (self.dir / "metrics.d/old.json").unlink()
            text = section(OPERATOR, title)
            self.assertEqual(shell.follow(text, self.same), count, title)
            for line in CRON.findall("\n".join(code_blocks(text, "text"))):
                self.assertRegex(shell.sh(line), r"^kept-backup.db: ok, \d+ bytes\n$")
        self.assertTrue((self.dir / "kept-backup.db").exists())
        ((views,),) = self.rows(
            "SELECT total FROM counter_totals WHERE family = 'demo_page_views_total'")
        self.assertEqual(views, 10)


class Report(ReportCase):
    def test_commands(self):
        self.fill()
        mailer = self.dir / "mailer"
        mailer.write_text("#!/bin/sh\ncat >>mail\n")
        mailer.chmod(0o755)
        (self.dir / "alerts.json").write_text(
            json.dumps({"sendmail": str(mailer), "alerts": []}))
        text = section(OPERATOR, "Weekly report")
        shell = GuideShell(self, self.dir, **clock(NOW))
        self.assertEqual(shell.follow(text), 1)
        self.assertLess((self.dir / "report.html").stat().st_size, 100_000)
        shell.sh(CRON.match(code_blocks(text, "text")[0])[1])
        self.assertEqual((self.dir / "mail").read_text().count("To: me@example.org"), 2)


class Queries(CommandCase):
    """After the push of the guide for programs."""

    def setUp(self):
        super().setUp()
        push = re.search(r"-d '(\s*\[.*?\])'", guide("fcgi/README.md"), re.S)[1]
        self.assertEqual(self.request("POST", "/record", push), (200, "OK\n"))
        shutil.copytree(ROOT / "sql/analysis", self.dir / "sql/analysis")
        (self.dir / "build/run").mkdir(parents=True)
        shutil.copy(self.database, self.dir / "build/run")
        self.shell = GuideShell(self, self.dir, {
            "/var/lib/tallyman/tallyman.db": self.database,
            "/etc/tallyman/tallyman.json": "tallyman.json"})

    def test_totals(self):
        self.assertEqual(self.shell.follow(section(OPERATOR, "Totals")), 3)

    def test_sections(self):
        for title, count in (("Query the file", 6), ("Questions", 2), ("History", 1),
                             ("Tables", 1)):
            text = section(ANALYST, title)
            self.assertEqual(self.shell.follow(text), count, title)
            for statement in code_blocks(text, "sql"):
                self.shell.sh(f"sqlite3 -readonly build/run/tallyman.db '{statement}'")

    def test_metrics_by_sql(self):
        for path in self.dir.glob("metrics.d/*"):
            if path.name != "web.json":
                path.unlink()
        shop = sqlite3.connect(self.dir / "shop.db")
        shop.execute("CREATE TABLE orders (state TEXT)")
        shop.executemany("INSERT INTO orders VALUES (?)",
                         [("new",), ("paid",), ("new",), ("delivered",)])
        shop.commit()
        shop.close()
        text = section(ANALYST, "Metrics by SQL")
        block = code_blocks(text, "json")[0].replace("/var/lib/shop", str(self.dir))
        (self.dir / "metrics.d/shop.json").write_text(block)
        self.shell.add("chgrp", 'echo "$@" >>changed\n')
        self.shell.replaced["/var/lib/shop"] = self.dir

        def same(text):
            return re.sub(r"in [\d.]+ s$", "in SECONDS s", text, flags=re.M)

        self.assertEqual(self.shell.follow(text, same), 2)
        self.assertEqual((self.dir / "changed").read_text(), f"-R shop {self.dir}\n")


class Viewer(GuideCase):
    def test_open_it(self):
        installed(self.site)
        text = section(VIEWER, "Open it to viewers")
        configurations = code_blocks(text, "json")
        self.assertEqual(len(configurations), 3)
        for one in reversed(configurations):
            self.configure(one)
            if "view_token_file" in one:
                self.site.write("tallyman/view.token", "a-token-for-the-viewers\n")
            self.shell().sh("tallyman check")
        self.site.give_away()
        self.assertEqual(self.shell().follow(text, only="sh"), 1)
        self.serve()
        self.assertEqual(self.shell().follow(text, only="console"), 1)


class Grafana(GuideCase):
    def test_data_source(self):
        installed(self.site)
        self.configure()
        self.serve()
        views = counter("web_page_views_total", 1234, page="home", navigation="navigate",
                        device="desktop")
        http("POST", self.server.url + "/record", json.dumps([views]))

        def same(text):
            return re.sub(r"@\[[\d.]+\]", "@[TIME]", text)

        shell = self.shell({"http://localhost/tallyman": self.server.url})
        text = section(GRAFANA, "Tallyman as a data source")
        self.assertEqual(shell.follow(text, same), 1)
        self.assertEqual(shell.follow(section(GRAFANA, "The panel")), 1)

    def test_behind_the_login(self):
        """The files exist where the commands take them from; test_sessions_login.py
        runs servers with these samples."""
        self.serve()
        places = {}
        for number, place in enumerate((
                "/etc/systemd/system/", "/etc/apache2/sites-available/", "/etc/nginx/conf.d/",
                "/etc/lighttpd/conf-available/", "/var/lib/tallyman")):
            places[place] = f"{self.site.dir}/place{number}/"
            (self.site.dir / f"place{number}").mkdir()
        programs = ("a2enmod", "a2ensite", "lighty-enable-mod", "nginx")
        shell = self.shell({**places, **{f"cp {server}/": f"cp {ROOT}/{server}/"
                                         for server in ("nginx", "apache", "lighttpd")},
                            " apache/grafana-login.service": f" {ROOT}/apache/grafana-login.service"},
                           {name: 'exit 0\n' for name in programs})
        text = section(GRAFANA, "Behind Grafana's login")
        self.assertEqual([shell.sh(block) for block in code_blocks(text, "sh")], [""] * 3)
        self.assertEqual(
            sorted(path.name for path in self.site.dir.glob("place*/*")),
            ["60-grafana.conf", "grafana-login.service", "grafana-login.socket",
             "grafana.conf", "grafana.conf"])

    def test_privacy(self):
        installed(self.site)
        text = section(GRAFANA, "Privacy")
        self.configure(code_blocks(text, "json")[0])
        shell = self.shell()
        self.assertEqual(shell.follow(text), 1)
        shell.sh("tallyman check")


if __name__ == "__main__":
    tap.main()

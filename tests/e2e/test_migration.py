"""Follows the migration guide step by step: Debian's Pushgateway, a Prometheus
across the cut-over, and expositions of the other gateways."""

import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tap
from guide_shell import GuideCase
from guides import code_blocks, section
from harness import http, wait_until
from pushgateway import Pushgateway
from responder_case import allowlist, label, listed
from test_prometheus import Prometheus

GUIDE = "fcgi/migration.md"
OLD = """\
# TYPE backup_files_total counter
backup_files_total 42
# TYPE backup_last_success_timestamp_seconds gauge
backup_last_success_timestamp_seconds 1767323045
# TYPE backup_seconds histogram
backup_seconds_bucket{le="60"} 1
backup_seconds_bucket{le="+Inf"} 2
backup_seconds_sum 90
backup_seconds_count 2
"""
# Exposition of Zapier's aggregation gateway.
AGGREGATED = """\
# HELP http_requests_total Requests.
# TYPE http_requests_total counter
http_requests_total{code="200",method="post"} 1027
# HELP workers_busy Workers at work.
# TYPE workers_busy gauge
workers_busy 7
# TYPE wait_seconds summary
wait_seconds_sum 8
wait_seconds_count 2
"""
USAGE = [listed("usage_total", labels=[
    label("browser", "chrome", "firefox", "safari", "edge", "other"),
    label("feature", "blockStudent", "quickQuestion", "selfPacedMode", "showContent")])]
# Exposition of peardeck's server: braces even without labels.
PEARDECK = "".join(
    f'usage_total{{browser="{browser}",feature="{feature}"}} 2\n'
    for browser in USAGE[0]["labels"][0]["allowedValues"]
    for feature in USAGE[0]["labels"][1]["allowedValues"]
)
PEARDECK = f"""\
# HELP usage_total How often a feature was used.
# TYPE usage_total counter
{PEARDECK}# HELP metrics_aggregator_record_total Calls.
# TYPE metrics_aggregator_record_total counter
metrics_aggregator_record_total{{}} 12
"""
SESSION = {
    "dashboard_name": "Home", "dashboard_timezone": "browser", "dashboard_uid": "x",
    "grafana_env": "production", "grafana_host": "localhost:3000", "user_locale": "en-US",
    "user_theme": "dark", "user_timezone": "browser",
}
LABELS = ",".join(f'{name}="{value}"' for name, value in SESSION.items())
# Exposition of the panel's server, with the names of users.
PANEL = f"""\
# HELP grafana_analytics_exporter_scrapes_total Number of scrapes.
# TYPE grafana_analytics_exporter_scrapes_total counter
grafana_analytics_exporter_scrapes_total 9
# HELP grafana_analytics_sessions_duration_seconds_total Duration of sessions.
# TYPE grafana_analytics_sessions_duration_seconds_total counter
grafana_analytics_sessions_duration_seconds_total{{{LABELS},user_login="me",user_name="Me",user_role="admin"}} 60
# HELP grafana_analytics_sessions_total Number of sessions.
# TYPE grafana_analytics_sessions_total counter
grafana_analytics_sessions_total{{{LABELS},user_login="me",user_name="Me",user_role="admin"}} 1
grafana_analytics_sessions_total{{{LABELS},user_login="you",user_name="You",user_role="admin"}} 3
# HELP grafana_analytics_up Was the last scrape successful.
# TYPE grafana_analytics_up gauge
grafana_analytics_up 1
"""


class FromPushgateway(GuideCase):
    """The whole section, with a Prometheus that scrapes first the Pushgateway, then Tallyman."""

    def jobs(self, text):
        """Returns the guide's Prometheus configuration for these servers."""
        host, _, path = self.server.url.removeprefix("http://").partition("/")
        for old, new in {
            "metrics.example.org\"": host + "\"", "metrics\\.example\\.org": "127\\.0\\.0\\.1",
            "/tallyman/metrics": f"/{path}/metrics",
            "/etc/prometheus/scrape.token": str(self.site.home / "scrape.token"),
        }.items():
            self.assertIn(old, text)
            text = text.replace(old, new)
        return "global: {scrape_interval: 1s, scrape_timeout: 1s}\n" + text

    def wait(self, query, value):
        wait_until(lambda: self.prometheus.query(query) == value, f"{query} to be {value}")

    def test_section(self):
        text = {part: section(GUIDE, part) for part in
                ("Pushgateway", "Prepare", "Cut over", "Check", "The way back")}
        self.configure(code_blocks(text["Prepare"], "json")[0])
        self.serve()
        gateway = Pushgateway(self.site.dir / "log/pushgateway.log",
                              keep=self.site.dir / "log/pushgateway.kept")
        self.addCleanup(gateway.process.stop)
        self.assertEqual(http("POST", gateway.url + "/metrics/job/backup", OLD).status, 200)
        self.prometheus = Prometheus(self.site, [{
            "job_name": "pushgateway", "honor_labels": True,
            "static_configs": [{"targets": [gateway.url.removeprefix("http://")]}],
        }])
        self.addCleanup(self.prometheus.stop)
        self.wait('backup_files_total{job="backup"}', 42)

        shell = self.shell({"http://localhost:9091": gateway.url}, {
            # It has been stopped.
            "systemctl": f'if [ "$*" = "disable --now prometheus-pushgateway" ]; then\n'
                         f"kill {gateway.process.pid}\n"
                         f"while curl -s {gateway.url}/-/ready; do sleep 0.1; done\n"
                         "else echo \"$*\" >>systemctl.log; fi\n",
        })
        self.assertEqual(shell.follow(text["Prepare"]), 2)
        self.assertEqual(shell.follow(text["Cut over"]), 3)
        config = self.jobs(code_blocks(text["Cut over"], "yaml")[0])
        self.site.write("run/prometheus.yml", config)
        self.prometheus.process.signal(signal.SIGHUP)
        self.wait('backup_files_total{job="backup"}', 50)
        self.assertEqual(shell.follow(text["Check"]), 1)
        # Each is one series that has only grown.
        for name in ("backup_files_total", "backup_seconds_count",
                     "backup_last_success_timestamp_seconds"):
            self.wait(f"count(last_over_time({name}[5m]))", 1)
            self.assertEqual(self.prometheus.query(f"resets({name}[5m])"), 0)

        self.assertEqual(shell.follow(text["The way back"]), 1)
        self.assertEqual((self.site.dir / "systemctl.log").read_text(),
                         "enable --now prometheus-pushgateway\n")
        gateway.start()
        self.addCleanup(gateway.process.stop)
        wait_until(gateway.ready, "the Pushgateway to answer again")
        self.assertIn('\nbackup_files_total{instance="",job="backup"} 42\n',
                      gateway.scrape())

    def test_running_total_counts_once(self):
        """The total of a process that is restarted after the import."""
        self.configure()
        self.site.write("tallyman/metrics.d/running.json", allowlist(listed(
            "run_total", temporality="cumulative",
            labels=[label("job", "x"), {"name": "instance", "maxValues": 5}])))
        self.serve()
        shell = self.shell()
        (self.site.dir / "metrics.txt").write_text(
            '# TYPE run_total counter\nrun_total{instance="a",job="x"} 7\n')
        shell.sh("sudo tallyman import - <metrics.txt")
        for total in (2, 5):
            reply = http("PUT", self.server.url + "/metrics/job/x/instance/a",
                         f"# TYPE run_total counter\nrun_total {total}\n")
            self.assertEqual(reply.status, 200, reply)
        self.assertEqual(self.scraped().value("run_total", job="x", instance="a"), 12)


class FromOthers(GuideCase):
    def expose(self, text):
        """Serves this text to every request; returns the address."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_port}"

    def follow(self, title, text, address):
        return self.shell({address: self.expose(text)}).follow(section(GUIDE, title))

    def test_aggregation_gateway(self):
        block = code_blocks(section(GUIDE, "An aggregation gateway"), "json")[0]
        self.site.write("tallyman/metrics.d/workers.json", block)
        self.serve()
        count = self.follow("An aggregation gateway", AGGREGATED, "localhost:8081")
        self.assertEqual(count, 4)
        for _ in range(2):
            http("POST", self.server.url + "/metrics", "# TYPE workers_busy gauge\nworkers_busy 2\n")
        self.assertEqual(self.scraped().value("workers_busy"), 11)

    def test_peardeck(self):
        self.configure('{"database": "tallyman.db"}')
        self.serve()
        place = self.site.dir / "config/metricConfigs"
        place.mkdir(parents=True)
        (place / "appMetricConfig.json").write_text(allowlist(*USAGE))
        count = self.follow("peardeck's prometheus-user-metrics", PEARDECK,
                               "localhost:9102")
        self.assertEqual(count, 4)
        uses = ("usage_total", {"browser": "chrome", "feature": "showContent"})
        wait_until(lambda: self.scraped().value(uses[0], **uses[1]) == 2, "the totals")

    def test_panel(self):
        self.serve()
        count = self.follow("Grafana's analytics panel", PANEL, "your-server:8080")
        self.assertEqual(count, 3)
        labels = {**SESSION, "user_role": "admin"}
        self.assertEqual(self.scraped().value("grafana_analytics_sessions_total", **labels), 4)
        self.assertEqual(self.scraped().value(
            "grafana_analytics_sessions_duration_seconds_total", **labels), 60)

    def test_statsd(self):
        self.site.write("tallyman/metrics.d/usage.json", allowlist(*USAGE))
        self.serve()
        shell = self.shell()
        self.assertEqual(shell.follow(section(GUIDE, "statsd_exporter")), 1)
        self.assertEqual(self.scraped().value(
            "usage_total", browser="firefox", feature="showContent"), 1)


if __name__ == "__main__":
    tap.main()

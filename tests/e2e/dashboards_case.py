"""Base of the tests of the dashboards of `tallyman monitoring`: dashboards of the
shipped families, and of families with unusual names, labels and bounds."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import dashboards
from command_case import PLAIN, TALLYMAN
from harness import PATIENCE, ROOT
from responder_case import allowlist, label, listed

SCHEMA = json.loads((ROOT / "tests/data/dashboard/schema.json").read_text())
PRESETS = ["red", "golden", "web-vitals", "kpi", "slo", "grafana-usage", "security"]
ALL = sorted(f"{name}.json" for name in ["tallyman", *PRESETS])
# Names, help texts and labels with characters that PromQL, Grafana or a regular
# expression interprets.
ODD = allowlist(
    {**listed("a:b:orders"), "help": 'Orders "$big" \\ {{x}} \u2603\nand lines'},
    listed(
        "_queue_depth",
        "gauge",
        gauge="sum",
        labels=[label("instance", "x", "y"), label("environment", "a.b", "c|d")],
    ),
    listed("lowest_celsius", "gauge", gauge="min", unit="celsius"),
    listed("peak_bytes", "gauge", gauge="max", unit="bytes"),
    listed(
        "billing_requests_total",
        labels=[
            label("status", "200", "404", "503", "(err)"),
            label("job", "$1", "[a-z]+", "c\\d", 'say "x"'),
            label("datasource", "one", "two"),
            label("quantile", "0.5", "1"),
            label("service", "own", "other"),
        ],
    ),
    listed(
        "billing_request_duration_seconds",
        "histogram",
        unit="seconds",
        buckets=[0.001, 1, 1000000],
        labels=[label("job", "$1", "[a-z]+")],
    ),
    listed(
        "web_lcp_seconds",
        "histogram",
        unit="seconds",
        buckets=[1, 3],  # neither bound of the metric is a bucket bound
    ),
    listed("offset_latency", "histogram", buckets=[-10, 0, 10.5]),
    listed("wait_duration_ms", "histogram", buckets=[100, 1000, 10000]),
    listed("order_value_bytes", "histogram", buckets=[10, 1e6], labels=[label("x", "1", "2")]),
    listed("page_weight", "summary"),
    listed("one_errors_total", labels=[{"name": "reason", "maxValues": 5}]),
    listed("read_bytes_total", unit="bytes", labels=[label("only", "one")]),
    # More values than a panel has room for.
    *(
        listed(f"op{i}_calls_total", labels=[label("result", "ok", "failed")])
        for i in range(30)
    ),
)
LONE_GAUGE = allowlist(listed("temperature", "gauge", gauge="last"))
LONE_VITAL = allowlist(
    listed("web_lcp_seconds", "histogram", unit="seconds", buckets=[2.5, 4])
)
LONE_HISTOGRAM = allowlist(listed("sizes", "histogram", buckets=[1, 2]))


class DashboardCase(unittest.TestCase):
    """Gives each test a directory with a configuration."""

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dashboards-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.configure()

    def configure(self, *files, **settings):
        """Configures the given allowlists, by default the shipped ones."""
        shutil.rmtree(self.dir / "metrics.d", ignore_errors=True)
        if files:
            (self.dir / "metrics.d").mkdir()
        else:
            shutil.copytree(ROOT / "fcgi/metrics.d", self.dir / "metrics.d")
        for i, text in enumerate(files):
            (self.dir / f"metrics.d/{i}.json").write_text(text)
        settings = {"database": "tallyman.db", **settings}
        (self.dir / "tallyman.json").write_text(json.dumps(settings))

    def write(self, *options, out="out"):
        """Returns the output directory and stderr."""
        shutil.rmtree(self.dir / out, ignore_errors=True)
        arguments = ["monitoring", "-c", self.dir / "tallyman.json"]
        done = subprocess.run(
            [TALLYMAN, *arguments, "--out", self.dir / out, *options],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env=PLAIN,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.dir / out, done.stderr

    def boards(self, *options):
        return dashboards.load(self.write(*options)[0])

    def configurations(self):
        """Yields the dashboards of several configurations."""
        for files, settings in (
            ((), {}),
            ((ODD,), {}),
            ((LONE_GAUGE,), {"sessions": {"enabled": False}}),
            ((LONE_HISTOGRAM,), {"limits": {"series": 7000}}),
            ((LONE_VITAL,), {"sessions": {"enabled": False}}),
            (
                (),
                {
                    "sessions": {
                        "user_labels": True,
                        "variables": ["region"],
                        "drop_labels": ["user_role", "dashboard_name"],
                    }
                },
            ),
        ):
            self.configure(*files, **settings)
            for stack in ("prometheus", "victoria"):
                yield self.boards("--stack", stack, "--services", "web")

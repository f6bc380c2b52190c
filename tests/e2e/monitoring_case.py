"""Base of the tests of `tallyman monitoring`: sets of options, and the files
written for one set."""

import re
import subprocess

import yaml

from command_case import CommandCase

PATIENCE = 300  # promtool evaluates many rules

# The sets of options, by name.
SETS = {
    "plain": [],
    "nodes": "--nodes a.example.org:443,b.example.org:443,[::1]:8443 --tls"
    " --token-file /etc/tallyman-scrape.token --services web,demo"
    " --environment staging --retention 12w --scrape-interval 30s"
    " --alerting-channels slack,pagerduty,email,webhook,opsgenie"
    " --exporters node,blackbox,postgres,redis --tracing tempo".split(),
    "available": "--high-availability --alerting-channels pagerduty"
    " --tracing jaeger".split(),
    "thanos": "--storage thanos --high-availability".split(),
    "mimir": "--storage mimir --high-availability --tracing tempo".split(),
    "mimir-one": "--storage mimir --tracing none".split(),
    "cortex": "--storage cortex --high-availability --tracing zipkin".split(),
    "cortex-one": "--storage cortex".split(),
    "victoria-storage": "--storage victoria --high-availability".split(),
    "victoria": "--stack victoria --exporters node".split(),
    "victoria-two": "--stack victoria --storage victoria --high-availability"
    " --services web --alerting-channels email".split(),
    # Services with the names of teams.
    "teams": "--services operations,application,a --alerting-channels slack".split(),
    "one-dashboard": "--dashboard-presets red".split(),
    "native": "--native-histograms --high-availability --tracing tempo".split(),
}

# Options of the other stacks.
STACKS = {
    "datadog": ["README.md", "conf.d/openmetrics.d/conf.yaml"],
    "newrelic": ["README.md", "prometheus.yml"],
    "elastic": ["README.md", "modules.d/prometheus.yml"],
}


# Keys of a job and the first Prometheus version that has them. Debian's may be
# older.
NEW_KEYS = (
    ("scrape_protocols", (2, 49), r"    scrape_protocols:\n(?:      - .*\n)+"),
    ("convert_classic_histograms_to_nhcb", (3, 0), r"    convert_classic\w+: true\n"),
)


def prometheus_version():
    done = subprocess.run(
        ["prometheus", "--version"], capture_output=True, text=True, check=True
    )
    return tuple(int(n) for n in re.search(r"(\d+)\.(\d+)", done.stdout).groups())


def without_new_keys(text):
    """Returns a prometheus.yml without the keys that the installed Prometheus lacks."""
    version = prometheus_version()
    for key, since, lines in NEW_KEYS:
        if version < since:
            text = re.sub(lines, "", text)
            if key + ":" in text:
                raise RuntimeError(f"prometheus.yml: {key} is not written as expected")
    return text


def read_yaml(path):
    # The C loader: the Python loader takes seconds for the rules.
    return yaml.load(path.read_text(), Loader=yaml.CSafeLoader)


def files_of(directory):
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


class MonitoringCase(CommandCase):
    def setUp(self):
        super().setUp()
        self.out = self.dir / "out"
        (self.dir / "scrape.token").write_text("secret\n")
        self.configure(scrape_token_file="scrape.token")

    def monitoring(self, *options, status=0, out=None):
        done = self.run_command("monitoring", "--out", out or self.out, *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout if status == 0 else done.stderr

    def tool(self, *arguments):
        done = subprocess.run(
            [str(a) for a in arguments],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def yaml(self, name):
        return read_yaml(self.out / name)

    def rules(self, name):
        return [
            rule
            for group in self.yaml(f"rules/{name}.yml")["groups"]
            for rule in group["rules"]
        ]

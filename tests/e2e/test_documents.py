"""Statements of the guides, SECURITY.md and the manual page are true: the configuration
keys and their defaults, the options, the examples, the bounds."""

import re
import subprocess
import unittest

import tap
from command_case import CommandCase
from document_case import DoneCase, run
from guides import BLOCK, GUIDES, code_blocks, guide, section
from harness import RESPONDER, ROOT

MANUAL_PAGE = ROOT / "build/tallyman.fcgi.8"
MANUAL = MANUAL_PAGE.read_text()
COMMAND_MANUAL = (ROOT / "src/cli/tallyman.1").read_text()


def config_keys():
    """Parses the table of keys: name to kind, range (text, text) of a number, and
    default as JSON or None."""
    rows = re.findall(r"^([a-z]\S*) (\w+)(?: (?!=)(\S+))?(?: = (.*))?$",
                      (ROOT / "src/config/keys.txt").read_text(), re.M)
    return {
        name: (kind, permitted.split("..") if kind == "count" else None, default or None)
        for name, kind, permitted, default in rows
    }


def manual_section(title):
    return re.search(rf"^\.Sh {title}\n(.*?)(?=^\.Sh |\Z)", MANUAL, re.DOTALL | re.M)[1]


def manual_config_entries():
    """Returns key to description from the list in the section CONFIGURATION."""
    entries = re.split(r"^\.It Cm (\S+)\n", manual_section("CONFIGURATION"), flags=re.M)
    return dict(zip(entries[1::2], entries[2::2]))


class Keys(unittest.TestCase):
    """The documents have exactly the table's keys."""

    def test_table_is_not_empty(self):
        # Otherwise the comparisons below would compare nothing.
        keys = config_keys()
        self.assertEqual(keys["database"], ("path", None, None))
        self.assertEqual(keys["limits.body_bytes"], ("count", ["1024", "67108864"], "65536"))
        self.assertGreater(len(keys), 20)

    def test_guides_name_keys_that_exist(self):
        """Such as `limits.series` or `"view": "public"`."""
        known = set(config_keys())
        known |= {part for key in known for part in key.split(".")}
        entries = re.findall(r"^\.It Cm (.*)$", MANUAL + COMMAND_MANUAL, re.M)
        known |= {word for entry in entries for word in re.findall(r"[\w.]+", entry)}
        for path in GUIDES:
            text = BLOCK.sub("", path.read_text())
            named = re.findall(r"`((?:limits|sessions|faro|history)\.(?!json)\w+)`", text)
            named += re.findall(r'`"(\w+)": [^`]*`', text)
            for key in named:
                self.assertIn(key, known, path)

    def test_first_configuration(self):
        """The operators' guide sets the keys that most sites need."""
        text = code_blocks(section("src/cli/README.md", "Configuration"), "json")[0]
        self.assertEqual(re.findall(r'^  "(\w+)":', text, re.M), [
            "database", "origins", "scrape_token_file", "push_token_file", "view"])

    def test_manual_lists_the_keys(self):
        self.assertEqual(list(manual_config_entries()), list(config_keys()))

    def test_manual_has_ranges_and_defaults(self):
        entries = manual_config_entries()
        for key, (_, bounds, default) in config_keys().items():
            text = ""
            if bounds:
                text = "From {} to {}.\n".format(*bounds)
            if default and '"' in default:
                words = default.strip("[]").replace('"', "").split(",")
                text += "Default:\n.Qq " + " ,\n.Qq ".join(words) + " .\n"
            elif default:
                text += f"Default: {default}.\n"
            with self.subTest(key):
                self.assertIn(text, entries[key])


class Manual(unittest.TestCase):
    def test_options(self):
        help_text = run(RESPONDER, "--help").stdout
        options = re.findall(r"^  -(\w), --([\w-]+)", help_text, re.M)
        self.assertGreater(len(options), 3)
        described = re.findall(
            r"^\.It Fl (\w)(?: Ar \w+)? , Fl -([\w-]+)", MANUAL, re.M
        )
        self.assertEqual(described, options)

    def test_own_families(self):
        reply = subprocess.run(
            'grep -hoE \'"(tallyman_|metrics_aggregator_)[a-z_]+"\' fcgi/*/*.c',
            cwd=ROOT,
            shell=True,
            capture_output=True,
            text=True,
        )
        names = {name.strip('"') for name in reply.stdout.split()}
        self.assertGreater(len(names), 10)
        described = set(re.findall(r"(?:tallyman|metrics_aggregator)_\w+",
                                   manual_section("METRICS")))
        self.assertEqual(described, names)

    def test_views(self):
        sql = (ROOT / "sql/schema.sql").read_text()
        views = set(re.findall(r"^CREATE VIEW (\w+)", sql, re.M))
        self.assertIn("session_list", views)
        manual = manual_section("DATABASE")
        parts = set(*re.findall(r"^\.Va (\w+)\nand\n\.Va (\w+)\nare parts of them", manual, re.M))
        described = re.findall(r"^\.It Va (\w+)", manual, re.M)
        self.assertEqual(sorted([*described, *parts]), sorted(views))
        for view in views - parts:
            self.assertRegex(guide("sql/README.md"), rf"\sfrom {view}\b|\n\| `{view}`", view)

    def test_mandoc_finds_nothing(self):
        done = run("mandoc", "-T", "lint", "-W", "warning", MANUAL_PAGE)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Examples(DoneCase, CommandCase):
    def test_allowlist_file_is_good(self):
        block = next(
            block
            for block in code_blocks(section("fcgi/metrics.d/README.md", "Allow your metrics"))
            if "allowedMetrics" in block
        )
        (self.dir / "metrics.d/search.json").write_text(block)
        self.assertDone(run(RESPONDER, "-t", "-c", self.config))

    def test_token_file_is_good(self):
        block = next(
            block
            for block in code_blocks(section("fcgi/README.md", "Tokens"))
            if block.startswith("# ")
        )
        (self.dir / "push.tokens").write_text(block)
        self.configure(push_token_file="push.tokens")
        self.assertDone(run(RESPONDER, "-t", "-c", self.config))

    def test_sessions_configuration_is_good(self):
        block = code_blocks(section("fcgi/grafana.md", "Privacy"), "json")[0]
        (self.dir / "hash.key").write_text("0123456789abcdef\n")
        here = block.replace("/var/lib/tallyman/", "")
        self.assertNotEqual(here, block)
        self.config.write_text(here)
        self.assertDone(run(RESPONDER, "-t", "-c", self.config))

    def test_session_families(self):
        """The table has the families of the source."""
        source = (ROOT / "src/sessions/families.c").read_text()
        source += "".join(
            path.read_text() for path in sorted((ROOT / "fcgi").rglob("*.c"))
        ) + (ROOT / "src/expose/families.c").read_text()
        names = set(re.findall(r'"(grafana_analytics_\w+)"', source))
        text = section("fcgi/grafana.md", "Usage of dashboards")
        rows = re.findall(r"^\| (`grafana_\w+`[^|]*) \|", text, re.M)
        listed = re.findall(r"`(\w+)`", " ".join(rows))
        self.assertGreater(len(names), 5)
        self.assertEqual(set(listed), names)


class Security(unittest.TestCase):
    """The limits in SECURITY.md equal those in the source."""

    def bounds(self):
        text = section("SECURITY.md", "Bounds")
        return re.findall(r"^\| (.*?) \| (.*?) \| (.*?) ?\|$", text, re.M)[1:]

    def test_defaults_match_the_source(self):
        keys = config_keys()
        named = {key.strip("`"): value for _, value, key in self.bounds() if key}
        self.assertLess({key for key in keys if key.startswith("limits.")}, named.keys())
        for key, value in named.items():
            self.assertEqual(value, keys[key][2], key)

    def test_constants_match_the_source(self):
        def constant(file, pattern):
            text = re.search(pattern, (ROOT / file).read_text())[1]
            return str(eval(text, {"__builtins__": {}}))

        rows = {what: value for what, value, key in self.bounds() if not key}
        crowded = constant("fcgi/process/scraper.c", r"SEND_SECONDS_CROWDED = (\d+);")
        self.assertEqual(
            list(rows.values()),
            [
                constant("fcgi/endpoints/points.c", r"KEY_MAX = (\d+)"),
                constant("src/ingest/faro/push.h", r"FARO_ATTRIBUTES_MAX = (\d+)"),
                constant("src/config/routes.h", r"ROUTE_URL_MAX = (\d+)"),
                constant("src/base/json_scan.h", r"JSON_DEPTH_MAX = (\d+)"),
                constant("src/metrics/registry.h", r"FAMILY_LABELS_MAX = (\d+)")
                + ", "
                + constant("src/metrics/histogram.h", r"HISTOGRAM_BOUNDS_MAX = (\d+)"),
                constant("src/metrics/label.h", r"PUSHED_LABELS_MAX = (\d+)")
                + ", "
                + constant("src/ingest/otlp/histogram.c", r"BUCKETS_MAX = (\d+)"),
                constant("src/ingest/unpack.c", r"MEMORY_FACTOR = (\d+)")
                + ", "
                + constant("src/ingest/unpack.c", r"MEMORY_SMALL = ([\d <]+)"),
                re.search(r"METRIC_VALUE_MAX (\S+)",
                          (ROOT / "src/metrics/metric.h").read_text())[1]
                + "; 2^"
                + constant("src/base/number.h", r"NUMBER_EXACT 0x1p(\d+)"),
                constant("fcgi/process/record_walk.c", r"PARAMS_MAX = (\d+)"),
                constant("fcgi/process/clients.h", r"CLIENTS_MAX = (\d+)"),
                constant("fcgi/process/connection.c", r"DROPPED_MAX = ([\d <]+)"),
                constant("fcgi/process/responder.c", r"HELD_MAX = ([\d <]+);"),
                constant("fcgi/process/responder.c", r"RECEIVE_SECONDS = (\d+);"),
                constant("fcgi/endpoints/guesses.h", r"GUESS_PLACES = (\d+)"),
                constant("fcgi/process/scraper.c", r"SEND_SECONDS = (\d+);")
                + f", or {crowded} while others wait",
                constant("fcgi/process/scraper.c", r"THREADS_MAX = (\d+)"),
            ],
        )


if __name__ == "__main__":
    tap.main()

"""The Grafana dashboards of `tallyman monitoring`: they are valid and show the right panels."""

import json
import re
import unittest

import jsonschema
import yaml

import dashboards
import tap
from dashboards_case import (
    ALL,
    LONE_GAUGE,
    LONE_HISTOGRAM,
    ODD,
    PRESETS,
    SCHEMA,
    DashboardCase,
)
from harness import ROOT
from responder_case import allowlist, label, listed


class Model(DashboardCase):
    """Grafana's rules for a dashboard."""

    def test_schema(self):
        validator = jsonschema.Draft7Validator(SCHEMA)
        for boards in self.configurations():
            for name, board in boards.items():
                for error in validator.iter_errors(board):
                    self.fail(f"{name}: {list(error.absolute_path)}: {error.message}")

    def test_schema_can_refuse(self):
        """The schema test can fail."""
        validator = jsonschema.Draft7Validator(SCHEMA)
        text = json.dumps(self.boards()["red.json"])
        for old, new in (
            ('"schemaVersion": 42', '"schemaVersion": 41'),
            ('"type": "timeseries"', '"type": "graph"'),
            ('"unit": "cps"', '"unit": "hits"'),
            ('"refId": "A"', '"refId": ""'),
            ('"w": 24', '"w": 25'),
            ('"id": null', '"id": 7'),
            ('"uid": "${datasource}"', '"uid": "tallyman"'),
            ('"instant": false', '"instant": true'),
        ):
            with self.subTest(new):
                self.assertIn(old, text)
                self.assertFalse(validator.is_valid(json.loads(text.replace(old, new, 1))))

    def test_ids_are_unique(self):
        for boards in self.configurations():
            uids = [board["uid"] for board in boards.values()]
            titles = [board["title"] for board in boards.values()]
            self.assertEqual(len(set(uids)), len(boards))
            self.assertEqual(len(set(titles)), len(boards))
            for name, board in boards.items():
                self.assertEqual(board["uid"], "tallyman-" + name[:-5])
                ids = [panel["id"] for panel in board["panels"]]
                self.assertEqual(len(set(ids)), len(ids), name)
                names = [v["name"] for v in board["templating"]["list"]]
                self.assertEqual(len(set(names)), len(names), name)
                for panel in dashboards.panels(board):
                    queries = [target["refId"] for target in panel["targets"]]
                    self.assertEqual(len(set(queries)), len(queries))

    def test_ids_stay(self):
        """A link to a panel stays valid when families are added."""

        def ids(boards):
            return {
                (name, panel["title"]): panel["id"]
                for name, board in boards.items()
                for panel in board["panels"]
                if panel["type"] == "row"
            }

        first = listed("b_total", labels=[label("x", "1", "2")])
        self.configure(allowlist(first))
        before = ids(self.boards())
        self.configure(allowlist(listed("a_total"), first))
        after = ids(self.boards())
        self.assertEqual({k: after[k] for k in before}, before)
        self.assertGreater(len(after), len(before))

    def test_layout(self):
        """All panels are in the grid, without overlaps and without gaps between rows."""
        for boards in self.configurations():
            for name, board in boards.items():
                taken = {}
                for panel in board["panels"]:
                    place = panel["gridPos"]
                    self.assertLessEqual(place["x"] + place["w"], 24)
                    for x in range(place["x"], place["x"] + place["w"]):
                        for y in range(place["y"], place["y"] + place["h"]):
                            self.assertNotIn((x, y), taken, f"{name}: {panel['title']}")
                            taken[x, y] = panel["title"]
                rows = {y for _, y in taken}
                self.assertEqual(rows, set(range(len(rows))), name)

    def test_no_row_is_empty(self):
        for boards in self.configurations():
            for name, board in boards.items():
                kinds = [panel["type"] for panel in board["panels"]]
                self.assertEqual(kinds[0], "row")
                for one, next_one in zip(kinds, [*kinds[1:], "row"]):
                    self.assertFalse(one == next_one == "row", name)

    def test_variables_are_declared_and_used(self):
        """Every variable of a query is declared, and every declared variable is used."""
        for boards in self.configurations():
            for name, board in boards.items():
                used = set()
                for panel in dashboards.panels(board):
                    for target in panel["targets"]:
                        used |= set(re.findall(r"\$(\w+)", target["expr"]))
                have = set(dashboards.variables(board)) - {"datasource"}
                self.assertLessEqual(used - set(dashboards.BUILT_IN), have, name)
                self.assertLessEqual(have, used, name)

    def test_legends_match_their_queries(self):
        """Overrides match a query, bands refer to another query, and legends use
        labels that the query keeps."""
        for boards in self.configurations():
            for name, board in boards.items():
                for panel in dashboards.panels(board):
                    self._check_legends(name, panel)

    def _check_legends(self, name, panel):
        legends = {target["legendFormat"] for target in panel["targets"]}
        self.assertEqual(len(legends), len(panel["targets"]), (name, panel["title"]))
        for override in panel["fieldConfig"]["overrides"]:
            self.assertIn(override["matcher"]["options"], legends)
            for one in override["properties"]:
                if one["id"] == "custom.fillBelowTo":
                    self.assertIn(one["value"], legends)
        for target in panel["targets"]:
            for wanted in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                kept = re.findall(r"by \(([^)]*)\)", target["expr"])
                self.assertTrue(
                    not kept or any(wanted in by.split(", ") for by in kept),
                    (name, target),
                )


class Templates(unittest.TestCase):
    """Grafana can open a template and save it back."""

    def test_templates_are_dashboards(self):
        directory = ROOT / "src/cli/monitoring/templates/grafana/dashboards"
        paths = sorted(directory.glob("*.json"))
        self.assertEqual([path.name for path in paths], ALL)
        for path in paths:
            board = json.loads(path.read_text())
            self.assertEqual(board["uid"], "tallyman-" + path.stem)
            for row in board["panels"]:
                # A collapsed row contains its panels.
                self.assertEqual((row["type"], row["collapsed"]), ("row", True))
                for panel in self.panels(row["panels"]):
                    with self.subTest(path.name, panel=panel["title"]):
                        self.assertEqual(
                            set(panel["gridPos"]) - {"#w"}, {"h", "w", "x", "y"}
                        )
                        for step in panel["fieldConfig"]["defaults"]["thresholds"][
                            "steps"
                        ]:
                            self.assertIn("value", step)
                        self.assertTrue(panel["targets"])

    def panels(self, elements):
        for element in elements:
            if "#list" in element:
                yield from self.panels(element["#list"])
            else:
                yield element


class Content(DashboardCase):
    def test_few_variables(self):
        """The shipped families have variables only for the labels that viewers filter by."""
        common = ["datasource", "environment", "service", "instance"]
        for name, want in (
            ("golden.json", [*common, "page", "device", "navigation", "kind"]),
            (
                "web-vitals.json",
                [*common, "quantile", "page", "device", "navigation", "kind"],
            ),
            (
                "kpi.json",
                [*common, "browser", "feature", "app", "host",
                 "service_name", "span_kind", "span_name"],
            ),
            ("slo.json", [*common[:3], "errors", "latency"]),
            ("tallyman.json", [common[0], common[1], common[3]]),
            ("security.json", [common[0], common[1], common[3]]),
        ):
            with self.subTest(name):
                self.assertEqual(list(dashboards.variables(self.boards()[name])), want)

    def test_presets(self):
        for preset in PRESETS:
            with self.subTest(preset):
                boards = self.boards("--dashboard-presets", preset)
                self.assertEqual(sorted(boards), sorted(["tallyman.json", preset + ".json"]))
        self.assertEqual(sorted(self.boards()), ALL)

    def test_empty_presets_are_left_out(self):
        for text, sessions, missing in (
            (LONE_GAUGE, True, {"red", "golden", "web-vitals", "slo"}),
            (LONE_HISTOGRAM, False, set(PRESETS) - {"kpi", "security"}),
            (allowlist(), False, set(PRESETS) - {"security"}),
            (ODD, False, {"grafana-usage"}),
        ):
            self.configure(text, sessions={"enabled": sessions})
            out, said = self.write()
            noted = re.findall(r"no dashboard (\S+): the configuration has no ", said)
            self.assertEqual(set(noted), missing)
            self.assertEqual(len(said.splitlines()), len(missing))
            self.assertEqual(
                set(dashboards.load(out)),
                set(ALL) - {name + ".json" for name in missing},
            )

    def test_same_output_each_time(self):
        for files in ((), (ODD,)):
            self.configure(*files)
            texts = []
            for out in ("one", "two"):
                directory, _ = self.write(out=out)
                paths = sorted((directory / "grafana").rglob("*.*"))
                texts.append([path.read_bytes() for path in paths])
            self.assertEqual(texts[0], texts[1])

    def test_every_family_has_a_panel(self):
        """For families of each type, with any name."""
        for files in ((), (ODD,), (LONE_HISTOGRAM,)):
            self.configure(*files)
            boards = self.boards()
            text = "".join(
                q for b in boards.values() for _, _, q in dashboards.queries(b)
            )
            for family in dashboards.allowlists(self.dir / "metrics.d"):
                self.assertRegex(text, rf"\b{family['name']}")

    def test_golden_signals(self):
        """Each of the four golden signals has a panel."""
        board = self.boards()["golden.json"]
        signals = [p["title"] for p in board["panels"] if p["type"] == "row"]
        self.assertEqual(signals, ["Latency", "Traffic", "Errors", "Saturation"])

    def test_help_is_shown(self):
        self.configure(ODD)
        board = self.boards()["kpi.json"]
        shown = {panel["title"]: panel.get("description") for panel in board["panels"]}
        self.assertEqual(
            shown["a:b:orders"], 'Orders "$big" \\ {{x}} \u2603\nand lines'
        )

    def test_units(self):
        self.configure(ODD)
        board = self.boards()["kpi.json"]
        units = {
            panel["title"]: panel["fieldConfig"]["defaults"]["unit"]
            for panel in dashboards.panels(board)
        }
        self.assertEqual(units["lowest_celsius"], "celsius")
        self.assertEqual(units["peak_bytes"], "bytes")
        self.assertEqual(units["read_bytes_total"], "bytes")
        self.assertEqual(units["a:b:orders"], "short")
        self.assertEqual(units["order_value_bytes"], "bytes")
        board = self.boards()["red.json"]
        overview = next(
            p for p in dashboards.panels(board) if p["title"] == "Duration, p95"
        )
        self.assertEqual(overview["fieldConfig"]["defaults"]["unit"], "s")
        units = {
            override["matcher"]["options"]: one["value"]
            for override in overview["fieldConfig"]["overrides"]
            for one in override["properties"]
            if one["id"] == "unit"
        }
        self.assertEqual(units, {"wait_duration_ms": "ms"})

    def test_web_vitals(self):
        """The thresholds of web.dev, and percentile bands."""
        board = self.boards()["web-vitals.json"]
        first = {p["title"]: p for p in reversed(dashboards.panels(board))}
        steps = first["Largest Contentful Paint"]["fieldConfig"]["defaults"][
            "thresholds"
        ]["steps"]
        self.assertEqual(
            [(s["value"], s["color"]) for s in steps],
            [(None, "green"), (2.5, "orange"), (4, "red")],
        )
        graph = first["Frontend response time"]
        self.assertEqual(
            [target["legendFormat"] for target in graph["targets"]],
            ["p50", "p75", "p95", "p99"],
        )
        self.assertIn('phase="load"', graph["targets"][0]["expr"])
        bands = {
            override["matcher"]["options"]: one["value"]
            for override in graph["fieldConfig"]["overrides"]
            for one in override["properties"]
            if one["id"] == "custom.fillBelowTo"
        }
        self.assertEqual(bands, {"p75": "p50", "p95": "p75", "p99": "p95"})

    def test_other_clients_response_time(self):
        self.configure((ROOT / "fcgi/metrics.d/performance_timing.json").read_text())
        board = self.boards()["web-vitals.json"]
        (graph,) = [
            p for p in board["panels"] if p["title"] == "Frontend response time"
        ]
        self.assertIn(
            "performance_timing_loadEventStart_bucket", graph["targets"][0]["expr"]
        )

    def test_counter_and_histogram_are_one(self):
        board = self.boards()["red.json"]
        rows = [p["title"] for p in board["panels"] if p["type"] == "row"]
        self.assertEqual([r for r in rows if r.startswith("web_request_")], [])
        self.assertEqual(len([r for r in rows if r.startswith("web_requests")]), 1)

    def test_names_follow_the_allowlist(self):
        for stack in ("prometheus", "victoria"):
            board = self.boards("--stack", stack)["kpi.json"]
            text = "\n".join(q for _, _, q in dashboards.queries(board))
            self.assertIn("app_load_succeeded{", text, stack)
            self.assertNotIn("app_load_succeeded_", text, stack)

    def test_sums_are_over_nodes(self):
        """Only Tallyman's own dashboard distinguishes nodes."""
        for boards in self.configurations():
            for name, board in boards.items():
                if name == "tallyman.json":
                    continue
                for title, _, query in dashboards.queries(board):
                    if "tallyman_commit_seconds" not in query:
                        self.assertRegex(query, r"sum|max|min|count", title)
                        self.assertNotRegex(query, r"by \((\w+, )*instance\b", title)

    def test_provisioning(self):
        for stack, storage, url, kind in (
            ("prometheus", "local", "http://prometheus:9090", "Prometheus"),
            ("prometheus", "thanos", "http://thanos-query:10902", "Thanos"),
            ("prometheus", "mimir", "http://mimir:9009/prometheus", "Mimir"),
            ("prometheus", "cortex", "http://cortex:9009/prometheus", "Cortex"),
            ("victoria", "victoria", "http://victoria:8428", None),
        ):
            with self.subTest(storage):
                out, _ = self.write(
                    "--stack", stack, "--storage", storage, "--scrape-interval", "5s"
                )
                directory = out / "grafana/provisioning"
                found = yaml.safe_load((directory / "datasources/tallyman.yml").read_text())
                (source,) = found["datasources"]
                self.assertEqual(found["apiVersion"], 1)
                self.assertEqual((source["type"], source["url"]), ("prometheus", url))
                self.assertEqual(source["jsonData"].get("prometheusType"), kind)
                self.assertEqual(source["jsonData"]["timeInterval"], "5s")
                board = dashboards.load(out)["tallyman.json"]
                current = dashboards.variables(board)["datasource"]["current"]
                self.assertEqual(current["value"], source["uid"])
                found = yaml.safe_load((directory / "dashboards/tallyman.yml").read_text())
                (provider,) = found["providers"]
                self.assertEqual(provider["type"], "file")
                compose = (out / "docker-compose.yml").read_text()
                self.assertIn(
                    f"./grafana/dashboards:{provider['options']['path']}:ro", compose
                )


    def test_second_data_source(self):
        """Where two data sources have the same series, the viewer can choose the other one."""
        for options, urls in (
            ([], ["http://prometheus:9090", "http://prometheus-2:9090"]),
            (["--stack", "victoria"], ["http://victoria:8428", "http://victoria-2:8428"]),
            (["--storage", "mimir"], ["http://mimir:9009/prometheus"]),
        ):
            out, _ = self.write("--high-availability", *options)
            path = out / "grafana/provisioning/datasources/tallyman.yml"
            sources = yaml.safe_load(path.read_text())["datasources"]
            self.assertEqual([source["url"] for source in sources], urls)
            self.assertEqual(len({source["uid"] for source in sources}), len(urls))
            defaults = [source["isDefault"] for source in sources]
            self.assertEqual(defaults, [True, False][: len(urls)])


if __name__ == "__main__":
    tap.main()

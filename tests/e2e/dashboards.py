"""Reads generated Grafana dashboards: panels, queries, variables, and queries as
Grafana sends them."""

import json
import re

import harness

# Values of Grafana's own variables, for a scrape interval of one second.
BUILT_IN = {
    "__rate_interval": "10s",
    "__interval": "10s",
    "__interval_ms": "10000",
    "__range": "1m",
    "__range_s": "60",
}


def load(directory):
    """Returns the dashboards in the output directory of `tallyman monitoring`, by file."""
    paths = sorted((directory / "grafana/dashboards").iterdir())
    return {path.name: json.loads(path.read_text()) for path in paths}


def panels(dashboard):
    """Returns the panels that show data, not the rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard):
    """Returns the variables by name."""
    return {v["name"]: v for v in dashboard["templating"]["list"]}


def expand(text, dashboard):
    """Returns the query with every variable set to All."""
    values = dict(BUILT_IN)
    for name, variable in variables(dashboard).items():
        if variable["type"] == "query":
            values[name] = variable["allValue"]
        else:
            values[name] = variable["current"]["value"]
    return re.sub(r"\$(\w+)", lambda found: values[found[1]], text)


def queries(dashboard):
    """Yields panel title, legend and PromQL of each query."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield (
                panel["title"],
                target["legendFormat"],
                expand(target["expr"], dashboard),
            )


def allowlists(directory):
    """Returns the listed families of all allowlist files."""
    found = []
    for path in sorted(directory.glob("*.json")):
        lines = path.read_text().splitlines()
        text = "\n".join(l for l in lines if not l.lstrip().startswith("//"))
        found += json.loads(text)["allowedMetrics"]
    return found


def samples(families):
    """Returns samples that cover each label value and each bucket of a family."""
    for family in families:
        labels = {
            label["name"]: label.get("allowedValues") or ["first", "second"]
            for label in family.get("labels", [])
        }
        for i in range(max([1, *map(len, labels.values())])):
            yield sample(family, {k: v[i % len(v)] for k, v in labels.items()})


def sample(family, labels):
    name, kind = family["name"], family["type"]
    if kind == "histogram":
        bounds = family["buckets"]
        return harness.histogram(name, *bounds, bounds[-1] + 1, **labels)
    if kind == "counter":
        return harness.counter(name, 2, **labels)
    value = min(3, family.get("max", 3))
    return {"metricName": name, "metricType": kind, "labels": labels, "value": value}


def pushes(families, size=150):
    """Returns bodies of pushes with these samples, below the limit of the endpoint."""
    every = list(samples(families))
    return [every[i : i + size] for i in range(0, len(every), size)]

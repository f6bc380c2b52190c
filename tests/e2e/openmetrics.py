"""A strict parser of the OpenMetrics text format 1.0.0, for the types that Tallyman
exposes: counters, gauges, histograms, summaries without quantiles and unknown.

    families = openmetrics.parse(text)      raises ValueError
    families["usage"].type, .unit, .help
    families["usage"].samples[("usage_total", (("browser", "chrome"),))]
"""

import re

SUFFIXES = {
    "counter": ("_total", "_created"),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "summary": ("_count", "_sum", "_created"),
    "unknown": ("",),
}
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
NUMBER = r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)"
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) ?(.*)")
SAMPLE = re.compile(rf"({NAME})(?:{{(.*)}})? ({NUMBER}|[+-]Inf|NaN)")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
ESCAPED = re.compile(r'(?:[^"\\]|\\[\\"n])*')
UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}
# A canonical bound has a point or an exponent.
BOUND = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]\d+)?")


class Family:
    def __init__(self, name):
        self.name = name
        self.type = self.unit = self.help = None
        self.samples = {}  # (name, labels) -> value, in order

    def suffix(self, name):
        """Returns the suffix of a sample of this family, or None."""
        for suffix in SUFFIXES[self.type]:
            if name == self.name + suffix:
                return suffix
        return None


def unescape(text):
    return re.sub(r"\\.", lambda found: UNESCAPED[found[0]], text)


def parse(text):
    lines = text.split("\n")
    if lines[-2:] != ["# EOF", ""] or "# EOF" in lines[:-2]:
        raise ValueError("does not end with # EOF")
    families = {}
    family = None
    for number, line in enumerate(lines[:-2], 1):
        try:
            if line.startswith("#"):
                family = _take_meta(families, family, line)
            else:
                _take_sample(family, line)
        except ValueError as error:
            raise ValueError(f"line {number}: {line!r}: {error}") from error
    names = set()
    for family in families.values():
        _check(family)
        claimed = {family.name + s for s in SUFFIXES[family.type]} | {family.name}
        if claimed & names:
            raise ValueError(f"{family.name}: its names clash with another's")
        names |= claimed
    return families


def _take_meta(families, family, line):
    found = META.fullmatch(line)
    if not found:
        raise ValueError("no metadata")
    keyword, name, text = found.groups()
    if family is None or family.name != name:
        if name in families:
            raise ValueError("the family has ended")
        family = families[name] = Family(name)
    if family.samples:
        raise ValueError("metadata after samples")
    if getattr(family, keyword.lower()) is not None:
        raise ValueError("appears twice")
    if keyword == "TYPE" and text not in SUFFIXES:
        raise ValueError("unknown type")
    if keyword == "HELP":
        if not ESCAPED.fullmatch(text):
            raise ValueError("bad escape")
        text = unescape(text)
    setattr(family, keyword.lower(), text)
    return family


def _labels(text):
    labels, at = [], 0
    while at < len(text):
        found = LABEL.match(text, at)
        if not found or (found[3] == "," and found.end() == len(text)):
            raise ValueError("bad labels")
        labels.append((found[1], unescape(found[2])))
        at = found.end()
    if len({name for name, _ in labels}) != len(labels):
        raise ValueError("a label appears twice")
    return tuple(labels)


def _take_sample(family, line):
    found = SAMPLE.fullmatch(line)
    if not found:
        raise ValueError("not a sample")
    if family is None or family.type is None:
        raise ValueError("no TYPE before")
    suffix = family.suffix(found[1])
    if suffix is None:
        raise ValueError(f"not of family {family.name}, a {family.type}")
    labels = _labels(found[2] or "")
    if ("le" in dict(labels)) != (suffix == "_bucket"):
        raise ValueError("le is for buckets only")
    if family.type == "summary" and "quantile" in dict(labels):
        raise ValueError("quantile is not permitted for sum and count")
    if (found[1], labels) in family.samples:
        raise ValueError("twice")
    value = float(found[3].replace("Inf", "inf"))
    counts = suffix in ("_total", "_bucket", "_count")
    if (counts or (family.type, suffix) == ("summary", "_sum")) and not value >= 0:
        raise ValueError("must not be negative or NaN")
    if suffix in ("_bucket", "_count") and value != int(value):
        raise ValueError("must be whole")
    family.samples[found[1], labels] = value


def _check(family):
    if family.type is None:
        raise ValueError(f"{family.name}: no TYPE")
    if family.unit and not family.name.endswith("_" + family.unit):
        raise ValueError(f"{family.name}: does not end with its unit")
    points = {}
    last = None
    for (name, labels), value in family.samples.items():
        key = tuple(pair for pair in labels if pair[0] != "le")
        if key != last and key in points:
            raise ValueError(f"{family.name}: {key}: not together")
        last = key
        point = points.setdefault(key, {})
        suffix = family.suffix(name)
        if suffix == "_bucket":
            point.setdefault(suffix, []).append((dict(labels)["le"], value))
        else:
            point[suffix] = value
    for key, point in points.items():
        if family.type == "counter" and "_total" not in point:
            raise ValueError(f"{family.name}: {key}: no _total")
        if family.type == "summary" and "_count" not in point:
            raise ValueError(f"{family.name}: {key}: no _count")
        if family.type == "histogram":
            _check_histogram(family.name, key, point)


def _check_histogram(name, key, point):
    def expect(truth, what):
        if not truth:
            raise ValueError(f"{name}: {key}: {what}")

    buckets = point.get("_bucket", [])
    expect(buckets and buckets[-1][0] == "+Inf", "no bucket +Inf at the end")
    for bound, _ in buckets[:-1]:
        expect(BOUND.fullmatch(bound), f"bad bound {bound}")
        expect("." in bound or "e" in bound, f"bound {bound} is not canonical")
    bounds = [float(bound) for bound, _ in buckets]
    expect(bounds == sorted(set(bounds)), "bounds do not ascend")
    counts = [count for _, count in buckets]
    expect(counts == sorted(counts), "counts are not cumulative")
    expect(point.get("_count", counts[-1]) == counts[-1], "_count differs from the +Inf bucket")
    expect(("_sum" in point) == ("_count" in point), "_sum and _count go together")
    expect(
        "_sum" not in point or (bounds[0] >= 0 and point["_sum"] >= 0),
        "_sum is not permitted if it may fall",
    )

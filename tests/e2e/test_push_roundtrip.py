"""Pushes into an empty database are exposed again: promtool and a strict parser
accept both formats, and the values are equal."""

import re
import subprocess
import unittest

import fastcgi
import harness
import openmetrics
import tap
from harness import PATIENCE, Scrape
from push_case import OWN
from responder_case import wait_serving

# Output of client libraries, from the tests of the parser.
CORPUS = harness.ROOT / "tests/data/text/ok"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
LONG = "x" * 128  # limits.label_value_bytes


def histogram(name, bounds, counts, total, labels=""):
    """Returns a histogram from plain counts; the last one is for +Inf."""
    lines, sum_of = [], 0
    inner = labels + "," if labels else ""
    outer = f"{{{labels}}}" if labels else ""
    for bound, count in zip([*bounds, "+Inf"], counts, strict=True):
        sum_of += count
        lines.append(f'{name}_bucket{{{inner}le="{bound}"}} {sum_of}')
    lines.append(f"{name}_sum{outer} {total}")
    lines.append(f"{name}_count{outer} {sum_of}")
    return "\n".join(lines) + "\n"


PROMETHEUS_TEXTS = {
    "counter": "# HELP a_total All.\n# TYPE a_total counter\na_total 3\n",
    "counter without _total": "# HELP a All.\n# TYPE a counter\na 3\n",
    "counter of bytes": "# TYPE a_bytes_total counter\na_bytes_total 1e15\n",
    "no type": "a 1\nb_total 2\nc_count 3\nd_bucket 4\ne_info 1\nf_created_at 5\n",
    "gauges": "".join(
        f"# TYPE g{number} gauge\ng{number} {value}\n"
        for number, value in enumerate(
            """0 -0 1 -1 0.1 -0.5 1e-300 4.9e-324 2.2250738585072014e-308
            1.7976931348623157e+308 9007199254740993 123456789012345678
            0.30000000000000004 3.3333333333333335 1e22 1E3 +5 .5 5. 00012
            NaN Inf +Inf -Inf nan inf 1e-7 99999999999999999999""".split()
        )
    ),
    "labels": '''# TYPE a_total counter
a_total 1
a_total{a="x"} 2
a_total{a="x",b="y"} 3
a_total{b="y",a="z",} 4
a_total{ A = "x" , _b1="" } 5
a_total{le_="1",quantile_="2"} 6
''',
    "values of labels": r'''# TYPE a gauge
a{v="back\\slash"} 1
a{v="quo\"te"} 2
a{v="new\nline"} 3
a{v="\\n"} 4
a{v="{}=,# "} 5
a{v="Grüße ☃ 😀"} 6
a{v="tab	tab"} 7
a{v=" "} 8
'''
    + f'a{{v="{LONG}"}} 9\n',
    "thirty labels": "a{"
    + ",".join(f'l{number}="v{number}"' for number in range(30))
    + "} 1\n",
    "quantile of other types": """a{quantile="0.5"} 1
# TYPE b gauge
b{quantile="x"} 1
""",
    "help": r"""# HELP a With \\ and \n and "quotes" and ☃.
# TYPE a gauge
a 1
# TYPE b gauge
# HELP b After the type.
b 1
# HELP c
# TYPE c gauge
c 1
# TYPE d gauge
d 1
# HELP d After the sample.
""",
    "comments and blanks": "\n# a comment\n#\n# TYPES a counter\n  \n\t\n a\t1 \n#EOF\n",
    "CRLF": '# HELP a Some.\r\n# TYPE a counter\r\na{b="c"} 1\r\n\r\nd 2\r\n',
    "no newline at the end": "# TYPE a counter\na 1",
    "names": "a:b:c 1\n:d 1\n_e 1\nF9 1\n" + "g" * 190 + " 1\n",
    "families in pieces": 'a 1\nb 1\na{x="y"} 2\nb{x="y"} 2\n',
    "names that begin alike": """# TYPE a counter
a 1
# TYPE a_a counter
a_a 2
# TYPE a_total_b gauge
a_total_b 3
# TYPE a1 gauge
a1 4
""",
    "histogram": "# HELP h A histogram.\n# TYPE h histogram\n"
    + histogram("h", ["0.1", "1", "10"], [1, 2, 0, 4], 47.25),
    "histograms with labels": "# TYPE h histogram\n"
    + histogram("h", ["1", "2"], [1, 0, 0], 1, 'a="x"')
    + histogram("h", ["1", "2"], [0, 0, 7], 1e9, 'a="y",b="z"'),
    "bounds": "# TYPE h histogram\n"
    + histogram(
        "h",
        """1e-09 0.00001 1e-4 0.5 1 1.0000000000000002 2.5 1e3 10000 1e+06 1e15
        1e21""".split(),
        range(13),
        0.1,
    ),
    "negative bounds": "# TYPE h histogram\n"
    + histogram("h", ["-10", "-0.5", "0", "3"], [1, 2, 3, 4, 5], -4.5),
    "histogram of nothing": "# TYPE h histogram\n"
    + histogram("h", ["1", "2"], [0, 0, 0], 0),
    "only +Inf": "# TYPE h histogram\n" + histogram("h", [], [3], 5),
    "many bounds": "# TYPE h histogram\n"
    + histogram("h", [str(number) for number in range(1, 60)], range(60), 12345.5),
    "large counts": "# TYPE h histogram\n"
    + histogram("h", ["1"], [2**39, 2**39], 1e18),
    "summary": """# HELP s A summary.
# TYPE s summary
s{quantile="0.5"} 0.2
s{quantile="0.99"} NaN
s_sum 17.5
s_count 9
s{a="x",quantile="0.5"} 0.2
s_sum{a="x"} 1.25
s_count{a="x"} 1
""",
    "summary without quantiles": "# TYPE s summary\ns_sum 0\ns_count 0\n",
    "all types": """# TYPE c_total counter
c_total 1
# TYPE g gauge
g 2
# TYPE u untyped
u 3
# TYPE s summary
s_sum 4
s_count 5
# TYPE h histogram
"""
    + histogram("h", ["1"], [1, 1], 3),
}
OPENMETRICS_TEXTS = {
    "counter": "# TYPE a counter\n# HELP a All.\na_total 3.5\n# EOF\n",
    "counter with a unit": """# TYPE a_bytes counter
# UNIT a_bytes bytes
a_bytes_total 3
# EOF
""",
    "birth": "# TYPE a counter\na_total 3\na_created 1520430000.123\n# EOF\n",
    "exemplars": """# TYPE a counter
a_total{b="c"} 3 # {trace_id="oHg5SJYRHA0"} 1.5
# TYPE h histogram
h_bucket{le="1.0"} 1 # {} 0.5
h_bucket{le="+Inf"} 2 # {trace_id="x"} 2.5 1520879607.789
h_sum 3
h_count 2
h_created 1520430000.123
# EOF
""",
    "gauge": "# TYPE a gauge\na{b=\"c\"} -3\n# EOF\n",
    "unknown": "# TYPE a unknown\na 3\n# EOF\n",
    "no type": "a 3\n# EOF\n",
    "info": """# TYPE a info
# HELP a About it.
a_info{version="1.2",name="x"} 1
# EOF
""",
    "state set": '# TYPE s stateset\ns{s="on"} 1\ns{s="off"} 0\n# EOF\n',
    "summary": """# TYPE s summary
s{quantile="0.5"} 1.5
s_sum 3
s_count 2
s_created 1520430000
# EOF
""",
    "histogram without sum": """# TYPE h histogram
h_bucket{le="-1.0"} 1
h_bucket{le="+Inf"} 2
h_count 2
# EOF
""",
    "escapes": r"""# TYPE a gauge
# HELP a A \"quote\", \\ and \n.
a{b="\"\\\n"} 1
# EOF
""",
    "no newline at the end": "# TYPE a gauge\na 1\n# EOF",
}


def key(name, labels):
    """Returns name and labels of a sample, with the bound as a number."""
    labels = {label: value for label, value in labels if value}
    if name.endswith("_bucket") and "le" in labels:
        labels["le"] = float(labels["le"])
    return name, frozenset(labels.items())


# Scrapes have no spaces and exemplars; pushes may.
QUOTED = r'"(?:[^"\\]|\\.)*"'
LINE = re.compile(
    rf'\s*([a-zA-Z_:][\w:]*)\s*(?:\{{((?:[^"}}]|{QUOTED})*)\}})?\s*(\S+)\s*(?:# .*)?',
    re.ASCII,
)
LABEL = re.compile(rf"\s*(\w+)\s*=\s*({QUOTED})\s*,?")


def unescape(found):
    return "\n" if found[1] == "n" else found[1]


def pushed(text):
    """Returns the samples of a push in the form of a scrape."""
    summaries = re.findall(r"^# TYPE (\S+) summary\r?$", text, re.M)
    samples = {}
    for line in text.split("\n"):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, labels, value = LINE.fullmatch(line).groups()
        labels = [
            (label, re.sub(r'\\([\\"n])', unescape, quoted[1:-1]))
            for label, quoted in LABEL.findall(labels or "")
        ]
        quantile = name in summaries and "quantile" in dict(labels)
        if not quantile and not name.endswith("_created"):
            read = float.fromhex if "0x" in value.lower() else float
            samples[key(name, labels)] = str(read(value) + 0)
    return samples


def exposed(text):
    """Returns the samples of a scrape without the responder's own."""
    return {
        key(name, labels): str(value)
        for (name, labels), value in Scrape(text).samples.items()
        if not name.startswith(OWN)
    }


def exposed_openmetrics(text):
    """The same for OpenMetrics."""
    samples = {}
    for family in openmetrics.parse(text).values():
        for (name, labels), value in family.samples.items():
            if not name.startswith(OWN):
                samples[key(name, labels)] = str(value)
    return samples


class RoundTrip(unittest.TestCase):
    maxDiff = None

    def start(self):
        """Starts a responder with an empty database and an empty allowlist."""
        self.site = harness.Site(open_families=True)
        self.addCleanup(self.site.remove)
        for path in (self.site.home / "metrics.d").iterdir():
            path.unlink()
        self.responders = harness.Responders(self.site, 1)
        self.addCleanup(self.responders.stop)
        (process,) = self.responders.processes
        wait_serving(process)

    def ask(self, data):
        return fastcgi.ask(self.responders.path, data)

    def scrape(self, accept):
        reply = self.ask(
            fastcgi.get("/metrics", self.site.token, HTTP_ACCEPT=accept)
        )
        self.assertEqual(reply.status, 200, reply)
        return reply.text

    def check(self, text, is_openmetrics):
        self.start()
        try:
            params = {"CONTENT_TYPE": OPENMETRICS} if is_openmetrics else {}
            reply = self.ask(
                fastcgi.request("POST", "/metrics", text.encode(), **params)
            )
            self.assertEqual((reply.status, reply.body), (202, b""), reply)
            plain = self.scrape("text/plain")
            self.compare_samples(plain, pushed(text))
            self.assertPromtoolAccepts(plain)
            if not is_openmetrics:
                for kind in ("TYPE", "HELP"):
                    self.compare_metadata(kind, text, plain)
            self.compare_formats(plain, self.scrape(OPENMETRICS))
        finally:
            self.doCleanups()

    def compare_samples(self, plain, want):
        got = exposed(plain)
        # A push of a histogram may lack the sum and the +Inf bucket.
        for name, labels in set(got) - set(want):
            family = name.removesuffix("_bucket")
            if name.endswith("_sum"):
                want[name, labels] = "0.0"
            elif ("le", float("inf")) in labels:
                count = family + "_count", labels - {("le", float("inf"))}
                want[name, labels] = want[count]
        self.assertEqual(got, want)

    def compare_metadata(self, kind, text, plain):
        def lines(text):
            text = text.replace("\r\n", "\n")
            line = rf"^[ \t]*#[ \t]*{kind}[ \t]+(\S+)[ \t]+(.+)$"
            return {
                (name, given.strip().lower() if kind == "TYPE" else given)
                for name, given in re.findall(line, text, re.M)
                if given != "untyped"
                and not name.startswith(OWN)
                and not name.endswith("_created")
            }

        self.assertEqual(lines(plain), lines(text))

    def assertPromtoolAccepts(self, plain):
        done = subprocess.run(
            ["promtool", "check", "metrics"],
            input=plain.encode(),
            capture_output=True,
            timeout=PATIENCE,
        )
        # 3: promtool accepts it but dislikes the names
        self.assertIn(done.returncode, (0, 3), done.stderr)

    def compare_formats(self, plain, text):
        """OpenMetrics has the same names, but no sum and count of histograms with
        negative bounds or a negative sum."""
        samples = exposed(plain)
        negative = {
            (name.removesuffix("_bucket"), labels - {("le", dict(labels)["le"])})
            for name, labels in samples
            if dict(labels).get("le", 1) < 0
        } | {
            (name.removesuffix("_sum"), labels)
            for (name, labels), value in samples.items()
            if name.endswith("_sum") and float(value) < 0
        }
        want = {}
        for (name, labels), value in samples.items():
            family = re.sub("_(sum|count)$", "", name)
            if family == name or (family, labels) not in negative:
                want[name, labels] = value
        self.assertEqual(exposed_openmetrics(text), want)

    def test_prometheus_texts(self):
        for name, text in PROMETHEUS_TEXTS.items():
            with self.subTest(name):
                self.check(text, False)

    def test_openmetrics_texts(self):
        for name, text in OPENMETRICS_TEXTS.items():
            with self.subTest(name):
                self.check(text, True)

    def test_texts_of_client_libraries(self):
        paths = sorted(CORPUS.glob("*.txt"))
        self.assertGreater(len(paths), 5)
        for path in paths:
            with self.subTest(path.name):
                self.check(path.read_text(), "openmetrics" in path.name)


if __name__ == "__main__":
    tap.main()

"""Requests to the Pushgateway and to Tallyman, and the differences of their replies.

NAME in a request is replaced by the name of a family of its own. Each series is pushed
once, so adding and replacing give the same value.
"""

import gzip
import struct

from harness import http

JOB = "/metrics/job/j"
COUNTER = '# HELP NAME It is "said".\n# TYPE NAME counter\nNAME{a="b"} 3\n'


def histogram(*lines):
    return "# TYPE NAME histogram\n" + "".join(f"NAME{line}\n" for line in lines)


HISTOGRAM = histogram('_bucket{le="1"} 1', '_bucket{le="+Inf"} 3', "_sum 5", "_count 3")
PROTOBUF = (
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily;"
    " encoding=delimited"
)


def message(*fields):
    """Encodes a protobuf message of (number, value), all shorter than 128 bytes."""
    encoded = b""
    for number, value in fields:
        if isinstance(value, float):
            encoded += bytes([number << 3 | 1]) + struct.pack("<d", value)
        elif isinstance(value, int):
            encoded += bytes([number << 3, value])
        else:
            encoded += bytes([number << 3 | 2, len(value)]) + value
    return encoded


def protobuf(name, missing=0):
    """Returns a delimited MetricFamily: a counter with the value 3."""
    value = message((3, message((1, 3.0))))
    family = message((1, name.encode()), (3, 0), (4, value))
    return bytes([len(family)]) + family[: len(family) - missing]


class Request:
    def __init__(self, method, path, body, headers):
        self.method, self.path, self.body = method, path, body
        self.headers = headers

    def send(self, url, name):
        """Returns the status of the reply."""
        body = self.body(name) if callable(self.body) else self.body
        if isinstance(body, str):
            body = body.replace("NAME", name).encode()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.compress(body)
        path = self.path.replace("NAME", name)
        return http(self.method, url + path, body, self.headers).status


def post(path=JOB, body=COUNTER, method="POST", **headers):
    headers = {name.replace("_", "-"): text for name, text in headers.items()}
    return Request(method, path, body, headers)


def text(body):
    return post(JOB, body)


class Case:
    """Requests to both. Where Tallyman answers differently, `why` gives the reason,
    and `statuses` and `samples` its replies and its exposition."""

    def __init__(self, name, *requests, why=None, statuses=None, samples=None):
        self.name, self.requests = name, requests
        self.why = why
        self.statuses = statuses
        self.samples = samples


def same(name, *requests):
    return Case(name, *requests)


def differs(name, *requests, why, gets, exposes=""):
    """`gets` is the status of the last request; the others get 200."""
    statuses = [200] * (len(requests) - 1) + [gets]
    return Case(name, *requests, why=why, statuses=statuses, samples=exposes)


PATHS = [
    same("POST", post()),
    same("PUT", post(method="PUT")),
    same(
        "bounds that descend",
        text(
            histogram(
                '_bucket{le="+Inf"} 3',
                '_bucket{le="2"} 2',
                '_bucket{le="1"} 1',
                "_sum 5",
                "_count 3",
            )
        ),
    ),
    same("slash at the end", post("/metrics/job/j/")),
    same("further labels", post("/metrics/job/j/instance/i/x/y")),
    same("base64", post("/metrics/job@base64/YS9i/x@base64/w6k_fg")),
    same("base64 with padding", post("/metrics/job@base64/YS9iYw==")),
    same("base64 without padding", post("/metrics/job@base64/YS9iYw")),
    same("base64 with a percent-encoded =", post("/metrics/job@base64/YS9iYw%3D%3D")),
    same("base64 of nothing", post("/metrics/job/j/instance@base64/=")),
    same("last label without a value", post("/metrics/job/j/instance/")),
    same("bad base64", post("/metrics/job/j/x@base64/a*b")),
    same("base64 of one character", post("/metrics/job/j/x@base64/a")),
    same("empty job", post("/metrics/job@base64/=")),
    same("label without a value", post("/metrics/job/j/x")),
    same("bad label name", post("/metrics/job/j/1x/v")),
    same("label name with a dash", post("/metrics/job/j/x-y/v")),
    same("reserved label name", post("/metrics/job/j/__x/v")),
    same("percent-encoded", post("/metrics/job/a%20b/x/%C3%A9%22%5C%0A%25")),
    # No body: the Pushgateway answers without reading it, and unread data would
    # reset the connection.
    same("not percent-encoded", post("/metrics/job/%zz", "")),
    same("not UTF-8", post("/metrics/job/%FF")),
    same("label of path and body", post("/metrics/job/j/a/p")),
    same("job in the body", text('NAME{job="x"} 1\n')),
    same("instance in the body", text('NAME{instance="x"} 1\n')),
    same(
        "series that the path makes equal",
        post("/metrics/job/j/a/p", 'NAME{a="1"} 1\nNAME{a="2"} 2\n'),
    ),
    same("GET", post(method="GET")),
    same("PATCH", post(method="PATCH")),
]

BODIES = [
    same("no type", text("NAME 3.14\n")),
    same("empty", text("")),
    same("empty PUT", post(body="", method="PUT")),
    same("a newline", text("\n")),
    same("comments", text("# so\n# HELP NAME said\n")),
    same("timestamp", text("NAME 1 1600000000000\n")),
    same("half is bad", text("NAME 1\nNAME{ 2\n")),
    same("series twice", text("NAME 1\nNAME 2\n")),
    same(
        "series twice, labels in another order",
        text('NAME{a="1",b="2"} 1\nNAME{b="2",a="1"} 2\n'),
    ),
    same("two types", text("# TYPE NAME counter\n# TYPE NAME gauge\nNAME 1\n")),
    same("type given twice", text("# TYPE NAME gauge\n# TYPE NAME gauge\nNAME 1\n")),
    same("type after its samples", text("NAME 1\n# TYPE NAME gauge\n")),
    same("unknown type", text("# TYPE NAME meter\nNAME 1\n")),
    same("help given twice", text("# HELP NAME a\n# HELP NAME b\nNAME 1\n")),
    same("NaN", text("# TYPE NAME gauge\nNAME NaN\n")),
    same("infinite", text('# TYPE NAME gauge\nNAME +Inf\nNAME{a="b"} -Inf\n')),
    same("negative gauge", text("# TYPE NAME gauge\nNAME -1.5e-3\n")),
    same("underscore in a number", text("NAME 1_000\n")),
    same("no value", text("NAME\n")),
    same("word as a value", text("NAME one\n")),
    same("escapes", text('NAME{a="x\\\\y\\"z\\nw"} 1\n')),
    same("unknown escape", text('NAME{a="x\\ty"} 1\n')),
    same("bad name", text("1NAME 1\n")),
    same("colons", text("NAME:b:c 1\n")),
    same("reserved label", text('NAME{__a="x"} 1\n')),
    same("label __name__", text('NAME{__name__="x"} 1\n')),
    same("comma at the end", text('NAME{a="b",} 1\n')),
    same("label twice", text('NAME{a="b",a="c"} 1\n')),
    same("label without a value", text('NAME{a=""} 1\n')),
    same("empty braces", text("NAME{} 1\n")),
    same("tabs", text('NAME{a="b"}\t1\n')),
    same("not UTF-8", text(b'NAME{a="\xff"} 1\n')),
    same("families that alternate", text('NAME 1\nNAME_b 1\nNAME{a="b"} 2\n')),
    same("histogram", text(HISTOGRAM)),
    same("bad bound", text(histogram('_bucket{le="x"} 1', "_sum 5", "_count 3"))),
    same("without buckets", text(histogram("_sum 5", "_count 3"))),
    same(
        "summary",
        text(
            '# TYPE NAME summary\nNAME{quantile="0.5"} 1\nNAME_sum 5\nNAME_count 3\n'
        ),
    ),
    same(
        "summary without quantiles",
        text("# TYPE NAME summary\nNAME_sum 5\nNAME_count 3\n"),
    ),
]

FORMATS = [
    same("gzip", post(Content_Encoding="gzip")),
    same("as a form", post(Content_Type="application/x-www-form-urlencoded")),
    same("protobuf", post(body=protobuf, Content_Type=PROTOBUF)),
    same(
        "truncated protobuf",
        post(body=lambda name: protobuf(name, 2), Content_Type=PROTOBUF),
    ),
    same("empty protobuf", post(body="", Content_Type=PROTOBUF)),
]

# Two requests: the second one meets the state that the first has left.
PAIRS = [
    same("two groups", post("/metrics/job/a"), post("/metrics/job/b")),
    same("two groups of a job", post(), post("/metrics/job/j/instance/i")),
    same(
        "other type in another group",
        text("# TYPE NAME counter\nNAME 1\n"),
        post("/metrics/job/k", "# TYPE NAME gauge\nNAME 1\n"),
    ),
    same(
        "other help",
        text("# HELP NAME one\n# TYPE NAME gauge\nNAME 1\n"),
        post("/metrics/job/k", "# HELP NAME two\n# TYPE NAME gauge\nNAME 1\n"),
    ),
    same(
        "name of a histogram's series",
        text(HISTOGRAM),
        text("# TYPE NAME_count counter\nNAME_count 3\n"),
    ),
    same("DELETE", post(), post(body=None, method="DELETE")),
    same(
        "DELETE of another group",
        post("/metrics/job/j/x/y"),
        post("/metrics/job/j/x/z", None, "DELETE"),
    ),
    same("DELETE of nothing", post("/metrics/job/NAME", None, "DELETE")),
    same(
        "DELETE of some labels",
        post("/metrics/job/NAME/x/y"),
        post("/metrics/job/NAME"),
        post("/metrics/job/NAME", None, "DELETE"),
    ),
    same(
        "DELETE with labels of the body",
        post("/metrics/job/NAME", 'NAME{x="y"} 1\n'),
        post("/metrics/job/NAME/x/y", None, "DELETE"),
        post("/metrics/job/NAME/x/z", "NAME 1\n"),
        post("/metrics/job/NAME", None, "DELETE"),
    ),
    same("gauge again", *[text("# TYPE NAME gauge\nNAME 2\n")] * 2),
]

DIFFERENCES = [
    differs(
        "+ in the path",
        post("/metrics/job/a+b"),
        why="the Go and Python clients send it for a space",
        gets=200,
        exposes='NAME{a="b",job="a b"} 3',
    ),
    differs(
        "%2F in the path",
        post("/metrics/job/a%2Fb/x/c%2Fd"),
        why="prom-client encodes slashes this way",
        gets=200,
        exposes='NAME{a="b",job="a/b",x="c/d"} 3',
    ),
    differs(
        "empty value between others",
        post("/metrics/job/j/x//y/z"),
        why="prom-client sends it, and no client follows the redirection",
        gets=200,
        exposes='NAME{a="b",job="j",y="z"} 3',
    ),
    differs(
        "slashes in front",
        post("//metrics/job/j"),
        why="prom-client sends it, and no client follows the redirection",
        gets=200,
        exposes='NAME{a="b",job="j"} 3',
    ),
    differs(
        "no labels in the path",
        post("/metrics"),
        why="the aggregation gateway accepts it",
        gets=202,
        exposes='NAME{a="b"} 3',
    ),
    differs(
        "a slash and no labels",
        post("/metrics/"),
        why="the aggregation gateway accepts it",
        gets=202,
        exposes='NAME{a="b"} 3',
    ),
    differs(
        "a label and no job",
        post("/metrics/x/y"),
        why="the aggregation gateway accepts it",
        gets=202,
        exposes='NAME{a="b",x="y"} 3',
    ),
    differs(
        "only the word job",
        post("/metrics/job"),
        why="the label has no value",
        gets=400,
    ),
    differs(
        "label twice in the path",
        post("/metrics/job/j/x/1/x/2"),
        why="one value would be lost",
        gets=400,
    ),
    differs(
        "NUL",
        post("/metrics/job/a%00b"),
        why="the database cannot store the text",
        gets=400,
    ),
    differs(
        "DELETE of everything",
        post("/metrics", None, "DELETE"),
        why="Tallyman allows other methods there",
        gets=400,
    ),
    differs(
        "no newline at the end",
        text("NAME 1"),
        why="echo -n and -d send no newline",
        gets=200,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "CRLF",
        text("# TYPE NAME gauge\r\nNAME 1\r\n"),
        why="programs on Windows send CRLF",
        gets=200,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "hexadecimal",
        text("NAME 0x1p4\n"),
        why="the format specifies the syntax of Go's ParseFloat",
        gets=200,
        exposes='NAME{job="j"} 16',
    ),
    differs(
        "negative counter",
        text("# TYPE NAME counter\nNAME -1\n"),
        why="the total would fall",
        gets=400,
    ),
    differs(
        "counter that is not a number",
        text("# TYPE NAME counter\nNAME NaN\n"),
        why="the total would be lost",
        gets=400,
    ),
    differs(
        "infinite counter",
        text("# TYPE NAME counter\nNAME +Inf\n"),
        why="the total would be lost",
        gets=400,
    ),
    differs(
        "counts that fall",
        text(
            histogram(
                '_bucket{le="1"} 4', '_bucket{le="+Inf"} 3', "_sum 5", "_count 3"
            )
        ),
        why="such histograms cannot be added",
        gets=400,
    ),
    differs(
        "count that differs from the +Inf bucket",
        text(histogram('_bucket{le="+Inf"} 3', "_sum 5", "_count 4")),
        why="such histograms cannot be added",
        gets=400,
    ),
    differs(
        "bucket without a bound",
        text(histogram("_bucket 1", "_sum 5", "_count 3")),
        why="it is not a histogram",
        gets=400,
    ),
    differs(
        "histogram that is a number",
        text(histogram(" 1")),
        why="it is not a histogram",
        gets=400,
    ),
    differs(
        "histogram without its count",
        text(histogram('_bucket{le="1"} 1', '_bucket{le="+Inf"} 3', "_sum 5")),
        why="the count equals the +Inf bucket",
        gets=200,
        exposes="""NAME_bucket{job="j",le="1"} 1
            NAME_bucket{job="j",le="+Inf"} 3
            NAME_sum{job="j"} 5
            NAME_count{job="j"} 3""",
    ),
    same(
        "buckets without a type",
        text('NAME_bucket{le="1"} 1\nNAME_bucket{le="+Inf"} 3\n'),
    ),
    differs(
        "count given twice",
        text("# TYPE NAME summary\nNAME_sum 1\nNAME_count 1\nNAME_count 2\n"),
        why="one value would be lost",
        gets=400,
    ),
    differs(
        "quantile above 1",
        text('# TYPE NAME summary\nNAME{quantile="5"} 1\nNAME_sum 1\nNAME_count 1\n'),
        why="quantiles are from 0 to 1",
        gets=400,
    ),
    differs(
        "space at the end of a line",
        text("# TYPE NAME gauge \nNAME 1 \n"),
        why="the space is harmless",
        gets=200,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "TYPE without a type",
        text("# TYPE NAME\nNAME 1\n"),
        why="a line without a type is a mistake",
        gets=400,
    ),
    differs(
        "unknown encoding",
        post(Content_Encoding="br"),
        why="the encoding is not supported",
        gets=415,
    ),
    differs(
        "JSON",
        post(Content_Type="application/json"),
        why="the body does not match its Content-Type",
        gets=415,
    ),
    differs(
        "OpenMetrics",
        post(
            body="# TYPE NAME counter\nNAME_total 1\nNAME_created 5\n# EOF\n",
            Content_Type="application/openmetrics-text; version=1.0.0",
        ),
        why="it is read as OpenMetrics",
        gets=200,
        exposes='NAME_total{job="j"} 1',
    ),
    differs(
        "a creation time",
        text(
            "# TYPE NAME counter\nNAME 1\n"
            "# TYPE NAME_created gauge\nNAME_created 5\n"
        ),
        why="drop_families lists them: an added total has no creation time",
        gets=200,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "other type in the same group",
        text("# TYPE NAME counter\nNAME 1\n"),
        text("# TYPE NAME gauge\nNAME 1\n"),
        why="a push replaces nothing",
        gets=400,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "other bounds",
        text(HISTOGRAM),
        post("/metrics/job/k", HISTOGRAM.replace('"1"', '"2"')),
        why="quantiles over both would be meaningless",
        gets=400,
        exposes="""NAME_bucket{job="j",le="1"} 1
            NAME_bucket{job="j",le="+Inf"} 3
            NAME_sum{job="j"} 5
            NAME_count{job="j"} 3""",
    ),
    differs(
        "counter again",
        *[text("# TYPE NAME counter\nNAME 2\n")] * 2,
        why="pushes add up",
        gets=200,
        exposes='NAME{job="j"} 4',
    ),
    differs(
        "other labels",
        text('# TYPE NAME counter\nNAME{a="1"} 1\n'),
        text('# TYPE NAME counter\nNAME{b="1"} 2\n'),
        why="a push replaces nothing",
        gets=200,
        exposes='NAME{a="1",job="j"} 1\nNAME{b="1",job="j"} 2',
    ),
    differs(
        "family left out of a PUT",
        text("NAME 1\n"),
        post(body="", method="PUT"),
        why="a push replaces nothing",
        gets=200,
        exposes='NAME{job="j"} 1',
    ),
    differs(
        "a series of another group",
        post("/metrics/job/NAME", 'NAME{x="y"} 1\n'),
        post("/metrics/job/NAME/x/y", "NAME 1\n"),
        post("/metrics/job/NAME/x/y", None, "DELETE"),
        why="the series is added to, and stays in the first group",
        gets=202,
        exposes='NAME{job="NAME",x="y"} 1',
    ),
]

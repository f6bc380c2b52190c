"""The manual page of the responder has exactly the endpoints, methods, families and reasons
of the program, each once."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import tap
from harness import PATIENCE, RESPONDER, ROOT

MANUAL = (ROOT / "build/tallyman.fcgi.8").read_text()
METRICS = re.search(r"^\.Sh METRICS\n(.*?)^\.Sh ", MANUAL, re.S | re.M)[1]


def documented():
    """Path to methods of the section ENDPOINTS."""
    found = {}
    for methods, path in re.findall(r"^\.It Pa ([A-Z|]+) (/\S*)(?: Ns .*)?$", MANUAL, re.M):
        path = re.sub(r"(?<=/metrics)/(\.\.\.|job/name)$", "", path)
        path = path.rstrip("/") if path == "/api/v1/label/" else path
        found.setdefault(path, set()).update(methods.split("|"))
    return found


class ManualTables(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.dir.cleanup)
        place = pathlib.Path(cls.dir.name)
        (place / "metrics.d").mkdir()
        (place / "tallyman.json").write_text(json.dumps(
            {"database": "tallyman.db", "scrape_token_file": "token"}))
        (place / "token").write_text("a-token-of-the-test\n")

    def ask(self, method, path, **more):
        done = subprocess.run(
            [RESPONDER], capture_output=True, text=True, timeout=PATIENCE,
            env={"TALLYMAN_CONFIG": f"{self.dir.name}/tallyman.json", "PATH": os.environ["PATH"],
                 "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": method, "SCRIPT_NAME": "",
                 "REQUEST_URI": path, "REMOTE_ADDR": "127.0.0.1", **more})
        return done.stdout

    def test_endpoints_and_methods(self):
        listed = re.search(r"there are (.*) below the mount", self.ask("GET", "/none"))[1]
        program = {}
        for path in re.split(r", | and ", listed):
            allow = re.search(r"^Allow: (.*)\r?$", self.ask("PATCH", path), re.M)[1]
            program[path] = set(re.split(r", *", allow.strip())) - {"OPTIONS", "HEAD"}
        manual = documented()
        for path in manual:
            # Described once for all queries.
            if re.match(r"/api/v1/(query|query_range|labels|label|series|metadata|rules|alerts|"
                        r"status/buildinfo)$", path):
                manual[path].add("POST")
        self.assertEqual(manual, program)

    def test_families(self):
        items = re.findall(r"^\.It Li ([a-z_]+)(?:\{([a-z,]*)\})? Pq (\w+)$", METRICS, re.M)
        table = (ROOT / "fcgi/endpoints/own_families.c").read_text()
        self.assertEqual(len(items), len(re.findall(r"^    FAMILY\(", table, re.M)))
        scrape = self.ask("GET", "/metrics", HTTP_AUTHORIZATION="Bearer a-token-of-the-test")
        told = {name: (kind, help_) for name, help_, kind in re.findall(
            r"^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$", scrape, re.M)}
        self.assertIn("tallyman_pushes_total", told)
        for name, labels, kind in items:
            with self.subTest(name):
                self.assertEqual(MANUAL.count(f"\n.It Li {name}"), 1)
                if name not in told:  # only exposed if such data exist
                    self.assertRegex(name, r"^tallyman_query_|^push_|_build_info$|_up$")
                    continue
                self.assertEqual(kind, told[name][0])
                self.assertIn(told[name][1].replace(". ", ".\n") + "\n", METRICS)
                shown = re.search(rf"^{name}\{{(.*?)\}} ", scrape, re.M)
                if shown and kind != "histogram":
                    self.assertEqual(",".join(re.findall(r'(\w+)="', shown[1])), labels)

    def test_reasons(self):
        for title, path, prefix in (
                ("Reasons to refuse a push", "fcgi/endpoints/telemetry.c", "PUSH"),
                ("Reasons to refuse a sample", "src/metrics/batch.c", "REJECT")):
            text = re.search(rf"^\.Ss {title}\n(.*?)(?=^\.Ss |\Z)", METRICS, re.S | re.M)[1]
            items = re.findall(r"^\.It Li (\w+)\n([A-Z].*\.)$", text, re.M)
            names = re.findall(rf'\[{prefix}_\w+\] = "(\w+)"', (ROOT / path).read_text())
            self.assertEqual(sorted(name for name, _ in items),
                             sorted(set(names) - {"accepted", "opted_out", "repeated"}))


if __name__ == "__main__":
    tap.main()

"""Queries by SQL during changes of the configuration, and while responders end."""

import json
import subprocess

import harness
import tap
from harness import wait_until
from responder_case import ResponderCase
from shop import ENDLESS, sql


def queries(*all):
    return json.dumps({"queries": all})


# A file system that blocks.
SHIM = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int stat(const char *path, struct stat *out) {
    int (*real)(const char *, struct stat *) = dlsym(RTLD_NEXT, "stat");
    while (strstr(path, "stuck.db"))
        pause();
    return real(path, out);
}
"""


class Stuck(ResponderCase):
    metrics = {"own.json": queries(
        sql("stuck", "SELECT 1", database="/srv/stuck.db", timeout=0.1),
        sql("good", "SELECT 1", every=1))}

    def prepare(self):
        shim = self.site.write("shim.c", SHIM).with_suffix(".so")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, shim.with_suffix(".c")], check=True)
        self.environment = {"LD_PRELOAD": str(shim)}

    def test_other_queries_run(self):
        """A thread that does not end is abandoned, its query counts as failed, and
        the responder can still exit."""
        def row(name):
            return self.site.query("SELECT runs, errors, error FROM sql_query WHERE name = ?",
                                   name)[0]

        wait_until(lambda: row("stuck")[:2] == (1, 1), "the failure")
        self.assertEqual(
            row("stuck")[2],
            "query stuck: the run has not ended 5 s after its timeout: /srv/stuck.db does not"
            " answer; is it on a network or on a failing disk?")
        before = row("good")[0]
        wait_until(lambda: row("good")[0] > before + 1, "runs of the other query")
        self.assertEqual(self.scrape().value("good"), 1)
        start = harness.awake()
        self.assertEqual(self.responders.terminate(0), 0)
        self.assertLess(harness.awake() - start, 3)


class Runs(ResponderCase):
    responders_wanted = 4
    metrics = {"own.json": queries(sql("endless", ENDLESS, timeout=50))}

    def change(self, *all):
        path = self.site.write("tallyman/metrics.d/own.json.new", queries(*all))
        path.rename(path.with_suffix(""))

    def runs(self):
        return dict(self.site.query("SELECT name, runs FROM sql_query"))

    def claimed(self):
        return self.site.query("SELECT name FROM sql_query WHERE claimed_until > 0")

    def test_change_during_a_run(self):
        """The result of a query that has changed since is dropped. Other queries
        wait only on the responder that runs it."""
        wait_until(lambda: self.claimed() == [("endless",)], "the claim")
        self.change(sql("one", "SELECT 1"), sql("two", "SELECT 2"))
        wait_until(lambda: self.runs() == {"one": 1, "two": 1}, "runs of the new queries")
        scrape = self.scrape()
        self.assertEqual([scrape.value(name) for name in ("one", "two")], [1, 2])
        self.assertEqual(scrape.value("tallyman_query_runs_total", query="one"), 1)
        self.assertNotIn('query="endless"', scrape.text)
        self.change()
        wait_until(lambda: "tallyman_query" not in self.scrape().text, "no query any more")
        self.assertEqual(self.runs(), {})

    def test_sigterm_during_a_run(self):
        """SIGTERM does not wait for the query."""
        wait_until(lambda: self.claimed() == [("endless",)], "the claim")
        for number in range(4):
            start = harness.awake()
            self.assertEqual(self.responders.terminate(number), 0)
            self.assertLess(harness.awake() - start, 3)


if __name__ == "__main__":
    tap.main()

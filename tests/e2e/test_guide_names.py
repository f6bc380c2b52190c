"""src/base/guide.h, the dashboard and the runbooks name only existing sections of
the guides."""

import re
import unittest

import tap
from guides import LINKS, anchors
from harness import ROOT

RUNBOOKS = ROOT / "src/cli/monitoring/templates/runbooks"


class GuideNamesTest(unittest.TestCase):
    def test_each_section_exists(self):
        self.assertIn("TRUST", LINKS)
        for name, target in LINKS.items():
            with self.subTest(name):
                path, _, anchor = target.partition("#")
                self.assertIn(anchor, anchors(path))

    def test_each_link_of_the_dashboard_leads_to_a_section(self):
        page = (ROOT / "static/dashboard/index.html").read_text()
        script = (ROOT / "static/dashboard/guide.ts").read_text()
        links = re.findall(r'href="static/guide/([^"]+)"', page)
        links += re.findall(r"\['([^']+\.html[^']*)', ", script)
        self.assertGreater(len(links), 5)
        for link in links:
            with self.subTest(link):
                path, _, anchor = link.partition("#")
                path = path.replace(".html", ".md")
                self.assertTrue((ROOT / path).is_file())
                self.assertIn(anchor, ["", *anchors(path)])

    def test_each_section_that_a_runbook_names_exists(self):
        found = [
            (path.stem, *link)
            for path in sorted(RUNBOOKS.glob("*.md"))
            for link in re.findall(r"`([\w/.]+\.md)#([\w-]+)`", path.read_text())
        ]
        self.assertIn(("TallymanDown", "src/cli/README.md", "no-scrape"), found)
        for name, path, anchor in found:
            with self.subTest(name):
                self.assertIn(anchor, anchors(path))


if __name__ == "__main__":
    tap.main()

"""The guides as a whole: links and headings, line lengths, sizes, figures, and a
test for each block of commands."""

import re
import subprocess
import unittest
import urllib.parse

import tap
from guide_tests import NOT_TYPED, TESTED
from guides import BLOCK, GUIDES, anchors, code_blocks, guide, section
from harness import ROOT

PATHS = [str(path.relative_to(ROOT)) for path in GUIDES]
# Run by a shell; other tests parse or run the other languages.
SHELL = ("sh", "console")
LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")


def prose(path):
    """Returns the text of a guide without code."""
    return re.sub(r"`[^`\n]+`", "", BLOCK.sub("\n", guide(path)))


def links(path):
    return LINK.findall(prose(path))


def resolved(path, link):
    """Returns the path in the repository and the anchor of a relative link."""
    file, _, fragment = link.partition("#")
    place = (ROOT / path).parent / file if file else ROOT / path
    return place.resolve(), fragment


def leads_somewhere(path, link):
    """External links are only checked for their form: tests have no network."""
    if re.match(r"\w+:", link):
        url = urllib.parse.urlsplit(link)
        return url.scheme in ("http", "https", "mailto") and re.match(
            r"[\w.@-]+\.\w+$", url.netloc or url.path)
    target, fragment = resolved(path, link)
    return target.is_relative_to(ROOT) and target.exists() and (
        not fragment or fragment in anchors(target))


def shell_blocks(path):
    """Yields each block of commands with the headings above it, nearest first."""
    text = guide(path)
    blanked = BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    headings = [(found.start(), len(found[1]), found[2])
                for found in re.finditer(r"^(#+) (.+)$", blanked, re.M)]
    for block in BLOCK.finditer(text):
        if block["language"] not in SHELL:
            continue
        above, level = [], 7
        for start, depth, title in reversed(headings):
            if start < block.start() and depth < level:
                above.append(title)
                level = depth
        yield above, block["fenced"]


class Links(unittest.TestCase):
    maxDiff = None

    def test_links_lead_to_files_and_headings(self):
        found = [(path, link) for path in PATHS for link in links(path)]
        self.assertGreater(len(found), 60)
        self.assertEqual([one for one in found if not leads_somewhere(*one)], [])

    def test_pictures(self):
        """Each is small and has a text alternative, and none is unused."""
        shown = [(words, resolved(path, file)[0]) for path in PATHS
                 for words, file in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", prose(path))]
        for words, file in shown:
            self.assertGreater(len(words.split()), 3, file)
            self.assertLess(file.stat().st_size, 200_000, file)
        self.assertEqual({file for _, file in shown}, set((ROOT / "static").glob("*.png")))

    def test_every_guide_has_links_to_and_from_it(self):
        leads = {path: {str(resolved(path, link)[0].relative_to(ROOT)) for link in links(path)
                        if not re.match(r"\w+:", link)} & set(PATHS) - {path} for path in PATHS}
        self.assertEqual([path for path in PATHS if not leads[path]], [], "dead ends")
        reached, ahead = set(), {"README.md"}
        while ahead:
            reached |= ahead
            ahead = {target for path in ahead for target in leads[path]} - reached
        self.assertEqual(sorted(reached), sorted(PATHS))

    def test_sources_name_guides_that_exist(self):
        """Samples, messages, pages and manual pages name a guide by path and anchor."""
        places = "|".join(sorted({path.split("/")[0] for path in PATHS if "/" in path}))
        done = subprocess.run(
            ["grep", "-rnoIE", rf"\b(({places})/[A-Za-z./]+|[A-Z]{{3,}})\.md(#[a-z0-9_-]+)?",
             *(f"--exclude-dir={name}" for name in
               (".git", "build", "node_modules", "tests", "templates")),
             "--exclude=*.md", "--exclude=rules", "."],
            cwd=ROOT, capture_output=True, text=True)
        named = [line.rsplit(":", 1) for line in done.stdout.splitlines()]
        self.assertGreater(len(named), 10, done.stderr)
        wrong = []
        for where, name in named:
            path, _, fragment = name.partition("#")
            if not (ROOT / path).is_file() or fragment and fragment not in anchors(path):
                wrong.append(f"{where}: {name}")
        self.assertEqual(wrong, [])


class Commands(unittest.TestCase):
    maxDiff = None

    def test_each_block_has_a_test(self):
        blocks = [(path, above) for path in PATHS for above, _ in shell_blocks(path)]
        self.assertGreater(len(blocks), 40)
        untested = [f"{path}: {above[0]}" for path, above in blocks
                    if not any((path, title) in {**TESTED, **NOT_TYPED} for title in above)]
        self.assertEqual(untested, [], "tests/e2e/guide_tests.py names no program that runs them")

    def test_each_test_names_its_section(self):
        wrong = [f"{path}: no commands in a section {title!r}" for path, title in TESTED | NOT_TYPED
                 if not any(title in above for above, _ in shell_blocks(path))]
        for (path, title), program in TESTED.items():
            text = (ROOT / program).read_text()
            wrong += [f"{program} does not name {name!r}" for name in (path, title)
                      if name not in text]
        self.assertEqual(wrong, [])

    def test_targets_of_make_exist(self):
        """In blocks of commands and in the text."""
        phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", (ROOT / "Makefile").read_text(), re.M)[1]
        targets = {*phony.replace("\\\n", " ").split(), "test-debian12", "test-debian13"}
        named = set()
        for path in PATHS:
            for words in re.findall(r"(?:^|`|sudo |&& )make ((?:[a-z][\w-]*(?![/\w]) ?)+)", guide(path), re.M):
                named |= {(path, word) for word in words.split()}
        self.assertGreater(len(named), 10)
        self.assertEqual([one for one in sorted(named) if one[1] not in targets], [])


class Form(unittest.TestCase):
    def test_lines_are_short(self):
        """Except rows of tables, pictures, links and output, which cannot be broken."""
        for path in PATHS:
            text = BLOCK.sub(lambda block: "\n" * block[0].count("\n"), guide(path))
            for number, line in enumerate(text.splitlines(), 1):
                if len(line) > 100 and not re.match(r"\||!\[|\S+$", line):
                    self.fail(f"{path}:{number}: {len(line)} columns")

    def test_comments_of_samples_are_short(self):
        """Except indented commands."""
        for path in sorted(path for name in ("nginx", "apache", "lighttpd")
                           for path in (ROOT / name).iterdir() if path.suffix != ".md"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if len(line) > 100 and re.match(r"\s*# ?\S", line):
                    self.fail(f"{path}:{number}: {len(line)} columns")

    def test_the_readme_is_short(self):
        self.assertIn(len((ROOT / "README.md").read_bytes()), range(8500, 9701))


class Quotations(unittest.TestCase):
    """Tables of messages quote the texts that the page or the client has."""

    def quoted(self, path, title):
        rows = re.findall(r"^\| ([^|]+) \|", section(path, title), re.M)[1:]
        self.assertGreater(len(rows), 4)
        return rows

    def test_texts_of_the_dashboard(self):
        page = "".join(path.read_text() for path in (ROOT / "static/dashboard").iterdir()
                       if path.suffix in (".ts", ".html"))
        texts = [row.removesuffix(" ...") for row in
                 self.quoted("static/dashboard/README.md", "Nothing shown?")
                 if row != "a form asks for a token"]
        self.assertEqual([text for text in texts if text not in page], [])

    def test_messages_of_the_client(self):
        source = "".join(path.read_text() for path in (ROOT / "static/src").iterdir())
        texts = {text.removeprefix("counts nothing: ")
                 for row in self.quoted("static/README.md", "Nothing arrives?")
                 for text in re.findall("`(.+?)`", row)}
        own = {text for text in texts if not re.match(r"answers|TypeError|tallyman|\d", text)
               and not text.startswith("ERR_")}
        self.assertGreater(len(own), 3)
        self.assertEqual(sorted(text for text in own if text not in source), [])


class Web(unittest.TestCase):
    """The guides of the web servers, for a reader who goes from top to bottom."""

    def test_an_edited_site_is_loaded(self):
        for path, title in (("nginx/README.md", "nginx"), ("lighttpd/README.md", "lighttpd")):
            with self.subTest(path):
                _, edited, rest = section(path, title).partition("`CHANGE`")
                self.assertTrue(edited)
                self.assertRegex(rest.partition("curl http")[0],
                                 r"systemctl (reload|restart) (nginx|lighttpd)`")


class Architecture(unittest.TestCase):
    """src/README.md compared with the source."""

    def setUp(self):
        self.text = guide("src/README.md")

    def test_named_files_exist(self):
        named = set(re.findall(r"`((?:src|fcgi|sql|tests|nginx|lighttpd)/[^`*\s]*)`", self.text))
        self.assertGreater(len(named), 40)
        self.assertEqual([one for one in sorted(named) if not re.search("NAME|NNNN|ROOM", one)
                          and not (ROOT / one).exists()], [])

    def test_functions_are_in_the_files_of_their_step(self):
        rows = re.findall(r"^\| [^|`]+ \| (`.*) \| (`.*) \|$", self.text, re.M)
        self.assertGreater(len(rows), 18)
        missing = []
        for files, functions in rows:
            sources = "".join((ROOT / file).read_text() for file in re.findall("`(.*?)`", files))
            missing += [f"{files}: {name}" for name in re.findall("`(.*?)`", functions)
                        if f"{name}(" not in sources]
        self.assertEqual(missing, [])

    def test_rooms_match_layers_sh(self):
        block, = code_blocks(section("src/README.md", "The rooms"), "text")
        rooms, place = set(), ""
        for start, room, words in re.findall(r"^(\w+/)? +(\w+)/ +(.*)$", block, re.M):
            place = start or place
            rooms |= {f"{place}{room}"} | {f"src/cli/{one}" for one in re.findall(r"(\w+)/", words)
                                           if room == "cli"}
        listed = re.search(r"^rooms='(.*?)'", (ROOT / "tests/layers.sh").read_text(), re.M | re.S)[1]
        self.assertEqual(sorted(rooms), sorted(listed.split()))


class Figures(unittest.TestCase):
    def test_figures_are_in_the_history(self):
        """The README names the row of tests/bench/HISTORY.md with its figures."""
        text = section("README.md", "Figures")
        date, commit = re.search(r"(\d{4}-\d\d-\d\d),\s+commit (\w+)", text).groups()
        history = guide("tests/bench/HISTORY.md")
        head = re.search(r"^\| date .*$", history, re.M)[0]
        row = re.search(rf"^\| {date} \| {commit} .*$", history, re.M)[0]
        cells = dict(zip(*([cell.strip() for cell in line.strip("| \n").split("|")]
                           for line in (head, row))))
        shown = re.findall(r"^\| .* \| (\d.*) \|$", text, re.M)
        self.assertIn(re.sub(r",? .*", "", cells["machine"]), text)
        self.assertEqual(shown, [
            cells["process / no-op"], cells["power / no-op"], cells["p99 / no-op"],
            cells["commit us"] + " µs",
            f"{cells['scrape 10,000 ms']} ms, {cells['scrape 100,000 ms']} ms",
            cells["RSS MiB"] + " MiB",
        ])


if __name__ == "__main__":
    tap.main()

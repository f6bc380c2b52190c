"""Sections and code blocks of the README and the guides."""

import re
import textwrap

from harness import ROOT

PLACES = re.search(r"^GUIDES = \$\(wildcard ([^)]*)\)$", (ROOT / "Makefile").read_text(), re.M)
GUIDES = [path for place in PLACES[1].replace("\\\n", " ").split()
          for path in sorted(ROOT.glob(place))]

BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<language>[\w-]*)\n(?P<fenced>.*?)^(?P=fence)$"
    r"|(?P<indented>(?:^    [^\n]*\n|^\n(?=    ))+)",
    re.M | re.S,
)

# Sections that messages link to: "TRUST" has the value of GUIDE_TRUST.
LINKS = dict(re.findall(r'^#define GUIDE_(\w+) "(.*)"$',
                        (ROOT / "src/base/guide.h").read_text(), re.M))


def see(name):
    """Returns the end of a message that links to a guide."""
    return f"; guide: {LINKS[name]}"


def guide(path):
    """Returns the text of a guide, such as "nginx/README.md"."""
    return (ROOT / path).read_text()


def section(path, title):
    """Returns the text below a heading, including its subsections."""
    text = guide(path)
    found = re.search(rf"^(##+) {re.escape(title)}\n", text, re.M)
    if not found:
        raise LookupError(f"{path} has no section {title!r}")
    end = re.compile(rf"^#{{2,{len(found[1])}}} ", re.M).search(text, found.end())
    return text[found.end() : end.start() if end else len(text)]


def code_blocks(text, language=None):
    """Returns the code blocks, indented or fenced, without indentation; with
    `language`, only the fenced blocks of that language."""
    return [
        (found["fenced"] or textwrap.dedent(found["indented"] or "")).strip("\n")
        for found in BLOCK.finditer(text)
        if language is None or found["language"] == language
    ]


def anchors(path):
    """Returns the anchors of a guide's headings, as GitHub generates them."""
    seen = {}
    found = []
    for heading in re.findall(r"^#+ (.+)$", BLOCK.sub("", guide(path)), re.M):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.append(f"{anchor}-{seen[anchor]}" if anchor in seen else anchor)
        seen[anchor] = seen.get(anchor, 0) + 1
    return found

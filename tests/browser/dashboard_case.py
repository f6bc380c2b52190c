"""Tests of the dashboard for each browser but Chromium."""

import json
import time

import harness
from harness import counter, histogram

VIEW = {"page": "/shown", "device": "desktop"}
PUSHED = [
    counter("web_page_views_total", 40, navigation="navigate", **VIEW),
    counter("web_page_views_total", 3, navigation="reload", **VIEW),
    counter("web_visits_total", 12, source="search", **VIEW),
    counter("web_visits_total", 5, source="partner", **VIEW),
    counter("web_errors_total", 2, page="/shown", kind="TypeError"),
    histogram("web_lcp_seconds", *[0.5] * 50, navigation="navigate", **VIEW),
]

# Opens the dashboard in another window and collects its errors from before its
# first script.
OPEN = """
    const opened = open(arguments[0]);
    const { port1, port2 } = new MessageChannel();
    await new Promise((done) => {
        port1.onmessage = () => (opened.location.href === 'about:blank' ? port2.postMessage(0) : done());
        port2.postMessage(0);
    });
    const seen = opened.seen = [];
    /* Its script, which waits for all of the page, fills this in. */
    const early = !opened.document.getElementById('host')?.textContent;
    for (const type of ['error', 'unhandledrejection', 'securitypolicyviolation'])
        opened.addEventListener(type, (event) => seen.push(`${type}: ` + (event.message || event.reason
            || event.violatedDirective || event.target.outerHTML)), true);
    for (const level of ['error', 'warn'])
        opened.console[level] = (...said) => seen.push(`console: ${said.join(' ')}`);
    return early;"""

# The figures at the top, and the table of sources of visits.
LOOK = """
    const text = (element) => element?.textContent ?? '';
    const table = [...document.querySelectorAll('table')].find((one) => text(one.caption) === 'Sources of visits');
    return {
        state: document.getElementById('status')?.dataset.state,
        busy: document.getElementById('content')?.hasAttribute('aria-busy'),
        range: document.querySelector('[aria-current][data-range]')?.dataset.range ?? '',
        figures: Object.fromEntries([...document.querySelectorAll('#figures .figure')].map((one) =>
            [text(one.querySelector('.name')), text(one.querySelector('b'))])),
        sources: Object.fromEntries([...table?.tBodies[0].rows ?? []].map(({ cells }) =>
            [text(cells[0]), text(cells[1])])),
        plots: [...document.querySelectorAll('canvas')].filter((one) => one.width && one.height).length,
        seen: window.seen,
    };"""

# The window's width, the page's excess width, and the elements that cause it.
WIDER = """
    document.fonts && await document.fonts.ready;
    const most = document.documentElement.clientWidth;
    const wider = [...document.body.querySelectorAll('*')].filter((one) => {
        const { right, width } = one.getBoundingClientRect();
        return width && right > most && !one.closest('.scroll');
    });
    return [innerWidth, document.documentElement.scrollWidth - most, wider.map((one) => one.outerHTML.slice(0, 200))];"""

TAB, ENTER = "\ue004", "\ue007"


class Dashboard:
    def open_dashboard(self, query):
        """Opens the dashboard from a page of the same site, so that no error is missed."""
        self.push()
        self.browser.open(self.url(self.add(text="<!doctype html><title>opener</title>")))
        for _ in range(5):
            (first,) = self.browser.command("GetWindowHandles")
            early = self.browser.run(OPEN, f"/tallyman/{query}")
            (opened,) = {*self.browser.command("GetWindowHandles")} - {first}
            self.browser.command("SwitchToWindow", handle=opened)
            if early:
                self.addCleanup(self.close, first)
                return
            self.close(first)
        self.fail("the page was always seen too late")

    def close(self, first):
        self.browser.resize(1280, 900)
        self.browser.command("CloseWindow")
        self.browser.command("SwitchToWindow", handle=first)

    @classmethod
    def push(cls):
        """Pushes once for all tests."""
        if not hasattr(cls, "pushed"):
            body = json.dumps(PUSHED)
            cls.pushed = harness.http("POST", cls.server.url + "/record", body)
        assert cls.pushed.text == "OK\n", cls.pushed

    def look(self, **want):
        """Returns the parts of LOOK, once the page has all numbers and the given values."""
        end = time.monotonic() + 30
        while True:
            said = self.browser.run(LOOK)
            so = said["state"] == "ok" and not said["busy"]
            if so and want.items() <= said.items() or time.monotonic() > end:
                self.assertEqual(said["seen"], [])
                self.assertEqual({**said, **want}, said)
                self.assertEqual((said["state"], said["busy"]), ("ok", False))
                return said
            time.sleep(0.05)

    def test_dashboard_shows_the_pushes(self):
        self.open_dashboard("?range=7d&page=/shown")
        said = self.look(range="7d")
        figures = said["figures"]
        self.assertEqual((figures["Page views"], figures["Visits"]), ("43", "17"))
        self.assertEqual(said["sources"], {"search": "12", "partner": "5"})
        self.assertGreater(said["plots"], 0)

    def test_dashboard_of_days_without_pushes(self):
        self.open_dashboard("?from=2021-03-01&to=2021-03-07")
        said = self.look(range="")
        self.assertEqual({said["figures"][name] for name in ("Page views", "Visits")}, {"0"})
        self.assertEqual(said["sources"], {"Nothing in this period.": ""})

    def test_dashboard_by_keyboard(self):
        self.open_dashboard("?range=7d&page=/shown")
        before = self.look(range="7d")
        for _ in range(20):
            self.browser.press(TAB)
            on = self.browser.run("return document.activeElement.dataset.range")
            if on == "90d":
                break
        self.assertEqual(on, "90d")
        self.browser.press(ENTER)
        said = self.look(range="90d")
        self.assertEqual(said["figures"]["Page views"], "43")
        self.assertRegex(self.browser.command("GetCurrentURL"), r"\?range=90d&page=")
        self.browser.command("Back")
        self.assertEqual(self.look(range="7d")["figures"], before["figures"])

    def test_dashboard_on_a_phone(self):
        """No sideways scrolling, once plots have their new size."""
        self.open_dashboard("?range=30d&page=/shown&open=web_page_views_total+page")
        for width in (390, 320):
            self.browser.resize(width, 844)
            self.assertEqual(self.look(range="30d")["figures"]["Page views"], "43")
            end = time.monotonic() + 10
            while (wider := self.browser.run(WIDER))[:2] != [width, 0]:
                self.assertLess(time.monotonic(), end, wider)
                time.sleep(0.05)

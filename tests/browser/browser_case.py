"""Tests of the browser client in Firefox and WebKit (Chromium has its own): nginx
with the shipped sample, real responders, and pages of two sites whose names resolve
to this host."""

import pathlib
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import harness  # noqa: E402
import webservers  # noqa: E402

PAGE = """<!doctype html><title>page</title><link rel="icon" href="data:,">
<script defer src="/tallyman/static/tallyman.js" data-server="/tallyman"
        data-allow-local data-allow-webdriver data-page="{page}" {attributes}></script>
<p>A page of a test</p>{body}"""


class Nginx(webservers.Nginx):
    """Serves the pages in addition to the endpoints."""

    def changes(self):
        strict = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:"
        pages = f"""server {{
    root {self.site.dir}/www;
    location /strict/ {{ add_header Content-Security-Policy "{strict}"; }}
"""
        return {**super().changes(), "server {": pages}


class BrowserCase(unittest.TestCase):
    """One browser for all tests of the class; each test has its own page group."""

    browser_class = None

    @classmethod
    def setUpClass(cls):
        directory = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(directory.cleanup)
        cls.browser = cls.browser_class(directory.name)
        cls.addClassCleanup(cls.browser.stop)
        cls.site = harness.Site(view="public", view_families=["web_*"])
        cls.addClassCleanup(cls.site.remove)
        cls.responders = harness.Responders(cls.site)
        cls.addClassCleanup(cls.responders.stop)
        cls.server = Nginx(cls.site)
        cls.addClassCleanup(cls.server.stop)

    def setUp(self):
        self.group = self._testMethodName.removeprefix("test_")

    def tearDown(self):
        self.browser.open("about:blank")

    def diagnostics(self):
        return "\n".join(
            one.diagnostics() for one in (self.browser, self.server, self.responders)
        )

    # --- pages ---

    def url(self, path, host="site"):
        return f"http://{host}.localhost:{self.server.port}{path}"

    def add(self, attributes="", body="", name="page", text=None):
        """Adds a page with the tag to both sites and returns its path."""
        folder = self.site.dir / "www" / self.group
        folder.mkdir(exist_ok=True)
        page = PAGE.format(page=self.group, attributes=attributes, body=body)
        self.site.write(f"www/{self.group}/{name}.html", text or page)
        return f"/{self.group}/{name}.html"

    def open(self, attributes="", body=""):
        self.browser.open(self.url(self.add(attributes, body)))

    def leave(self):
        self.browser.open("about:blank")

    # --- totals ---

    def series(self, family, **labels):
        """Returns the non-zero series of a family with these labels: the values of
        the other labels, in the order of their names, and the value."""
        labels = {"page": self.group, **labels}
        found = {}
        for (name, pairs), value in harness.scrape(self.server).samples.items():
            if name == family and labels.items() <= dict(pairs).items() and value:
                rest = sorted((k, v) for k, v in pairs if k not in labels)
                found[" ".join(v for _, v in rest)] = value
        return found

    def arrive(self, family, want, **labels):
        """The series become exactly these, and stay so."""
        end = time.monotonic() + 20
        while self.series(family, **labels) != want and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.1)
        self.assertEqual(self.series(family, **labels), want, family)


class Client:
    """The tests of the browser client."""

    def test_view_is_delivered_on_leaving(self):
        self.open("data-visits")
        types, first_byte = self.browser.run("""
            const [load] = performance.getEntriesByType('navigation');
            while (!load.loadEventEnd || !performance.getEntriesByType('paint').length)
                await new Promise(requestAnimationFrame);
            await new Promise((done) => setTimeout(done)); /* as the client waits */
            return [PerformanceObserver.supportedEntryTypes, load.responseStart];""")
        self.leave()
        self.arrive("web_page_views_total", {"desktop navigate": 1})
        self.arrive("web_visits_total", {"desktop direct": 1})
        self.arrive("web_fcp_seconds_count", {"desktop navigate": 1})
        self.arrive("web_navigation_seconds_count", {"": 1}, phase="load")
        # WebKit's clock has whole milliseconds: over loopback a phase may take 0.
        one = {"desktop navigate": 1}
        self.arrive("web_ttfb_seconds_count", one if first_byte else {})
        largest = "largest-contentful-paint" in types
        self.arrive("web_lcp_seconds_count", one if largest else {})

    def test_views_by_navigation_type(self):
        self.open("data-visits")
        self.browser.command("Refresh")
        self.leave()
        self.browser.command("Back")
        self.leave()
        # The browser decides whether it keeps the page.
        kept = {"desktop back-forward-cache": 1, "desktop navigate": 1, "desktop reload": 1}
        loaded = {"desktop back-forward": 1, "desktop navigate": 1, "desktop reload": 1}
        harness.wait_until(
            lambda: self.series("web_page_views_total") in (kept, loaded), "three views"
        )
        self.arrive("web_visits_total", {"desktop direct": 1})

    def test_visits_by_referrer(self):
        to = self.add('data-visits="pay.localhost=payment"')
        for host in ("pay", "news", "site"):
            link = f'<a href="{self.url(to)}">link</a>'
            path = self.add(name=f"from-{host}", text=f"<!doctype html>{link}")
            self.browser.open(self.url(path, host))
            self.browser.click("a")
            harness.wait_until(
                lambda: self.browser.command("GetCurrentURL") == self.url(to), "the page"
            )
        self.leave()
        self.arrive("web_page_views_total", {"desktop navigate": 3})
        self.arrive("web_visits_total", {"desktop payment": 1, "desktop other": 1})

    def test_errors(self):
        self.open(
            body="""<script>addEventListener('load', () => {
                setTimeout(() => null.secret);
                setTimeout(() => { throw new RangeError('secret'); });
                Promise.reject(new SyntaxError('secret'));
                document.body.append(Object.assign(new Image(), { src: '/none.png' }));
            });</script>"""
        )
        self.browser.run("""
            while (!performance.getEntriesByType('resource').some(({ name }) => /none/.test(name)))
                await new Promise((done) => setTimeout(done, 20));""")
        self.leave()
        self.arrive("web_errors_total", {"TypeError": 1, "RangeError": 1, "resource": 1})
        self.arrive("web_unhandled_rejections_total", {"SyntaxError": 1})

    def test_requests(self):
        route = self.group
        self.open(f'data-observe-requests="/{route}/**={route} /none/**={route}"')
        said = self.browser.run(
            """
            const one = await fetch(arguments[0]).then((answer) => answer.text());
            const two = await fetch('/none/x', { method: 'PUT' }).then(({ status }) => status);
            const three = await new Promise((done) => {
                const request = new XMLHttpRequest();
                request.onload = () => done(request.status);
                request.open('GET', '/none/y');
                request.send();
            });
            return [one.length > 100, two, three];""",
            self.add(name="answer"),
        )
        self.assertEqual(said, [True, 405, 404])
        self.leave()
        want = {"GET 2xx": 1, "PUT 4xx": 1, "GET 4xx": 1}
        for family in ("web_requests_total", "web_request_seconds_count"):
            harness.wait_until(
                lambda name=family: self.routed(name, route) == want, family
            )

    def routed(self, family, route):
        return {
            f"{dict(pairs)['method']} {dict(pairs)['status']}": value
            for (name, pairs), value in harness.scrape(self.server).samples.items()
            if name == family and dict(pairs)["route"] == route and value
        }

    def test_soft_navigations(self):
        self.open("data-spa data-visits")
        self.browser.run("""
            history.pushState(null, '', '/another/path');
            history.pushState(null, '', '/a/third');
            history.replaceState(null, '', '/a/fourth');""")
        self.leave()
        self.arrive("web_page_views_total", {"desktop navigate": 1, "desktop soft": 2})
        self.arrive("web_visits_total", {"desktop direct": 1})

    def test_batch_counts_once_and_is_removed(self):
        """The next page sends a batch of the previous page again."""
        self.open()
        self.browser.run("tallyman('increment', 'web_visits_total', arguments[0], 3);",
                         {"page": self.group, "source": "test", "device": "desktop"})
        self.browser.open(self.url(self.add(name="next")))
        self.arrive("web_visits_total", {"desktop test": 3})
        harness.wait_until(
            lambda: self.browser.run("return Object.keys(localStorage)") == [],
            "the batch to be acknowledged",
        )
        self.arrive("web_visits_total", {"desktop test": 3})
        self.assertEqual(self.browser.command("GetCookies"), [])

    def test_strict_page(self):
        group, self.group = self.group, "strict"
        self.add()
        page = (self.site.dir / "www/strict/page.html").read_text()
        self.site.write("www/strict/page.html", page.replace('"strict"', f'"{group}"'))
        self.browser.open(self.url("/strict/page.html"))
        self.leave()
        self.group = group
        self.arrive("web_page_views_total", {"desktop navigate": 1})
        self.assertEqual(self.series("web_csp_violations_total"), {})

    def test_module(self):
        script = f"""<!doctype html><link rel="icon" href="data:,"><script type="module">
            import {{ start }} from '/tallyman/static/tallyman.mjs';
            start({{ server: '/tallyman', page: '{self.group}', visits: true, allowLocal: true,
                allowWebdriver: true }});</script>"""
        self.browser.open(self.url(self.add(text=script)))
        self.leave()
        self.arrive("web_page_views_total", {"desktop navigate": 1})
        self.arrive("web_visits_total", {"desktop direct": 1})

    def test_automated_browser_is_not_counted(self):
        page = PAGE.replace("data-allow-webdriver", "")
        self.browser.open(
            self.url(self.add(text=page.format(page=self.group, attributes="", body="")))
        )
        self.assertEqual(self.browser.run("return tallyman('pending')"), 0)
        self.leave()
        self.assertEqual(self.series("web_page_views_total"), {})

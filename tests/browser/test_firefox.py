"""The browser client and the dashboard in Firefox.

    test_firefox.py [Tests.test_name]
"""

from browser_case import BrowserCase, Client
from dashboard_case import Dashboard
import tap
import webdriver


class Tests(Client, Dashboard, BrowserCase):
    browser_class = webdriver.Firefox

    def test_global_privacy_control(self):
        """The browser's own setting, which Chromium and WebKit lack."""
        self.control("true")
        self.addCleanup(self.control, "false")
        self.open()
        self.assertTrue(self.browser.run("return navigator.globalPrivacyControl"))
        self.assertEqual(self.browser.run("return tallyman('pending')"), 0)
        self.open("data-ignore-gpc")
        self.assertGreater(self.browser.run("return tallyman('pending')"), 0)
        # The server ignores pushes with the header.
        self.leave()
        self.assertEqual(self.series("web_page_views_total"), {})

    def control(self, on):
        name = "privacy.globalprivacycontrol.enabled"
        self.browser.in_chrome(f"Services.prefs.setBoolPref('{name}', {on});")


if __name__ == "__main__":
    tap.main()

"""The browser client and the dashboard in WebKit.

    test_webkit.py [Tests.test_name]
"""

from browser_case import BrowserCase, Client
from dashboard_case import Dashboard
import tap
import webdriver


class Tests(Client, Dashboard, BrowserCase):
    browser_class = webdriver.WebKit


if __name__ == "__main__":
    tap.main()

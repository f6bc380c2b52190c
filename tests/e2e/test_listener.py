"""The listening socket belongs to all responders, and to whoever made it: what
one of them sets on it holds for all. systemd makes it wait for clients whenever
it starts a responder, unless the unit says otherwise."""

import unittest

import harness
import tap
from harness import counter
from responder_case import ResponderCase

VIEW = [counter("demo_page_views_total")]


class MadeToWait(ResponderCase):
    def test_by_somebody_else(self):
        """Who accepts until no client is left would then wait for one more, and
        let those wait that it has."""
        kept = self.connect()
        self.assertAccepted(kept.push(VIEW))
        self.responders.listener.setblocking(True)
        for number in range(3):
            with self.subTest(number):
                self.assertAccepted(self.connect().push(VIEW))
                self.assertAccepted(kept.push(VIEW))
        self.assertEqual(self.views(), 7)


class Unit(unittest.TestCase):
    def test_keeps_it_as_it_is(self):
        unit = (harness.ROOT / "nginx/tallyman@.service").read_text()
        self.assertIn("\nNonBlocking=yes\n", unit)


if __name__ == "__main__":
    tap.main()

"""All responders and the process that created the listening socket share its flags:
a flag that one of them sets applies to all. systemd makes the socket blocking
whenever it starts a responder, unless the unit has NonBlocking=."""

import unittest

import harness
import tap
from harness import counter
from responder_case import ResponderCase

VIEW = [counter("demo_page_views_total")]


class MadeToWait(ResponderCase):
    def test_socket_made_blocking_by_another_process(self):
        """A responder that accepts until no client is left would then block in
        accept() and let its clients wait."""
        kept = self.connect()
        self.assertAccepted(kept.push(VIEW))
        self.responders.listener.setblocking(True)
        for number in range(3):
            with self.subTest(number):
                self.assertAccepted(self.connect().push(VIEW))
                self.assertAccepted(kept.push(VIEW))
        self.assertEqual(self.views(), 7)


class Unit(unittest.TestCase):
    def test_flags_are_not_changed(self):
        unit = (harness.ROOT / "nginx/tallyman@.service").read_text()
        self.assertIn("\nNonBlocking=yes\n", unit)


if __name__ == "__main__":
    tap.main()

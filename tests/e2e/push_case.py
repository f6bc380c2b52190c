"""Base of the tests of pushes to /metrics: nginx with the shipped sample and two responders."""

import checks
import webservers
from responder_case import wait_serving

OWN = ("tallyman_", "metrics_aggregator_", "grafana_analytics_")


class PushCase(checks.ServerCase):
    server_class = webservers.Nginx
    responders_wanted = 2

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        wait_serving(*cls.responders.processes)

    def pushed(self):
        """Returns the samples of the scrape except the responders' own families and
        the times of refused pushes."""
        return {
            key: value
            for key, value in self.scrape().samples.items()
            if not key[0].startswith((*OWN, "push_failure_time_seconds"))
        }

    def value(self, name, **labels):
        return self.scrape().value(name, **labels)

    def metadata(self, name):
        """Returns the HELP and TYPE lines of a family."""
        lines = self.scrape().text.splitlines()
        start = (f"# HELP {name} ", f"# TYPE {name} ")
        return [line for line in lines if line.startswith(start)]

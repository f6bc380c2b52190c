"""Four responders on one socket, under load, killed at random with SIGKILL and
started again: nothing that was acknowledged may be lost, and what has a batch
id is counted once. TALLYMAN_KILL_SECONDS says for how long, 60 if unset."""

import json
import os
import random
import time

import tap
from harness import counter, histogram
from responder_case import KillCase, allowlist, listed

SECONDS = float(os.environ.get("TALLYMAN_KILL_SECONDS", "60"))
LOADS = 6  # of each kind

BOUNDS = [0.25, 0.5, 1]
OBSERVED = (0.25, 0.75, 3)  # by each push with a batch id; sums are exact


class Kill(KillCase):
    seconds = SECONDS
    kills_wanted = SECONDS / 2
    metrics = {
        "kill.json": allowlist(
            listed("plain_total"),
            listed("batched_total"),
            listed("batched_seconds", "histogram", buckets=BOUNDS),
        )
    }

    def kill_for_a_while(self):
        """Returns how many were killed."""
        seed = random.randrange(1 << 30)
        tap.comment(f"seed {seed}")
        chance = random.Random(seed)
        kills = 0
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            time.sleep(chance.uniform(0.05, 0.6))
            # Now and then all at once, as when the machine's memory runs out.
            count = chance.choice((1, 1, 1, 1, 1, 2, 3, self.responders_wanted))
            self.kill(chance.sample(range(self.responders_wanted), count))
            kills += count
        return kills

    def test_nothing_acknowledged_is_lost(self):
        plain = [self.load([counter("plain_total")]) for _ in range(LOADS)]
        samples = [counter("batched_total"), histogram("batched_seconds", *OBSERVED)]
        batched = [self.load(samples, batches=True) for _ in range(LOADS)]
        kills = self.kill_for_a_while()
        for load in plain + batched:
            load.stop()
        acknowledged = sum(load.acknowledged for load in plain)
        in_flight = sum(load.unanswered for load in plain)
        exactly = sum(load.acknowledged for load in batched)
        repeated = sum(load.unanswered for load in batched)
        statuses = {s for load in plain + batched for s in load.statuses}
        tap.comment(
            f"{kills} kills; plain: {acknowledged} acknowledged, {in_flight} in"
            f" flight; batches: {exactly} acknowledged, {repeated} in flight"
        )
        # The test has had something to find.
        self.assertGreater(kills, self.kills_wanted)
        self.assertGreater(in_flight, 0)
        self.assertGreater(repeated, 0)
        # Refused is not lost: the client was told.
        self.assertLessEqual(statuses, {503})

        total = self.site.stored("plain_total")
        self.assertGreaterEqual(total, acknowledged)
        self.assertLessEqual(total, acknowledged + in_flight)
        self.assertEqual(self.site.stored("batched_total"), exactly)
        self.assertEqual(
            self.site.query(
                "SELECT count, sum, buckets FROM series WHERE buckets NOT NULL"
                " AND family_id = (SELECT id FROM family"
                " WHERE name = 'batched_seconds')"
            ),
            [
                (
                    exactly * len(OBSERVED),
                    exactly * sum(OBSERVED),
                    json.dumps(
                        [exactly, 0, exactly, exactly], separators=(",", ":")
                    ),
                )
            ],
        )
        got = self.scrape()
        self.assertEqual(got.value("plain_total"), total)
        self.assertEqual(got.value("batched_total"), exactly)
        self.check_database()


class KillWithPower(Kill):
    """The same for a short while with an fsync for each commit."""

    config = {"durability": "power"}
    seconds = min(SECONDS, 5)
    kills_wanted = min(SECONDS, 5) / 2


if __name__ == "__main__":
    tap.main()

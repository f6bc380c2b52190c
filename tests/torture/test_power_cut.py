"""Power cuts. While clients push to all endpoints, the responders' writes and syncs are
traced. Then the disk is rebuilt as after a cut at any moment: with all synced sectors and
any of the others. The database must open, be sound and hold a committed state. With
`power` it includes all pushes acknowledged before the cut, with `process` at least those
before the last sync."""

import os
import pathlib
import random
import signal
import sqlite3
import struct
import tempfile
import time

from torture import LONG, Worker

import tap
from faults import ENDPOINTS, FaultCase, counted, totals_of
from harness import wait_until

# As in fault.h.
WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, CREATE, DELETE, MARK = range(1, 8)
DB, WAL, DIRECTORY = 1, 2, 3
RECORD = struct.Struct("=IIQQ")
NAMES = {DB: "power.db", WAL: "power.db-wal"}

SECTOR = 512
FRAME_HEAD = 24
SECONDS = 5 if LONG else 0.8
CUTS = 2000 if LONG else 60


def read_trace(path):
    """The records as (kind, file, offset, bytes)."""
    text = path.read_bytes()
    at = 0
    while at < len(text):
        kind, file, offset, length = RECORD.unpack_from(text, at)
        at += RECORD.size
        data = b""
        if kind == WRITE:
            data = text[at : at + length]
            at += length
        yield kind, file, offset, data


class File:
    """The synced content, and the writes that may or may not reach the disk."""

    def __init__(self):
        self.synced = bytearray()
        self.pending = []  # (number of the record, offset, bytes or None)

    def settle(self, before):
        """Applies all writes before that record."""
        while self.pending and self.pending[0][0] < before:
            apply(self.synced, *self.pending.pop(0)[1:])

    def after_cut(self, chance, share):
        """Applies each unsynced sector with that probability."""
        content = bytearray(self.synced)
        for _, offset, data in self.pending:
            if data is None:
                if chance.random() < share:
                    apply(content, offset, None)
                continue
            for start in range(0, len(data), SECTOR):
                if chance.random() < share:
                    apply(content, offset + start, data[start : start + SECTOR])
        return content


def apply(content, offset, data):
    if data is None:
        del content[offset:]
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class Disk:
    """Follows a trace."""

    def __init__(self):
        self.names = {}  # file -> File, as programs see them
        self.synced_names = {}  # as they are on the disk
        self.begun = {}  # sync -> the number of its record
        self.marks = {}  # endpoint -> (acknowledged, uncertain)
        self.safe = {}  # the marks before the last sync of the log
        self.marks_at = {}  # sync -> the marks when it began
        self.committed = False  # the last record has ended a commit

    def follow(self, number, kind, file, offset, data):
        self.committed = False
        if kind == MARK:
            self.marks[file] = (offset & 0xFFFFFFFF, offset >> 32)
        elif kind == SYNC_BEGIN:
            self.begun[offset] = number
            self.marks_at[offset] = dict(self.marks)
        elif kind == SYNC_END:
            self.end_sync(file, offset)
        elif kind == DELETE:
            self.names.pop(file, None)
        else:
            self.change(number, kind, file, offset, data)

    def change(self, number, kind, file, offset, data):
        own = self.names.setdefault(file, File())
        if kind == CREATE:
            self.names[file] = File()
        elif kind == TRUNCATE:
            own.pending.append((number, offset, None))
        elif kind == WRITE:
            own.pending.append((number, offset, data))
            self.committed = file == WAL and self.ends_commit(own, len(data))

    def ends_commit(self, log, length):
        """Whether the page follows the header of a commit's last frame, which has the
        size of the database."""
        if length <= FRAME_HEAD or len(log.pending) < 2:
            return False
        head = log.pending[-2][2]
        return head is not None and len(head) == FRAME_HEAD and any(head[4:8])

    def end_sync(self, file, sync):
        begun = self.begun.pop(sync)
        marks = self.marks_at.pop(sync)
        if file == DIRECTORY:
            self.synced_names = dict(self.names)
        elif file in self.names:
            self.names[file].settle(begun)
            if file == WAL:
                self.safe = marks

    def cut(self, directory, chance, share):
        """Writes the files in a possible state after a cut."""
        for file, name in NAMES.items():
            (directory / name).unlink(missing_ok=True)
            names = chance.choice((self.names, self.synced_names))
            if file in names:
                content = names[file].after_cut(chance, share)
                (directory / name).write_bytes(content)
        (directory / (NAMES[DB] + "-shm")).unlink(missing_ok=True)


def read_state(directory, check=True):
    """Number of pushes of each endpoint, in their order; None without a schema."""
    connection = sqlite3.connect(directory / NAMES[DB])
    try:
        connection.execute("PRAGMA synchronous = OFF")
        if check and connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise AssertionError("the database is damaged")
        if connection.execute("PRAGMA user_version").fetchone() == (0,):
            return None
        got = counted(totals_of(connection))
        return tuple(int(got[endpoint]) for endpoint in ENDPOINTS)
    finally:
        connection.close()


class Pusher(Worker):
    """Pushes to an endpoint and records acknowledged pushes in the trace."""

    def __init__(self, number, endpoint, trace):
        super().__init__()
        self.number, self.endpoint = number, endpoint
        self.trace = os.open(trace, os.O_WRONLY | os.O_APPEND)

    def step(self):
        self.endpoint.push()
        count = self.endpoint.acknowledged | self.endpoint.uncertain << 32
        os.write(self.trace, RECORD.pack(MARK, self.number, count, 0))

    def finish(self):
        os.close(self.trace)
        self.endpoint.close()


class PowerCut(FaultCase):
    """With `process`."""

    responders_wanted = 2
    trace = True
    power = False

    def setUp(self):
        super().setUp()
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.directory = pathlib.Path(self.scratch.name)

    def let_them_push(self):
        """Runs until there are enough commits, also on a slow disk; no commit has more
        than one push of each endpoint."""
        enough = 30 * len(ENDPOINTS) + sum(endpoint.acknowledged for endpoint in self.endpoints)
        time.sleep(SECONDS / 2)
        wait_until(
            lambda: sum(endpoint.acknowledged for endpoint in self.endpoints) > enough, "pushes"
        )

    def push_for_a_while(self):
        """Halfway all responders end, which removes the log, and others start."""
        pushers = [Pusher(i, d, self.traced) for i, d in enumerate(self.endpoints)]
        for pusher in pushers:
            pusher.start()
        self.let_them_push()
        for process in list(self.responders.processes):
            process.signal(signal.SIGTERM)
        self.let_them_push()
        for pusher in pushers:
            pusher.stop()
        self.supervisor.stop()
        self.responders.stop()

    def states(self, records):
        """All committed states."""
        disk = Disk()
        found = set()
        for number, record in enumerate(records):
            disk.follow(number, *record)
            if disk.committed:
                for file, name in NAMES.items():
                    content = disk.names[file].after_cut(random.Random(0), 2)
                    (self.directory / name).write_bytes(content)
                (self.directory / (NAMES[DB] + "-shm")).unlink(missing_ok=True)
                found.add(read_state(self.directory, check=False))
        return found

    def assertState(self, disk, state, states):
        """The state after a cut is a committed one."""
        self.assertIn(state, (*states, None))
        marks = disk.marks if self.power else disk.safe
        state = state or (0,) * len(ENDPOINTS)
        for number, endpoint in enumerate(ENDPOINTS):
            acknowledged, uncertain = disk.marks.get(number, (0, 0))
            self.assertGreaterEqual(state[number], marks.get(number, (0,))[0], endpoint)
            self.assertLessEqual(state[number], acknowledged + uncertain + 1, endpoint)
        return sum(
            max(0, disk.marks.get(number, (0,))[0] - state[number])
            for number in range(len(ENDPOINTS))
        )

    def test_any_moment(self):
        self.push_for_a_while()
        records = list(read_trace(self.traced))
        seed = random.randrange(1 << 30)
        chance = random.Random(seed)
        states = self.states(records)
        cuts = sorted(chance.randrange(len(records)) for _ in range(CUTS))
        disk = Disk()
        lost = []
        for number, record in enumerate(records):
            disk.follow(number, *record)
            while cuts and cuts[0] == number:
                share = chance.choice((0, 0.1, 0.5, 0.9, 1))
                with self.subTest(record=number, share=share, seed=seed):
                    disk.cut(self.directory, chance, share)
                    state = read_state(self.directory)
                    lost.append(self.assertState(disk, state, states))
                cuts.pop(0)
        kinds = [sum(r[0] == kind for r in records) for kind in (WRITE, SYNC_END)]
        tap.comment(
            f"seed {seed}: {kinds[0]} writes, {kinds[1]} syncs, {len(states)}"
            f" states, {len(lost)} cuts; acknowledged pushes lost:"
            f" {sum(lost)} in all, {max(lost)} at most in one cut"
        )
        self.assertGreater(len(states), 50)
        if self.power:
            self.assertEqual(max(lost), 0)
        else:
            # Some cuts lose writes.
            self.assertGreater(max(lost), 0)


class WithPower(PowerCut):
    config = {**FaultCase.config, "durability": "power"}
    power = True


if __name__ == "__main__":
    tap.main()

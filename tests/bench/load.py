"""Load: wrk with push.lua, and 32 clients in Python that measure waits."""

import json
import os
import select
import socket
import subprocess
import time

CLIENTS = 32
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "push.lua")


class Failed(Exception):
    """A program that the bench needs does not run."""


def wrk(url, seconds, *arguments):
    """Runs wrk once; returns the report of push.lua's done()."""
    command = ["wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}s", "-s", SCRIPT,
               url]
    if arguments:
        command += ["--", *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    for line in run.stdout.splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line[len("RESULT "):])
            result["rate"] = result["acknowledged"] / result["seconds"]
            result["errors"] = sum(result[kind] for kind in (
                "status", "connect", "read", "write", "timeout"))
            return result
    raise Failed(f"wrk {url}: {run.stdout}{run.stderr}")


class Client:
    """One kept connection that pushes and waits for the reply in a loop."""

    def __init__(self, port, message):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.message = message
        self.answered = 0
        self.longest = 0.0
        self.push()

    def push(self):
        self.since = time.perf_counter()
        self.reply = b""
        self.socket.send(self.message)

    def read(self):
        """Reads the received bytes; returns False when the server has closed the connection."""
        chunk = self.socket.recv(4096)
        self.reply += chunk
        head, end, body = self.reply.partition(b"\r\n\r\n")
        if end and whole(head, body):
            self.longest = max(self.longest, self.waited())
            self.answered += head.startswith(b"HTTP/1.1 200")
            self.push()
        return bool(chunk)

    def waited(self):
        return time.perf_counter() - self.since


def whole(head, body):
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.split(b":")[1])
    return body.endswith(b"0\r\n\r\n")


def longest_wait(port, seconds):
    """Pushes with 32 clients; returns the number of pushes and the longest wait. A
    client that still waits at the end counts with that wait, which wrk's maximum
    would miss."""
    body = (b'[{"metricName":"uses_total","metricType":"counter",'
            b'"labels":{"page":"p001"},"inc":1}]')
    message = (b"POST /record HTTP/1.1\r\nHost: localhost\r\n"
               b"Content-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body)) + body
    clients = {}
    poll = select.epoll()
    for _ in range(CLIENTS):
        client = Client(port, message)
        clients[client.socket.fileno()] = client
        poll.register(client.socket, select.EPOLLIN)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for fd, _ in poll.poll(0.05):
            if not clients[fd].read():
                raise Failed(f"port {port}: the server hung up on a client")
    poll.close()
    waits = [max(c.longest, c.waited()) for c in clients.values()]
    for client in clients.values():
        client.socket.close()
    return sum(c.answered for c in clients.values()), max(waits)

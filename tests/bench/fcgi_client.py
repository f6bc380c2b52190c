"""A minimal FastCGI client for the bench, on a Unix socket."""

import os
import select
import socket
import struct
import threading
import time

BEGIN_REQUEST, PARAMS, STDIN, STDOUT = 1, 4, 5, 6
ROLE_RESPONDER = 1
READ_BYTES = 1 << 20


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def length(n):
    return bytes([n]) if n < 128 else struct.pack(">I", n | 0x80000000)


def pair(name, value):
    name, value = name.encode(), value.encode()
    return length(len(name)) + length(len(value)) + name + value


def request(method, path, body=b"", accept=""):
    """Returns a whole request; the responder closes the connection after it."""
    params = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_METHOD": method, "REQUEST_URI": path, "SCRIPT_NAME": path,
        "QUERY_STRING": "", "DOCUMENT_ROOT": "/nonexistent",
        "REMOTE_ADDR": "127.0.0.1", "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "HTTP_ACCEPT": accept,
    }
    begin = struct.pack(">HB5x", ROLE_RESPONDER, 0)
    return (record(BEGIN_REQUEST, begin)
            + record(PARAMS, b"".join(pair(*p) for p in params.items()))
            + record(PARAMS, b"")
            + (record(STDIN, body) if body else b"") + record(STDIN, b""))


def connect(path):
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(30)
    client.connect(path)
    return client


def stdout(reply):
    """Returns the responder's output from its records."""
    parts, at = [], 0
    while at + 8 <= len(reply):
        _, kind, _, size, padding = struct.unpack_from(">BBHHB", reply, at)
        if kind == STDOUT:
            parts.append(reply[at + 8:at + 8 + size])
        at += 8 + size + padding
    return b"".join(parts)


def get(path, url, accept=""):
    """Returns header block and body of the reply to a GET."""
    with connect(path) as client:
        client.sendall(request("GET", url, accept=accept))
        chunks = []
        while chunk := client.recv(READ_BYTES):
            chunks.append(chunk)
    head, _, body = stdout(b"".join(chunks)).partition(b"\r\n\r\n")
    return head.decode(), body


def answered(head):
    """Returns whether a header block means 200, which is also the CGI default."""
    lines = head.lower().split("\r\n")
    status = [line for line in lines if line.startswith("status:")]
    return bool(head) and all(line.split()[1] == "200" for line in status)


def time_get(path, url, accept=""):
    """Returns the seconds to the first byte and to the end of a reply."""
    buffer = bytearray(READ_BYTES)
    with connect(path) as client:
        start = time.perf_counter()
        client.sendall(request("GET", url, accept=accept))
        if not client.recv_into(buffer):
            raise ConnectionError(f"no reply to GET {url}")
        first = time.perf_counter()
        while client.recv_into(buffer):
            pass
        return first - start, time.perf_counter() - start


class HalfSent(threading.Thread):
    """Keeps connections open that have sent the first half of a push. A responder
    may close one after its deadline: then it is opened again."""

    def __init__(self, path, count):
        super().__init__()
        whole = request("POST", "/record", b"[" + b" " * 264)
        self.half = whole[:len(whole) - 150]
        self.path = path
        self.reopened = 0
        self.clients = [self.open() for _ in range(count)]
        self.wake, self.stop_end = os.pipe()

    def open(self):
        client = connect(self.path)
        client.sendall(self.half)
        return client

    def run(self):
        while self.wake not in (ready := select.select(
                [self.wake, *self.clients], [], [])[0]):
            for client in ready:
                client.close()
                self.clients.remove(client)
                self.clients.append(self.open())
                self.reopened += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        os.close(self.stop_end)
        self.join()
        os.close(self.wake)
        for client in self.clients:
            client.close()


class Scrapes(threading.Thread):
    """Scrapes in a loop, with a pause in seconds in between."""

    def __init__(self, path, pause=0.0):
        super().__init__()
        self.path, self.pause = path, pause
        self.count = 0
        self.failure = None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                time_get(self.path, "/metrics")
                self.count += 1
                self.over.wait(self.pause)
        except OSError as failure:
            self.failure = failure

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.over.set()
        self.join()
        if self.failure and kind is None:
            raise self.failure

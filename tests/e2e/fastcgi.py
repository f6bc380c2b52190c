"""A FastCGI client, such as a web server has one: it speaks to the responders
without a web server in between, so that a test can send half a request, a
broken one, or many at once (FastCGI 1.0).

    with fastcgi.Connection(responders.path) as connection:
        reply = connection.push([counter("usage_total")])
        connection.send(fastcgi.get("/metrics")[:10])   # half a request
"""

import json
import socket
import struct
from email.parser import BytesParser

import harness

BEGIN_REQUEST, ABORT_REQUEST, END_REQUEST = 1, 2, 3
PARAMS, STDIN, STDOUT, STDERR = 4, 5, 6, 7
GET_VALUES = 9
RESPONDER, AUTHORIZER, FILTER = 1, 2, 3
HEADER = struct.Struct("!BBHHBx")


# --- requests ------------------------------------------------------------------


def record(kind, content=b"", number=1, padding=0, version=1):
    """Returns one record; `number` is the request id."""
    head = HEADER.pack(version, kind, number, len(content), padding)
    return head + content + bytes(padding)


def begin(role=RESPONDER, keep=True, number=1):
    return record(BEGIN_REQUEST, struct.pack("!HB5x", role, keep), number)


def pairs(params):
    """Encodes names and values, each with its length in front."""
    text = b""
    for name, value in params.items():
        for part in (name, value):
            length = len(part.encode())
            text += bytes([length]) if length < 128 else struct.pack(
                "!I", length | 1 << 31
            )
        text += name.encode() + value.encode()
    return text


def stream(kind, content, number=1):
    """Returns the records of a stream, with the empty record that ends it."""
    parts = [content[i : i + 65528] for i in range(0, len(content), 65528)]
    return b"".join(record(kind, part, number) for part in [*parts, b""])


def request(method, path, body=b"", keep=True, number=1, **params):
    """Returns a whole request as nginx sends it."""
    environment = {
        "REQUEST_METHOD": method,
        "REQUEST_URI": path,
        "SCRIPT_NAME": "",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        **params,
    }
    return (
        begin(keep=keep, number=number)
        + stream(PARAMS, pairs(environment), number)
        + stream(STDIN, body, number)
    )


def push(samples, keep=True, **params):
    """Returns a POST to /record; `samples` may be raw bytes."""
    body = samples
    if not isinstance(samples, bytes):
        body = json.dumps(samples).encode()
    params = {"CONTENT_TYPE": "application/json", **params}
    return request("POST", "/record", body, keep, **params)


def get(path, token=None, keep=True, **params):
    if token is not None:
        params["HTTP_AUTHORIZATION"] = "Bearer " + token
    return request("GET", path, keep=keep, **params)


# --- replies -------------------------------------------------------------------


class Closed(Exception):
    """The connection was closed before the end of the reply."""


class Reply:
    """Like harness.Reply, parsed from the output of a responder."""

    def __init__(self, output):
        head, _, self.body = output.partition(b"\r\n\r\n")
        self.headers = BytesParser().parsebytes(head)
        self.status = int(self.headers.get("Status", "200").split()[0])

    @property
    def text(self):
        return self.body.decode()

    def header(self, name):
        return self.headers.get_all(name, [])

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:500]!r}"


class Connection:
    """One connection to the responders, with one request at a time. `buffer` limits
    the kernel's receive buffer (TCP only); `within` is the time-out of ask() in
    seconds."""

    def __init__(
        self,
        path,
        timeout=harness.PATIENCE,
        family=socket.AF_UNIX,
        buffer=None,
        within=None,
    ):
        self.within = within
        self.socket = socket.socket(family)
        if buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(str(path) if family == socket.AF_UNIX else path)
        self._input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def send(self, data):
        """Raises Closed if the peer has closed the connection."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed(str(error)) from error

    def _receive(self, size):
        while len(self._input) < size:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError as error:
                raise Closed(str(error)) from error
            if not data:
                raise Closed("end of file")
            self._input += data
        taken, self._input = self._input[:size], self._input[size:]
        return taken

    def reply(self, number=1):
        """Waits for the end of the request and returns its `Reply`."""
        output = []
        while True:
            version, kind, of, length, padding = HEADER.unpack(
                self._receive(HEADER.size)
            )
            content = self._receive(length + padding)[:length]
            if version != 1 or of != number:
                raise ValueError(f"record of version {version}, id {of}")
            if kind == STDOUT:
                output.append(content)
            elif kind == END_REQUEST:
                if content[:5] != bytes(5):
                    raise ValueError(f"request refused: {content}")
                return Reply(b"".join(output))
            elif kind != STDERR:
                raise ValueError(f"record of type {kind}")

    def ask(self, data):
        if self.within is None:
            self.send(data)
            return self.reply()
        start = harness.awake()
        self.send(data)
        reply = self.reply()
        took = harness.awake() - start
        if took > self.within:
            raise TimeoutError(f"the reply has taken {took} s")
        return reply

    def push(self, samples, **params):
        return self.ask(push(samples, **params))

    def get(self, path, token=None, **params):
        return self.ask(get(path, token, **params))

    def closed(self):
        """Waits until the peer closes the connection. Returns whether it sent
        nothing before; raises an error at the time-out."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


def ask(path, data, timeout=harness.PATIENCE):
    """Sends one request on a connection of its own."""
    with Connection(path, timeout) as connection:
        return connection.ask(data)

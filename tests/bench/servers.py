"""The servers of the bench: responders in pairs, and nginx."""

import os
import socket
import subprocess
import time

import fcgi_client
import series
from load import Failed, wrk

RESPONDERS = 2
START_SECONDS = 60
STOP_SECONDS = 5
CPU_CLOCK = 2

# reuseport: otherwise one worker may get all connections and limit the result.
NGINX = """
daemon off;
{user}
worker_processes 2;
pid {dir}/nginx.pid;
error_log {dir}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 10000000;
    client_body_temp_path {dir}/nginx-body;
    fastcgi_temp_path {dir}/nginx-fastcgi;
    proxy_temp_path {dir}/nginx-proxy;
    uwsgi_temp_path {dir}/nginx-uwsgi;
    scgi_temp_path {dir}/nginx-scgi;
    client_body_buffer_size 64k;
    fastcgi_keep_conn on;
    fastcgi_buffers 16 64k;
    fastcgi_max_temp_file_size 0;
    fastcgi_param QUERY_STRING $query_string;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_param CONTENT_TYPE $content_type;
    fastcgi_param CONTENT_LENGTH $content_length;
    fastcgi_param SCRIPT_NAME $fastcgi_script_name;
    fastcgi_param REQUEST_URI $request_uri;
    fastcgi_param DOCUMENT_URI $document_uri;
    fastcgi_param DOCUMENT_ROOT $document_root;
    fastcgi_param SERVER_PROTOCOL $server_protocol;
    fastcgi_param REQUEST_SCHEME $scheme;
    fastcgi_param GATEWAY_INTERFACE CGI/1.1;
    fastcgi_param SERVER_SOFTWARE nginx;
    fastcgi_param REMOTE_ADDR $remote_addr;
    fastcgi_param REMOTE_PORT $remote_port;
    fastcgi_param SERVER_ADDR $server_addr;
    fastcgi_param SERVER_PORT $server_port;
    fastcgi_param SERVER_NAME $server_name;
{servers}
}}
"""

FASTCGI_SERVER = """
    upstream {name} {{
        server unix:{socket};
        keepalive 32;
        keepalive_requests 10000000;
    }}
    server {{
        listen 127.0.0.1:{port} reuseport;
        location / {{ fastcgi_pass {name}; }}
    }}
"""

# Debian installs the servers there; an ordinary user's PATH lacks it.
os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"

# As in the samples for web servers, see tallyman.fcgi(8).
TUNED = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=127"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, what, process):
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failed(f"{what} ended with status {process.returncode}")
        try:
            if ready():
                return
        except OSError:
            pass
        time.sleep(0.02)
    raise Failed(f"{what} is not ready after {START_SECONDS} s")


def cpu_seconds(pid):
    """Returns the processor time of another process, by the clock id of clock_getcpuclockid(3)."""
    return time.clock_gettime(~pid << 3 | CPU_CLOCK)


def children(pid):
    """Returns the ids of a process's children."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def stop(processes):
    """Sends SIGTERM; returns the number of processes that had to be killed."""
    killed = 0
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            killed += 1
    return killed


class Design:
    """Two processes of one responder on one socket, and nginx's port."""

    def __init__(self, name, directory, binary):
        self.name = name
        self.binary = os.path.abspath(binary)
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory)
        self.socket = os.path.join(self.directory, "socket")
        self.port = free_port()
        self.processes = []
        self.url = f"http://127.0.0.1:{self.port}/record"
        self.arguments = ()
        self.database = None
        self.complaint = None

    def command(self):
        return [self.binary]

    def start(self, count=RESPONDERS):
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(self.socket)
        listening.listen(512)
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.processes += [
                subprocess.Popen(self.command(), stdin=listening, stdout=log,
                                 stderr=log, env={**os.environ, **TUNED})
                for _ in range(count)]
        listening.close()
        try:
            wait_until(self.answers, self.name, self.processes[0])
        except Failed as failure:
            raise Failed(f"{failure}\n{self.log()}") from None

    def push(self, url, seconds, *arguments):
        """Loads the design for this time; returns the report of wrk's done()."""
        return wrk(url, seconds, *arguments)

    def answers(self):
        head, _ = fcgi_client.get(self.socket, "/-/ready")
        return fcgi_client.answered(head)

    def log(self):
        with open(os.path.join(self.directory, "log"), encoding="utf-8",
                  errors="replace") as log:
            return "".join(log.readlines()[-10:])

    def stop(self):
        if killed := stop(self.processes):
            self.complaint = f"{self.name}: {killed} did not end on SIGTERM"
        self.processes = []
        if os.path.exists(self.socket):
            os.unlink(self.socket)

    def nginx(self):
        return FASTCGI_SERVER.format(name=self.name, socket=self.socket,
                                     port=self.port)

    def check_alive(self):
        for process in self.processes:
            if process.poll() is not None:
                raise Failed(f"{self.name} ended with status"
                             f" {process.returncode}\n{self.log()}")

    def cpu_seconds(self):
        """Returns the processor time of all processes of this design so far."""
        return sum(cpu_seconds(process.pid) for process in self.processes)

    def memory(self):
        """Returns VmRSS, VmHWM and RssAnon of each process in KiB."""
        found = []
        for process in self.processes:
            with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
                status = dict(line.split(":", 1) for line in file)
            found.append([int(status[key].split()[0])
                          for key in ("VmRSS", "VmHWM", "RssAnon")])
        return found


class Tallyman(Design):
    """The responder with its own database."""

    def __init__(self, name, directory, binary, durability, generated=0,
                 **settings):
        super().__init__(name, directory, binary)
        self.durability = durability
        self.generated = generated
        self.config = series.write_config(self.directory, durability,
                                          generated, **settings)
        self.database = os.path.join(self.directory, "tallyman.db")

    def command(self):
        return [self.binary, "-c", self.config]

    def start_filled(self):
        """Starts on a database in which every series has a total. Returns the
        number of series, and the seconds until the first process was ready on an
        empty database."""
        start = time.perf_counter()
        self.start(1)
        seconds = time.perf_counter() - start
        self.stop()
        filled = series.fill(self.database)
        self.start()
        return filled, seconds


class OpenTallyman(Tallyman):
    """A responder that accepts unlisted families. Its pushes are not in series.py's totals."""

    def __init__(self, name, directory, binary):
        super().__init__(name, directory, binary, "process")
        self.config = series.write_config(
            os.path.join(self.directory, "open"), "process", 0,
            open_families=True)
        self.totals = os.path.join(self.directory, "open", "tallyman.db")
        self.database = None
        self.url = f"http://127.0.0.1:{self.port}/metrics/job/bench"


class Nginx:
    """One nginx in front of all designs, with a port for each."""

    def __init__(self, directory, designs):
        config = os.path.join(directory, "nginx.conf")
        user = "user root;" if os.geteuid() == 0 else ""
        with open(config, "w", encoding="utf-8") as out:
            out.write(NGINX.format(dir=directory, user=user, servers="".join(
                design.nginx() for design in designs)))
        self.log = os.path.join(directory, "nginx.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["nginx", "-e", self.log, "-p", directory, "-c", config],
                stderr=log)
        port = designs[0].port
        try:
            wait_until(lambda: not socket.create_connection(
                ("127.0.0.1", port)).close(), "nginx", self.process)
        except Failed as failure:
            with open(self.log, encoding="utf-8") as log:
                raise Failed(f"{failure}\n{log.read()}") from None

        self.workers = children(self.process.pid)

    def cpu_seconds(self):
        return sum(cpu_seconds(pid) for pid in self.workers)

    def stop(self):
        stop([self.process])

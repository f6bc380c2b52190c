"""Drives Debian's Firefox through Marionette and Debian's WebKit through
WebKitWebDriver. Both speak W3C WebDriver; the commands here have Marionette's
names:

    browser = Firefox(directory)       raises unittest.SkipTest without it
    browser.open("http://site.localhost:8080/")
    browser.run("return document.title")
    browser.stop()
"""

import glob
import json
import os
import pathlib
import shutil
import socket
import unittest
import urllib.error
import urllib.request

import harness

TIMEOUT = 60  # seconds for one command; a start on a busy machine takes ten
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

# Commands that need only a path below the session.
PATHS = {
    "Navigate": ("POST", "url"),
    "GetCurrentURL": ("GET", "url"),
    "Back": ("POST", "back"),
    "Refresh": ("POST", "refresh"),
    "ExecuteAsyncScript": ("POST", "execute/async"),
    "FindElement": ("POST", "element"),
    "ElementClick": ("POST", "element/{id}/click"),
    "PerformActions": ("POST", "actions"),
    "SetWindowRect": ("POST", "window/rect"),
    "GetWindowHandles": ("GET", "window/handles"),
    "SwitchToWindow": ("POST", "window"),
    "CloseWindow": ("DELETE", "window"),
    "GetCookies": ("GET", "cookie"),
}


class WebDriverError(Exception):
    """The browser's error reply to a command."""


class Browser:
    """Common part of both browsers."""

    program = package = None

    def __init__(self, directory):
        """`directory` is empty, for the profile and the log."""
        if shutil.which(self.program) is None:
            raise unittest.SkipTest(f"needs {self.program} (Debian: {self.package})")
        self.directory = pathlib.Path(directory)
        self.log = self.directory / "browser.log"
        self.processes = []
        try:
            self.start()
        except Exception:
            self.stop()
            raise

    def start(self):
        raise NotImplementedError

    def command(self, name, **parameters):
        """Runs a command and returns its value."""
        raise NotImplementedError

    def spawn(self, arguments, **environment):
        environment = {
            **os.environ,
            "LANG": "en_US.UTF-8",
            "LC_ALL": "",
            "HOME": str(self.directory),
            "XDG_CONFIG_HOME": str(self.directory / "config"),
            **environment,
        }
        self.processes.append(harness.Process(arguments, self.log, env=environment))

    def stop(self):
        """Kills the browser: nothing of it is kept."""
        for process in reversed(self.processes):
            process.kill()

    def diagnostics(self):
        return harness.tail(self.log)

    def open(self, url):
        self.command("Navigate", url=url)

    def run(self, script, *arguments):
        """Runs the body of a function and returns the value of its promise."""
        body = f"""const done = arguments[arguments.length - 1];
            (async function () {{ {script} }}).apply(null, arguments)
                .then((value) => done([value]), (error) => done(String(error)));"""
        said = self.command("ExecuteAsyncScript", script=body, args=list(arguments))
        if isinstance(said, str):
            raise WebDriverError(said)
        return said[0]

    def click(self, selector):
        """Clicks like a user."""
        found = self.command("FindElement", using="css selector", value=selector)
        self.command("ElementClick", id=found[ELEMENT])

    def press(self, *keys):
        """Presses keys one after the other."""
        actions = [{"type": t, "value": k} for k in keys for t in ("keyDown", "keyUp")]
        self.command(
            "PerformActions",
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    def resize(self, width, height):
        """Sets the inner size of the window."""
        self.command("SetWindowRect", width=width, height=height)
        inside = self.run("return [innerWidth, innerHeight]")
        frame = [outer - inner for outer, inner in zip((width, height), inside)]
        self.command("SetWindowRect", width=width + frame[0], height=height + frame[1])


class Firefox(Browser):
    program, package = "firefox-esr", "firefox-esr"

    def start(self):
        self.port = harness.free_port()
        profile = self.directory / "profile"
        profile.mkdir()
        preferences = {
            "marionette.port": self.port,
            "dom.disable_open_during_load": False,  # the tests open windows
            "network.captive-portal-service.enabled": False,
            "network.connectivity-service.enabled": False,
            "services.settings.server": "data:,#remote-settings-dummy/v1",
        }
        (profile / "user.js").write_text(
            "".join(
                f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
                for name, value in preferences.items()
            )
        )
        self.spawn(
            [self.program, "--headless", "--marionette", "-remote-allow-system-access"]
            + ["--no-remote", "--profile", profile]
        )
        self.connection = harness.wait_until(self.connect, "Firefox to listen")
        self.connection.settimeout(TIMEOUT)
        self.answers = self.connection.makefile("rb")
        self.number = 0
        self.read()  # the greeting
        self.command("NewSession", capabilities={"alwaysMatch": {}})
        # A window as small as a phone's.
        self.in_chrome("document.documentElement.style.minWidth = '0';")

    def connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port))
        except OSError:
            return None

    def read(self):
        """Reads one message: its length, a colon, JSON."""
        length = b""
        while not length.endswith(b":"):
            byte = self.answers.read(1)
            if not byte:
                raise WebDriverError("Firefox has closed the connection")
            length += byte
        return json.loads(self.answers.read(int(length[:-1])))

    def send(self, name, parameters):
        self.number += 1
        text = json.dumps([0, self.number, name, parameters]).encode()
        self.connection.sendall(b"%d:%s" % (len(text), text))
        _, number, error, result = self.read()
        if number != self.number or error is not None:
            raise WebDriverError(f"{name}: {error}")
        # Lists of cookies or windows, and elements, have no `value` around them.
        return result.get("value", result) if isinstance(result, dict) else result

    def command(self, name, **parameters):
        return self.send(f"WebDriver:{name}", parameters)

    def in_chrome(self, script):
        """Runs a script in the browser's own window."""
        self.send("Marionette:SetContext", {"value": "chrome"})
        try:
            self.command("ExecuteScript", script=script, args=[])
        finally:
            self.send("Marionette:SetContext", {"value": "content"})

    def stop(self):
        if hasattr(self, "connection"):
            self.answers.close()
            self.connection.close()
        super().stop()


class WebKit(Browser):
    program, package = "WebKitWebDriver", "webkit2gtk-driver"

    def start(self):
        if shutil.which("Xvfb") is None:
            raise unittest.SkipTest("needs Xvfb (Debian: xvfb)")
        # A window manager permits windows as small as a phone's.
        style = self.directory / "config/gtk-3.0/gtk.css"
        style.parent.mkdir(parents=True)
        style.write_text("* { padding: 0; margin: 0; min-width: 0; font-size: 4px; }\n")
        self.port = harness.free_port()
        self.session = f"http://127.0.0.1:{self.port}"
        self.spawn([self.program, f"--port={self.port}"], DISPLAY=self.display())
        harness.wait_until(self.connect, "WebKitWebDriver to listen")
        started = self.request("POST", "session", {"capabilities": self.capabilities()})
        self.session += f"/session/{started['sessionId']}"

    def display(self):
        """Starts a display and returns its name."""
        ends = os.pipe()
        number = str(ends[1])
        screen = ["-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
        with os.fdopen(ends[0]) as reader:
            self.processes.append(
                harness.Process(
                    ["Xvfb", "-displayfd", number, *screen], self.log, pass_fds=ends[1:]
                )
            )
            os.close(ends[1])
            return ":" + reader.readline().strip()

    @staticmethod
    def capabilities():
        browser = sorted(glob.glob("/usr/lib/*/webkit2gtk-4.*/MiniBrowser"))[-1]
        arguments = ["--automation", "--javascript-can-open-windows-automatically=true"]
        options = {"binary": browser, "args": arguments}
        return {"alwaysMatch": {"webkitgtk:browserOptions": options}}

    def connect(self):
        try:
            return self.request("GET", "status")
        except OSError:
            return None

    def request(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.session}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(f"{path}: {error.read().decode()}") from None

    def command(self, name, **parameters):
        method, path = PATHS[name]
        body = parameters if method == "POST" else None
        return self.request(method, path.format(**parameters), body)

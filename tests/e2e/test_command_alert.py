"""`tallyman alert`: real pushes cause notices to a real SMTP server through a real
sendmail program, to a webhook receiver through curl, and to a command."""

import email.policy
import json
import re
import shutil
import signal
import socket
import subprocess
import time

import tap
from command_case import PLAIN, TALLYMAN, CommandCase
from guides import code_blocks, section, see
from harness import PATIENCE, ROOT, free_port, wait_until
from receiver import SECRET, Receiver
from responder_case import allowlist

HOST = socket.gethostname()
DAY = 86400
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"

QUEUE = {"name": "queue_depth", "help": "jobs waiting", "type": "gauge",
         "gauge": "last", "labels": [{"name": "queue", "maxValues": 10}]}


class Mailbox:
    """An SMTP server of Debian's python3 with a Maildir, and msmtp's configuration for it."""

    def __init__(self, test):
        port = free_port()
        self.directory = test.dir / "mails"
        self.server = subprocess.Popen(
            ["/usr/bin/python3", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}",
             "-c", "aiosmtpd.handlers.Mailbox", self.directory])
        test.addCleanup(self.stop)
        wait_until(lambda: self.listens(port), "the SMTP server")
        config = test.dir / ".msmtprc"
        config.write_text(f"account default\nhost 127.0.0.1\nport {port}\n"
                          "from tallyman@example.org\nauth off\ntls off\n")
        config.chmod(0o600)

    def listens(self, port):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def stop(self):
        self.server.terminate()
        self.server.wait()

    @property
    def mails(self):
        """Returns the mails in order."""
        paths = sorted((self.directory / "new").iterdir(),
                       key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in paths]


class AlertCase(CommandCase):
    def setUp(self):
        super().setUp()
        for path in self.dir.glob("metrics.d/*"):
            path.unlink()
        (self.dir / "metrics.d/all.json").write_text(allowlist(QUEUE))
        self.env = {**PLAIN, "HOME": str(self.dir)}
        self.script = self.dir / "page"
        self.paged = self.dir / "paged.json"

    def alerts(self, *notify, rules=None, **settings):
        path = self.dir / "alerts.json"
        path.write_text(json.dumps({
            "notify": list(notify),
            "alerts": [self.rule()] if rules is None else rules, **settings}))
        path.chmod(0o600)

    def rule(self, name="LongQueue", above=5, **more):
        return {"name": name, "value": "queue_depth", "above": above,
                "severity": "critical", "text": "Are the workers running?", **more}

    def command(self, text="cat >>paged.json; echo >>paged.json"):
        self.script.write_text(f"#!/bin/sh\ncd {self.dir}\n{text}\n")
        self.script.chmod(0o755)
        return {"command": [str(self.script), "now"]}

    def depth(self, value, queue="mail"):
        self.push(f"# TYPE queue_depth gauge\nqueue_depth{{queue=\"{queue}\"}}"
                  f" {value}\n")
        # In the first second of a gauge's step, the history has no value for that
        # second.
        wait_until(lambda: int(time.time()) % 300, "the next second")

    def alert(self, *options, status=0):
        """Returns standard output and error."""
        done = self.run_command("alert", *options, env=self.env)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def start(self):
        """Starts a run in the background."""
        process = subprocess.Popen(
            [TALLYMAN, "alert", "-c", self.config], env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def notices(self):
        return self.rows("SELECT tries, error FROM alert_notice ORDER BY id")


class Delivery(AlertCase):
    def test_starts_and_ends_once(self):
        mailbox, receiver = Mailbox(self), Receiver(self)
        self.alerts(
            {"mail": ["me@example.org", "you@example.org"],
             "from": "alerts@example.org"},
            {"webhook": receiver.url}, self.command(),
            {"webhook": receiver.host + "/slack", "format": "slack"},
            {"webhook": receiver.host + "/info", "severities": ["info"]},
            dashboard="https://shop.example/tallyman/",
            rules=[self.rule(), self.rule("Each", by=["queue"],
                                          severity="warning")])
        self.depth(2)
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual((mailbox.mails, receiver.requests), ([], []))

        self.depth(9)
        self.depth(9, "a<b> é\\n.")
        for _ in range(2):
            self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(mailbox.mails), 1)
        mail = mailbox.mails[0]
        self.assertEqual((mail["X-MailFrom"], mail["X-RcptTo"]),
                         ("alerts@example.org", "me@example.org, you@example.org"))
        self.assertEqual(mail["From"], "alerts@example.org")
        self.assertEqual(mail["To"], "me@example.org, you@example.org")
        self.assertEqual(mail["Subject"], f"FIRING: 3 alerts (LongQueue, Each), {HOST}")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertRegex(mail["Message-ID"], r"^<tallyman-alert\.[0-9a-f]{16}\.\d+\.\d+@")
        self.assertRegex(mail["Date"], r"^\w{3}, \d\d? \w{3} \d{4} [\d:]{8} \+0000$")
        since = r"since \d{4}-\d\d-\d\d \d\d:\d\d UTC"
        text = re.sub(since, "since THEN", mail.get_content())
        self.assertEqual(text, (
            "FIRING: LongQueue (critical)\n"
            "  Are the workers running?\n"
            "  value of queue_depth: 18 (> 5)\n"
            "  since THEN\n"
            "\n"
            "FIRING: Each (warning)\n"
            "  Are the workers running?\n"
            "  value of queue_depth: 9 (> 5)\n"
            "  queue = a<b> é\\n.\n"
            "  since THEN\n"
            "\n"
            "FIRING: Each (warning)\n"
            "  Are the workers running?\n"
            "  value of queue_depth: 9 (> 5)\n"
            "  queue = mail\n"
            "  since THEN\n"
            "\n"
            f"Host: {HOST}\n"
            "Dashboard: https://shop.example/tallyman/\n"
            "Current state of all rules: tallyman alert --status -c"
            f" {self.config.resolve()}\n"))

        (path, kind, body), (slack_path, _, slack) = receiver.requests
        self.assertEqual((path, kind, slack_path),
                         (SECRET, "application/json", "/slack"))
        self.assertEqual(json.loads(self.paged.read_text()), body)
        first = body["alerts"][0]
        self.assertRegex(first.pop("startsAt"), f"^{TIME}$")
        self.assertRegex(first.pop("fingerprint"), "^[0-9a-f]{16}$")
        self.assertTrue(first.pop("query"))
        self.assertEqual(first, {
            "status": "firing",
            "labels": {"alertname": "LongQueue", "severity": "critical",
                       "instance": HOST},
            "annotations": {"summary": "value of queue_depth: 18 (> 5)",
                            "description": "Are the workers running?"},
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://shop.example/tallyman/",
            "value": 18, "unit": "", "condition": "> 5", "reason": None})
        self.assertEqual(body["alerts"][1]["labels"], {
            "alertname": "Each", "severity": "warning", "instance": HOST,
            "queue": "a<b> é\n."})
        self.assertEqual((body["version"], body["status"], body["commonLabels"]),
                         ("4", "firing", {"instance": HOST}))
        self.assertEqual([one["color"] for one in slack["attachments"]],
                         ["danger", "warning", "warning"])
        self.assertIn("\nqueue = a&lt;b&gt; é\\n.\n", slack["attachments"][1]["text"])

        self.depth(0)
        self.depth(0, "a<b> é\\n.")
        for _ in range(2):
            self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(mailbox.mails), 2)
        mail = mailbox.mails[1]
        self.assertEqual(mail["Subject"], f"RESOLVED: 3 alerts (LongQueue, Each), {HOST}")
        self.assertRegex(mail.get_content(), (
            r"^RESOLVED: LongQueue \(critical\)\n"
            r"  Are the workers running\?\n"
            r"  value of queue_depth: 0 \(> 5\)\n"
            r"  from [\d-]{10} \d\d:\d\d UTC to [\d-]{10} \d\d:\d\d UTC:"
            r" the condition is no longer true\n\n"))
        _, body, slack = receiver.bodies()[1:]
        self.assertEqual(body["status"], "resolved")
        self.assertEqual(body["alerts"][0]["reason"],
                         "the condition is no longer true")
        self.assertEqual({one["status"] for one in body["alerts"]}, {"resolved"})
        self.assertEqual({one["color"] for one in slack["attachments"]}, {"good"})
        self.assertEqual(len(self.paged.read_text().splitlines()), 2)
        self.assertEqual(self.notices(), [])

    def test_webhook_that_answers_500(self):
        """A refused notice is delivered later, in order; other channels do not wait for it."""
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url}, self.command())
        receiver.status, receiver.answer = 500, b"out of order\n"
        told = (f"tallyman alert: webhook {receiver.host}: not delivered: it answered"
                " 500: out of order\n")
        self.depth(9)
        self.assertEqual(self.alert(status=1), ("", told))
        self.depth(0)
        self.assertEqual(self.alert(status=1), ("", told))
        self.assertEqual(receiver.states(), [["firing"], ["firing"]])
        self.assertEqual(len(self.paged.read_text().splitlines()), 2)
        self.assertEqual(
            self.alert("--status")[0].splitlines()[-1],
            f"webhook {receiver.host}: 2 notifications are not delivered yet:"
            " it answered 500: out of order")
        receiver.status = 200
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(receiver.states()[2:], [["firing"], ["resolved"]])
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(receiver.requests), 4)

    def test_many_alerts(self):
        """A message of several hundred kilobytes, more than curl reads in one line."""
        receiver = Receiver(self)
        (self.dir / "metrics.d/all.json").write_text(allowlist(
            {**QUEUE, "labels": [{"name": "queue", "maxValues": 1000}]}))
        self.alerts({"webhook": receiver.url},
                    {"webhook": receiver.host + "/slack", "format": "slack"},
                    rules=[self.rule(by=["queue"], text="t" * 1000)])
        queues = [f"queue {number} \N{SNOWMAN}" for number in range(1000)]
        self.push("# TYPE queue_depth gauge\n" + "".join(
            f'queue_depth{{queue="{queue}"}} 9\n' for queue in queues))
        wait_until(lambda: int(time.time()) % 300, "the next second")
        self.assertEqual(self.alert(), ("", ""))
        full, slack = receiver.bodies()
        self.assertGreater(len(json.dumps(full)), 1000000)
        self.assertEqual(sorted(one["labels"]["queue"] for one in full["alerts"]),
                         sorted(queues))
        self.assertIn("980", json.dumps(slack))

    def test_answers_of_a_server_that_accepts(self):
        """The status counts, not the body: else the notice would be repeated."""
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url})
        accepted = (f"webhook {receiver.host}: accepted\n", "")
        for status, answer in (
            (200, b""), (204, b""), (299, b"500"), (200, b"\n500\n"), (200, b"\0"),
            (200, "{}".encode("utf-16")), (200, b"a\0\n500"), (200, b"x" * 5000000),
            (200, b"\0" * 5000000), (200, b"curl: (6) no\n"), (202, b"\xff\xfe\r\n\r\n"),
        ):
            receiver.status, receiver.answer = status, answer
            with self.subTest(answer[:20]):
                self.assertEqual(self.alert("--test"), accepted)

    def test_other_answers(self):
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url})
        receiver.headers = {"Location": receiver.host + "/elsewhere"}
        for status, answer, told in (
            (302, b"", "it answered 302, a redirection, which is not followed: use"
             " the final URL"),
            (404, b"no " + SECRET.encode(), "it answered 404"),
            (403, b"invalid_token", "it answered 403: invalid_token"),
            (403, b"a\x1b[2Jb\n\n", "it answered 403: a?[2Jb"),
            (502, b"<html>\n<b>no</b>\n", "it answered 502"),
            (503, b"x" * 100000, "it answered 503"),
            (503, b"a\0b", "it answered 503: a?b"),
        ):
            receiver.status, receiver.answer = status, answer
            self.assertEqual(
                self.alert("--test", status=1),
                ("", f"tallyman alert: webhook {receiver.host}: not delivered:"
                 f" {told}\n"))
        self.assertEqual({path for path, _, _ in receiver.requests}, {SECRET})

    def test_no_sendmail_program(self):
        mailbox = Mailbox(self)
        channel = {"mail": ["me@example.org"]}
        self.alerts(channel, sendmail="/nowhere/sendmail")
        self.depth(9)
        told = ("tallyman alert: mail to me@example.org: not delivered:"
                " /nowhere/sendmail cannot be started: No such file or directory\n")
        for tries in (1, 2):
            self.assertEqual(self.alert(status=1), ("", told))
            self.assertEqual([row[0] for row in self.notices()], [tries])
        self.alerts(channel)
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(mailbox.mails), 1)
        self.assertEqual(self.notices(), [])

    def test_two_databases_on_one_host(self):
        """Mailboxes drop a second mail with the Message-ID of another one."""
        mail, told = {"mail": ["me@example.org"]}, self.dir / "told"
        self.alerts(mail, sendmail="/bin/false")
        self.depth(9)
        self.alert(status=1)
        program = self.command("grep ^Message-ID >>told")["command"][0]
        self.alerts(mail, sendmail=program)
        other = shutil.copytree(self.dir, self.dir / "other")
        for config in self.config, other / "tallyman.json":
            self.config = config
            self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(set(told.read_text().splitlines())), 2)

    def test_mail_server_away(self):
        mailbox = Mailbox(self)
        mailbox.stop()
        self.alerts({"mail": ["me@example.org"]})
        self.depth(9)
        told = self.alert(status=1)[1]
        self.assertRegex(told, "^tallyman alert: mail to me@example.org: not delivered:"
                         " /usr/sbin/sendmail exited with 7[0-9]: ")

    def test_one_notice_that_is_refused_for_good(self):
        """After an hour it no longer holds up the later ones."""
        self.refuse_one("made_at - 3660")

    def test_one_notice_from_a_clock_that_was_set_back(self):
        """It does not hold up the later ones until that time comes again."""
        self.refuse_one("made_at + 86400 * 365")

    def refuse_one(self, made_at):
        """A notice is refused for good; its time becomes made_at, SQL."""
        rules = [self.rule(name, labels={"queue": name}) for name in ("one", "two")]
        self.alerts(self.command("cat >last; ! grep -q one last && cat last >>paged.json"),
                    rules=rules)
        told = f"tallyman alert: command {self.script}: not delivered: "
        self.depth(9, "one")
        self.assertIn(told, self.alert(status=1)[1])
        self.depth(9, "two")
        self.assertIn(told, self.alert(status=1)[1])
        self.assertFalse(self.paged.exists())
        self.assertEqual([tries for tries, _ in self.notices()], [2, 0])
        self.write(f"UPDATE alert_notice SET made_at = {made_at} WHERE id = 1")
        self.assertIn(told, self.alert(status=1)[1])
        self.assertEqual(json.loads(self.paged.read_text())["alerts"][0]["labels"]["alertname"],
                         "two")
        self.assertEqual([tries for tries, _ in self.notices()], [3])

    def test_channel_that_is_down(self):
        """Its notices are not all tried in each run."""
        self.alerts(self.command("echo >>tries; exit 1"))
        for depth in (9, 0, 9, 0, 9):
            self.depth(depth)
            self.alert(status=1)
        tries = self.dir / "tries"
        self.assertEqual(len(tries.read_text()), 5)
        self.write("UPDATE alert_notice SET made_at = made_at - 3660, tries = tries + 1")
        self.alert(status=1)
        self.assertEqual(len(tries.read_text()), 5 + 3)

    def test_dropped_after_three_days(self):
        receiver = Receiver(self)
        receiver.status = 500
        self.alerts({"webhook": receiver.url})
        self.depth(9)
        self.alert(status=1)
        self.depth(0)
        self.alert(status=1)
        self.write("UPDATE alert_notice SET made_at = made_at - ? WHERE id = 1",
                   3 * DAY + 60)
        failed = f"tallyman alert: webhook {receiver.host}: not delivered: it answered 500: ok"
        self.assertEqual(self.alert(status=1)[1].splitlines(), [
            failed,
            f"tallyman alert: webhook {receiver.host}: notification dropped,"
            f" not delivered within 3 days: FIRING: LongQueue, {HOST}",
            failed])
        self.assertEqual(len(self.notices()), 1)
        receiver.status = 200
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(receiver.states()[4:], [["resolved"]])

    def test_untried_notice_of_a_week_ago(self):
        """A machine that was off for a week still notifies."""
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url})
        receiver.silent.clear()
        self.depth(9)
        process = self.start()
        wait_until(lambda: receiver.requests, "a request")
        process.kill()
        process.wait()
        receiver.silent.set()
        self.write("UPDATE alert_notice SET made_at = made_at - ?", 7 * DAY)
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(receiver.states(), [["firing"]] * 2)

    def test_removed_channel(self):
        receiver = Receiver(self)
        receiver.status = 500
        self.alerts({"webhook": receiver.url})
        self.depth(9)
        self.alert(status=1)
        self.alerts(self.command())
        told = self.alert(status=1)[1]
        self.assertRegex(told, (
            f"^tallyman alert: webhook {receiver.host} #[0-9a-f]+: notification"
            " dropped, the alerts file no longer has this channel:"
            f" FIRING: LongQueue, {HOST}\n$"))
        self.assertNotIn("SECRET", told)
        self.assertEqual(self.alert(), ("", ""))


class Killed(AlertCase):
    """Killed between the decision, which is in the database, and the delivery."""

    def test_while_a_webhook_is_silent(self):
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url}, self.command())
        receiver.silent.clear()
        self.depth(9)
        process = self.start()
        wait_until(lambda: receiver.requests, "a request")
        self.assertNoSecret()
        # A second run leaves all notices to the first one.
        self.assertEqual(self.alert(), (
            "", "tallyman alert: another run is still active; this one does"
            " nothing\n"))
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual([tries for tries, _ in self.notices()], [0, 0])
        receiver.silent.set()
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(receiver.states(), [["firing"]] * 2)
        self.assertEqual(len(self.paged.read_text().splitlines()), 1)
        self.assertEqual(self.notices(), [])

    def assertNoSecret(self):
        """The running curl has no secret in its command line."""
        lines = subprocess.run(["ps", "-eo", "args"], capture_output=True,
                               text=True).stdout
        self.assertIn("curl -q -K -\n", lines)
        self.assertNotIn(SECRET, lines)

    def test_killed_by_its_own_command(self):
        """The message in progress is delivered twice, all others once."""
        mailbox = Mailbox(self)
        channel = self.command("cat >>paged.json; echo >>paged.json\n"
                               "[ -e killed ] || { touch killed; kill -9 $PPID; }")
        self.alerts({"mail": ["me@example.org"]}, channel)
        self.depth(9)
        process = self.start()
        self.assertEqual(process.wait(PATIENCE), -signal.SIGKILL)
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(self.alert(), ("", ""))
        self.assertEqual(len(mailbox.mails), 1)
        first, second = self.paged.read_text().splitlines()
        self.assertEqual(first, second)


class Trial(AlertCase):
    def test_each_channel(self):
        mailbox, receiver = Mailbox(self), Receiver(self)
        self.alerts(
            {"mail": ["me@example.org"]}, {"webhook": receiver.url},
            self.command("echo broken >&2; exit 3"),
            {"webhook": receiver.host + "/2", "format": "slack",
             "severities": ["info", "critical"]})
        self.assertEqual(self.alert("--test", status=1), (
            "mail to me@example.org: accepted\n"
            f"webhook {receiver.host}: accepted\n"
            f"webhook {receiver.host}: accepted\n",
            f"tallyman alert: command {self.script}: not delivered: {self.script}"
            " exited with 3: broken\n"))
        self.assertEqual(mailbox.mails[0]["Subject"], f"FIRING: TallymanTest, {HOST}")
        self.assertIn("nothing is wrong", mailbox.mails[0].get_content())
        plain, slack = receiver.bodies()
        self.assertEqual(plain["alerts"][0]["labels"], {
            "alertname": "TallymanTest", "severity": "warning", "instance": HOST})
        self.assertEqual(slack["attachments"][0]["title"], "FIRING: TallymanTest (info)")
        self.assertFalse(self.database.exists())
        self.alerts({"mail": ["me@example.org"]})
        self.assertEqual(self.alert("--test"), ("mail to me@example.org: accepted\n", ""))

    def test_no_channel(self):
        self.alerts()
        self.assertEqual(self.alert("--test", status=1), (
            "", f"tallyman alert: `notify` of {self.dir}/alerts.json lists no"
            f" channel{see('ALERTS')}\n"))

    def test_no_curl(self):
        receiver = Receiver(self)
        self.alerts({"webhook": receiver.url})
        self.env["PATH"] = "/nowhere"
        self.assertEqual(self.alert("--test", status=1), (
            "", f"tallyman alert: webhook {receiver.host}: not delivered: webhooks need"
            " the program curl, which is not in PATH or cannot be started: install it"
            f"{see('ALERTS')}\n"))


class FromCron(AlertCase):
    """The lines of apache/crontab, with the environment that cron gives."""

    def cron(self, line, status):
        done = subprocess.run(
            ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE,
            env={"HOME": str(self.dir), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh",
                 "LOGNAME": "tallyman"})
        self.assertEqual(done.returncode, status, done)
        return done.stdout + done.stderr

    def line(self, pattern):
        text = (ROOT / "apache/crontab").read_text()
        return re.search(pattern, text, re.M)[1]

    def check(self, line):
        mailbox, receiver = Mailbox(self), Receiver(self)
        self.alerts({"mail": ["me@example.org"]}, {"webhook": receiver.url})
        self.depth(9)
        self.assertEqual(self.cron(line, 0), "")
        self.assertEqual(len(mailbox.mails), 1)
        self.assertEqual(receiver.states(), [["firing"]])
        receiver.status = 500
        self.depth(0)
        self.assertIn("it answered 500", self.cron(line, 1))

    def test_server(self):
        line = self.line(r"^\*/5 \* \* \* \* (.*alert.*)$")
        self.assertEqual(
            line, "/usr/local/bin/tallyman alert -c /etc/tallyman/tallyman.json")
        self.check(line.replace("/usr/local/bin/tallyman", str(TALLYMAN))
                   .replace("/etc/tallyman", str(self.dir)))

    def test_shared_host(self):
        """The static command finds curl and the sendmail program, too."""
        shutil.copy(ROOT / "build/tallyman-static", self.dir / "tallyman")
        self.check(self.line(r"^# +(TALLYMAN_CONFIG=.* alert)$")
                   .replace("/home/you/tallyman/", f"{self.dir}/"))


class Status(AlertCase):
    def test_status(self):
        """--status prints and changes nothing; the start times are in the database."""
        rules = [
            self.rule("Calm", above=100), self.rule(),
            self.rule("Each", by=["queue"]),
            self.rule("Late", **{"for": "30m", "severity": "warning"})]
        self.alerts(self.command("exit 1"), rules=rules)
        self.depth(9)
        before = self.rows("SELECT (SELECT count(*) FROM alert_rule),"
                           " (SELECT count(*) FROM alert_notice)")
        self.alert("--status")
        self.assertEqual(before, [(0, 0)])
        self.alert(status=1)
        self.write("UPDATE alert SET since = 1774656000 WHERE rule = 'Each'")
        table, told = self.alert("--status")
        self.assertEqual(told, "")
        now = r"\d{4}-\d\d-\d\d \d\d:\d\d"
        self.assertRegex(table, (
            "^rule       state      labels            value  unit  condition  since [(]UTC[)] *\n"
            "Calm       ok                               9        > 100 *\n"
            f"LongQueue  firing                           9        > 5        {now}\n"
            "Each       firing     {\"queue\":\"mail\"}      9        > 5        2026-03-28 00:00\n"
            "Late       too early                                 > 5 *\n"
            "Late: the history begins .*\n"
            f"command {self.script}: 1 notification is not delivered yet:"
            f" {self.script} exited with 1\n$"))
        rows = json.loads(self.alert("--status", "--json")[0])
        self.assertRegex(rows[3].pop("error"), "^the history begins ")
        self.assertRegex(rows[1].pop("since"), f"^{now}$")
        same = {"severity": "critical", "measured": "value of queue_depth", "unit": "",
                "condition": "> 5", "labels": {}, "since": None, "error": None}
        self.assertEqual(rows, [
            {**same, "rule": "Calm", "state": "ok", "value": 9, "condition": "> 100"},
            {**{k: v for k, v in same.items() if k != "since"},
             "rule": "LongQueue", "state": "firing", "value": 9},
            {**same, "rule": "Each", "state": "firing", "value": 9,
             "labels": {"queue": "mail"}, "since": "2026-03-28 00:00"},
            {**{k: v for k, v in same.items() if k != "error"}, "rule": "Late",
             "severity": "warning", "state": "too early", "value": None}])
        self.assertEqual(len(self.notices()), 1)
        self.assertEqual(self.notices()[0][0], 1)

    def test_longer_time_while_firing(self):
        """The alert fires until its condition is false, in the status as in the database."""
        self.alerts(rules=[self.rule()])
        self.depth(9)
        self.alert()
        self.write("UPDATE meta SET value = ? WHERE key GLOB 'history_*since'",
                   int(time.time()) - DAY)
        for change in {}, {"for": "30m"}:
            self.alerts(rules=[self.rule(**change), self.rule("New", **{"for": "30m"})])
            for _ in range(2):
                rows = json.loads(self.alert("--status", "--json")[0])
                self.assertEqual([row["state"] for row in rows], ["firing", "pending"])
                self.alert()
        self.assertEqual(self.rows("SELECT rule, firing FROM alert ORDER BY rule"),
                         [("LongQueue", 1), ("New", 0)])

    def test_status_without_rules(self):
        self.alerts(rules=[])
        self.depth(2)
        self.assertEqual(self.alert("--status"), ("there are no rules\n", ""))

    def test_bad_arguments(self):
        for options, told in (
            (("--status", "--test"), "--status and --test cannot be combined"),
            (("--json",), "--json needs --status"),
            (("x",), "unexpected argument x"),
        ):
            self.assertEqual(self.alert(*options, status=2), (
                "", f"tallyman alert: {told}\nSee tallyman alert --help.\n"))

    def test_no_database(self):
        self.alerts()
        for options in ((), ("--status",)):
            self.assertEqual(self.alert(*options, status=1), (
                "", f"tallyman alert: database {self.database} does not exist yet:"
                " the first responder creates it\n"))

    def test_no_file(self):
        self.depth(1)
        self.assertEqual(self.alert(status=1), (
            "", f"tallyman alert: {self.dir}/alerts.json does not exist: it lists the rules"
            f" and the channels to notify{see('ALERTS')}\n"))

    def test_example(self):
        """The example of the guide is valid."""
        shutil.copy(ROOT / "fcgi/metrics.d/web.json", self.dir / "metrics.d")
        self.depth(1)
        text = code_blocks(section("src/cli/README.md", "Alerts"), "json")[0]
        (self.dir / "alerts.json").write_text(text)
        rows = json.loads(self.alert("--status", "--json")[0])
        self.assertEqual([(row["rule"], row["state"]) for row in rows],
                         [("SlowPages", "too early"), ("Errors", "too early")])

    def test_bad_file(self):
        self.alerts(rules=[self.rule(above="x")])
        told = self.alert(status=1)[1]
        self.assertRegex(told, rf"^tallyman alert: the alerts file is bad{see('ALERTS')}\n"
                         rf"{self.dir}/alerts.json:1:\d+: alerts\[0\].above: is a string,")


if __name__ == "__main__":
    tap.main()

"""Tallyman behind Apache: a virtual host with mod_fcgid, a shared host with
.htaccess, and mod_proxy_fcgi."""

import checks
import harness
import push_checks
import tap
import view_checks
import webservers


class Fcgid(checks.Checks, view_checks.ViewChecks, checks.ServerCase):
    server_class = webservers.ApacheFcgid
    over_server_limit = (413, 500)  # the statuses of mod_fcgid


class FcgidAtTheRoot(checks.MountChecks, checks.ServerCase):
    server_class = webservers.ApacheFcgid
    mount = ""


class FcgidTokens(push_checks.TokenChecks, checks.ServerCase):
    server_class = webservers.ApacheFcgid


class FcgidOwnAuthentication(
    push_checks.OwnAuthenticationChecks,
    view_checks.PasswordChecks,
    checks.ServerCase,
):
    server_class = webservers.ApacheFcgid


class Htaccess(checks.Checks, view_checks.ViewChecks, checks.ServerCase):
    server_class = webservers.ApacheHtaccess
    config = {"mount": "/tallyman"}  # otherwise Apache passes a rewritten path
    server_limit = 131072
    trusted_limit = 131072
    over_server_limit = (413, 500)


class HtaccessDeeper(checks.MountChecks, checks.ServerCase):
    server_class = webservers.ApacheHtaccess
    mount = "/a/b.c"


# Otherwise Apache passes the decoded path.
MOUNT = {"mount": "/tallyman"}


class HtaccessTokens(push_checks.TokenChecks, checks.ServerCase):
    server_class = webservers.ApacheHtaccess
    config = {**push_checks.TokenChecks.config, **MOUNT}
    large = 131072


class HtaccessOwnAuthentication(
    push_checks.OwnAuthenticationChecks,
    view_checks.PasswordChecks,
    checks.ServerCase,
):
    server_class = webservers.ApacheHtaccess
    config = {**push_checks.OwnAuthenticationChecks.config, **MOUNT}


class Proxy(
    checks.Checks, view_checks.ViewChecks, checks.NoResponderChecks, checks.ServerCase
):
    server_class = webservers.ApacheProxy
    responders_wanted = 2
    server_limit = checks.BODY_BYTES
    no_responder = 503


class ProxyTokens(push_checks.TokenChecks, checks.ServerCase):
    server_class = webservers.ApacheProxy
    responders_wanted = 2


class ProxyOwnAuthentication(
    push_checks.OwnAuthenticationChecks,
    view_checks.PasswordChecks,
    checks.ServerCase,
):
    server_class = webservers.ApacheProxy
    responders_wanted = 2


class ProxyAtTheRoot(checks.MountChecks, checks.ServerCase):
    server_class = webservers.ApacheProxy
    responders_wanted = 1
    mount = ""

    def test_oversized_push_delays_no_other(self):
        # mod_proxy_fcgi may keep the connection open after the responder has
        # refused to read on. The only responder must not wait for its end.
        for _ in range(5):
            reply = self.request("POST", "/nowhere", b" " * 400000)
            self.assertStatus(reply, 404)
            start = harness.awake()
            self.assertAccepted(self.push([]))
            self.assertLess(harness.awake() - start, 1)


if __name__ == "__main__":
    tap.main()

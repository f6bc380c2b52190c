"""Tallyman behind lighttpd, with lighttpd/tallyman.conf."""

import checks
import push_checks
import tap
import view_checks
import webservers


class Lighttpd(checks.Checks, view_checks.ViewChecks, checks.ServerCase):
    server_class = webservers.Lighttpd
    over_server_limit_cors = False  # lighttpd adds no headers to this one error


class LighttpdDeeper(checks.MountChecks, checks.ServerCase):
    server_class = webservers.Lighttpd
    mount = "/a/b.c"


class LighttpdTokens(push_checks.TokenChecks, checks.ServerCase):
    server_class = webservers.Lighttpd


class LighttpdOwnAuthentication(
    push_checks.OwnAuthenticationChecks,
    view_checks.PasswordChecks,
    checks.ServerCase,
):
    server_class = webservers.Lighttpd


if __name__ == "__main__":
    tap.main()

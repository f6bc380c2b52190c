"""Tallyman behind lighttpd, with lighttpd/tallyman.conf."""

import checks
import push_checks
import tap
import webservers


class Lighttpd(checks.Checks, checks.ServerCase):
    server_class = webservers.Lighttpd
    over_server_limit_cors = False  # it has none for this one error


class LighttpdDeeper(checks.MountChecks, checks.ServerCase):
    server_class = webservers.Lighttpd
    mount = "/a/b.c"


class LighttpdTokens(push_checks.TokenChecks, checks.ServerCase):
    server_class = webservers.Lighttpd


class LighttpdOwnAuthentication(
    push_checks.OwnAuthenticationChecks, checks.ServerCase
):
    server_class = webservers.Lighttpd


if __name__ == "__main__":
    tap.main()

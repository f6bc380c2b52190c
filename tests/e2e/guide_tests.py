"""The program that runs the commands of each section of the guides, which
names the section. tests/e2e/test_guides.py checks that none is missing."""

TESTED = {
    **dict.fromkeys([
        ("CONTRIBUTING.md", "Try a change"),
        ("CONTRIBUTING.md", "Install from source"),
        ("fcgi/README.md", "Spans of OpenTelemetry"),
        ("static/README.md", "The demo on your server"),
    ], "tests/e2e/test_install.py"),
    ("README.md", "Try it"): "tests/e2e/test_run.py",
    ("static/README.md", "Try it on your machine"): "tests/e2e/test_run.py",
    **dict.fromkeys([
        ("README.md", "Install"),
        ("apache/README.md", "Apache with mod_fcgid"),
        ("apache/README.md", "Apache with mod_proxy_fcgi"),
        ("lighttpd/README.md", "lighttpd"),
        ("nginx/README.md", "Without systemd"),
        ("nginx/README.md", "nginx"),
    ], "tests/package/package_case.py"),
    ("apache/README.md", "Shared hosting"): "tests/e2e/test_shared_hosting.py",
    **dict.fromkeys([
        ("fcgi/grafana.md", "Behind Grafana's login"),
        ("fcgi/grafana.md", "Privacy"),
        ("fcgi/grafana.md", "Tallyman as a data source"),
        ("fcgi/grafana.md", "The panel"),
        ("sql/README.md", "History"),
        ("sql/README.md", "Metrics by SQL"),
        ("sql/README.md", "Query the file"),
        ("sql/README.md", "Questions"),
        ("sql/README.md", "Tables"),
        ("src/cli/README.md", "Alerts"),
        ("src/cli/README.md", "Backups"),
        ("src/cli/README.md", "Configuration"),
        ("src/cli/README.md", "Doctor"),
        ("src/cli/README.md", "Import"),
        ("src/cli/README.md", "JSON API"),
        ("src/cli/README.md", "Merge"),
        ("src/cli/README.md", "Prune"),
        ("src/cli/README.md", "Scrape with Prometheus"),
        ("src/cli/README.md", "Totals"),
        ("src/cli/README.md", "Weekly report"),
        ("static/dashboard/README.md", "Open it to viewers"),
    ], "tests/e2e/test_operator_guides.py"),
    **dict.fromkeys([
        ("src/cli/README.md", "Monitoring set-up"),
        ("src/cli/README.md", "Several nodes"),
    ], "tests/e2e/test_monitoring.py"),
    **dict.fromkeys([
        ("fcgi/metrics.d/README.md", "Allow your metrics"),
        ("fcgi/metrics.d/README.md", "Samples are refused"),
        ("fcgi/README.md", "A cron job with curl"),
        ("fcgi/README.md", "Count once"),
        ("fcgi/README.md", "JSON"),
        ("fcgi/README.md", "Metrics of OpenTelemetry"),
        ("fcgi/README.md", "Tokens"),
        ("fcgi/README.md", "statsd"),
    ], "tests/e2e/test_push_guides.py"),
    **dict.fromkeys([
        ("fcgi/migration.md", "An aggregation gateway"),
        ("fcgi/migration.md", "Grafana's analytics panel"),
        ("fcgi/migration.md", "Check"),
        ("fcgi/migration.md", "Cut over"),
        ("fcgi/migration.md", "Prepare"),
        ("fcgi/migration.md", "The way back"),
        ("fcgi/migration.md", "peardeck's prometheus-user-metrics"),
        ("fcgi/migration.md", "statsd_exporter"),
    ], "tests/e2e/test_migration.py"),
}

# Sections whose commands no test types, and the check of the same files instead.
# A row above is better.
NOT_TYPED = {
    ("nginx/README.md", "Containers"):
        "podman run needs a registry and the cgroups of a machine of its own;"
        " tests/package/test_container.py builds with the same options, and compares the others",
    ("nginx/README.md", "Kubernetes"):
        "kubectl needs a cluster; tests/e2e/test_kubernetes.py checks the manifest",
}

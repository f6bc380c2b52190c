#include "cli/monitoring/alert_list.h"

#include "cli/monitoring/family_role.h"

#define JOB "{job=\"" MONITORING_JOB "\"}"

/* Events a second below which a share says nothing: about one a minute. */
#define ENOUGH "0.02"

const struct alert alert_list[] = {
    {.name = "ErrorRatioHigh",
     .severity = "warning",
     .team = TEAM_SERVICE,
     .wait = "10m",
     .expr = "family:error_ratio:rate5m > 0.05\n"
             "and family:events:rate30m > " ENOUGH,
     .summary = "{{ $labels.family }}: {{ $value | humanizePercentage }} "
                "errors",
     .description =
         "More than 5 % of {{ $labels.family }} in {{ $labels.environment }} "
         "have been errors for ten minutes.",
     .meaning = "Too many of the family's events carry a status that says "
                "error.",
     .look =
         "Break it down by its labels, BASE being the alert's label "
         "`family`: `topk(10, total:BASE:rate5m{status=~\"5..|5xx|error\"})` "
         "(of a histogram `total:BASE_count:rate5m`). Is it one route, one "
         "browser, since one release?",
     .remedy = "Take back the last release if it began with it; else go to "
               "the service that the route belongs to."},
    {.name = "LatencyHigh",
     .severity = "warning",
     .team = TEAM_SERVICE,
     .wait = "15m",
     .expr = "family:slow_ratio:rate5m > 1 - family:latency:objective\n"
             "and family:events:rate30m > " ENOUGH,
     .summary = "{{ $labels.family }}: {{ $value | humanizePercentage }} are "
                "slow",
     .description =
         "More of {{ $labels.family }} in {{ $labels.environment }} than the "
         "objective permits has been slower than the target for 15 minutes.",
     .meaning =
         "Users wait longer than the target, a bound of the histogram: "
         "`family:latency:target`. " SLO_LATENCY " of all are to be within it "
         "(so the p95 is above it), of web vitals " SLO_VITALS " (the p75): "
         "`family:latency:objective`.",
     .look = "How slow it is: `family:latency:p95`, and which label values "
             "are: `topk(10, total:NAME:p95)`. Has the number of events "
             "changed with it?",
     .remedy = "Look at what the slow pages or routes have in common: a "
               "release, a database, a region. If the target is not what users "
               "need, move the bound in the allowlist and write the set-up "
               "anew."},
    {.name = "UsageStopped",
     .severity = "warning",
     .team = TEAM_SERVICE,
     .wait = "10m",
     .expr = "family:events:rate30m == 0\n"
             "and family:events:rate1h offset 1h > " ENOUGH,
     .summary = "{{ $labels.family }} has stopped",
     .description = "There were events of {{ $labels.family }} in "
                    "{{ $labels.environment }} until about half an hour ago, "
                    "and none since.",
     .meaning = "A family that was in use gets no pushes any more, while the "
                "node still answers.",
     .look = "Do other families go on? If none does, pushes do not get "
             "through: look at `tallyman_pushes_rejected_total`, at the web "
             "server and at the origins. If it is this one only, look for a "
             "release that dropped or renamed it.",
     .remedy = "Bring the page's script or the program back; a renamed family "
               "has to be listed in the allowlist."},
    {.name = "UsagePatternChanged",
     .severity = "info",
     .team = TEAM_SERVICE,
     .wait = "30m",
     .expr = "(\n"
             "  family:events:rate6h < 0.5 * family:events:rate6h offset 1w\n"
             "  or family:events:rate6h > 2 * family:events:rate6h offset 1w\n"
             ")\n"
             "and family:events:rate6h offset 1w > " ENOUGH,
     .summary = "{{ $labels.family }} is used otherwise than a week ago",
     .description =
         "A usage pattern changed: over six hours {{ $labels.family }} in "
         "{{ $labels.environment }} has less than half or more than twice the "
         "events of the same hours last week.",
     .meaning = "Users do something more or less often than they did. That is "
                "no fault by itself: a holiday, a campaign or a new feature "
                "does it, too.",
     .look = "Compare by label, BASE being the alert's label `family`: "
             "`total:BASE:rate6h / total:BASE:rate6h offset 1w`. Is it all of "
             "it, or one feature, one page, one browser?",
     .remedy =
         "If nobody can say why, treat it as a fault that no error shows: "
         "try the feature yourself."},
    {.name = "ErrorBudgetBurn",
     .team = TEAM_SERVICE,
     .summary = "{{ $labels.family }} uses up its error budget",
     .description =
         "At the rate of the last LONG_WINDOW, errors of "
         "{{ $labels.family }} in {{ $labels.environment }} use up the budget "
         "of 30 days too early: {{ $value | humanizePercentage }} errors.",
     .meaning = "The objective is that " SLO_ERRORS " of all events are no "
                "errors, over 30 days. The budget is what may fail. "
                "Critical: it is gone within days; warning: within the month.",
     .look = "`family:error_budget:remaining30d` says how much is left, "
             "`family:error_ratio:rate5m` whether it still goes on; then as "
             "for [ErrorRatioHigh](ErrorRatioHigh.md).",
     .remedy = "Stop the loss first (take back, switch off, divert), then look "
               "for the cause. With the budget gone, do no risky releases "
               "until it has recovered.",
     .ratio = "error_ratio",
     .objective = SLO_ERRORS},
    {.name = "LatencyBudgetBurn",
     .team = TEAM_SERVICE,
     .summary = "{{ $labels.family }} uses up its latency budget",
     .description =
         "At the rate of the last LONG_WINDOW, slow events of "
         "{{ $labels.family }} in {{ $labels.environment }} use up the budget "
         "of 30 days too early: {{ $value | humanizePercentage }} were slow.",
     .meaning = "The objective is that " SLO_LATENCY " of all events, of web "
                "vitals " SLO_VITALS ", are within `family:latency:target`, "
                "over 30 days. A web vital cannot burn faster than four times "
                "its budget, so that only the two long windows tell of it.",
     .look = "`family:latency_budget:remaining30d` says how much is left; "
             "then as for [LatencyHigh](LatencyHigh.md).",
     .remedy = "As for [LatencyHigh](LatencyHigh.md). If the target is out of "
               "reach by design, it is the wrong target.",
     .ratio = "slow_ratio",
     .objective = "family:latency:objective"},
    {.name = "TallymanDown",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "2m",
     .expr = "sum by (environment) (up" JOB ") == 0\n"
             "or absent(up" JOB ")",
     .summary = "No Tallyman answers",
     .description = "Prometheus has not been able to scrape any node for two "
                    "minutes: pushes are probably lost.",
     .meaning = "All nodes are down, or Prometheus cannot reach them.",
     .look = "The targets page of Prometheus says why: no connection, 401 (the "
             "token), 403 (the web server lets other addresses scrape only), "
             "502 or 503 (no responder), or a timeout. On the node: `tallyman "
             "doctor`.",
     .remedy = "Start the responders and the web server; compare the token "
               "with that of the configuration. Totals are in the file and "
               "survive; clients try again only for a while."},
    {.name = "TallymanNodeDown",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "2m",
     .expr = "up" JOB " == 0",
     .summary = "The Tallyman on {{ $labels.instance }} does not answer",
     .description = "Prometheus has not been able to scrape "
                    "{{ $labels.instance }} for two minutes.",
     .meaning = "One node is down or out of reach. Its totals count for an "
                "hour more, its rates end.",
     .look = "As for [TallymanDown](TallymanDown.md).",
     .remedy = "Take the node out of the balancer, so that pushes go to the "
               "others, then repair it. Its file must come back with it; if "
               "the machine is lost, restore the backup of the file."},
    {.name = "TallymanSamplesRejected",
     .severity = "warning",
     .team = TEAM_SERVICE,
     .wait = "15m", /* longer than the window: one burst is no fault */
     .expr = "sum by (door, reason, environment) "
             "(increase(tallyman_samples_rejected_total" JOB "[10m])) > 0",
     .summary = "Samples are left out: {{ $labels.reason }}",
     .description = "{{ $value | humanize }} samples in ten minutes came in by "
                    "{{ $labels.door }} and were not counted: "
                    "{{ $labels.reason }}.",
     .meaning = "Somebody pushes what the allowlist does not permit, or more "
                "than a limit.",
     .look = "The reply to such a push says how many were left out and why, as "
             "in `OK: 1 of 3 samples rejected: unknown_family 1`; a browser's "
             "network inspector shows it. Is there a release since then, or is "
             "it somebody who tries things out?",
     .remedy = "List the family, label or value in the allowlist, or correct "
               "the client. `tallyman check` shows whether a change is right; "
               "it is in force within two seconds."},
    {.name = "TallymanPushesRejected",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "10m",
     .expr = "sum by (environment) "
             "(rate(tallyman_pushes_rejected_total" JOB "[10m]))\n"
             "> 0.05 * (\n"
             "  sum by (environment) "
             "(rate(tallyman_pushes_rejected_total" JOB "[10m]))\n"
             "  + sum by (environment) "
             "(rate(tallyman_pushes_total" JOB "[10m]))\n"
             ")",
     .summary = "Pushes are refused: {{ $value | humanize }} a second",
     .description = "More than 5 % of all pushes in {{ $labels.environment }} "
                    "have been refused for ten minutes.",
     .meaning = "Requests do not follow the protocol, or are not allowed to "
                "push.",
     .look = "`sum by (door, reason) "
             "(rate(tallyman_pushes_rejected_total[10m]))`: origin (a page "
             "from elsewhere), unauthorized (a token), too_large, malformed, "
             "unavailable.",
     .remedy = "Add the origin or the token to the configuration, or stop the "
               "client."},
    {.name = "TallymanUnavailable",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "5m",
     .expr = "sum by (instance, environment) "
             "(increase(tallyman_pushes_rejected_total{job=\"" MONITORING_JOB
             "\",reason=\"unavailable\"}[10m])) > 0",
     .summary = "{{ $labels.instance }} cannot store pushes",
     .description = "{{ $labels.instance }} has refused pushes as it could not "
                    "commit them.",
     .meaning = "The database could not be written: no space, no permission, "
                "a lock that somebody holds, or a log that has reached "
                "limits.wal_bytes as somebody reads without an end.",
     .look = "The log of the responders, and `tallyman doctor` on the node.",
     .remedy = "Make space; end the program that holds the lock or reads (a "
               "copy of the file made by hand, a database browser, a sqlite3 "
               "shell); correct owner and mode."},
    {.name = "TallymanSeriesNearLimit",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "30m",
     .expr = "sum by (instance, environment) (tallyman_series" JOB ") > "
             "0.8 * LIMIT_SERIES",
     .summary = "{{ $labels.instance }} has {{ $value }} series",
     .description = "More than 80 % of the permitted series (limits.series) "
                    "are in use. New series will be refused.",
     .meaning = "Labels with many values, or open families, have filled most "
                "of the room.",
     .look = "`topk(10, tallyman_series)`: which family is it, and is there a "
             "label in it that has no bound, such as an id?",
     .remedy = "Lower maxValues of that label, `tallyman prune` what is idle, "
               "or raise limits.series if the machine can bear it."},
    {.name = "TallymanFamiliesNearLimit",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "30m",
     .expr = "count by (instance, environment) (tallyman_series" JOB ") > "
             "0.8 * LIMIT_FAMILIES",
     .summary = "{{ $labels.instance }} has {{ $value }} families",
     .description = "More than 80 % of the permitted families "
                    "(limits.families) are in use.",
     .meaning = "Programs push ever more families; beyond the limit they are "
                "refused.",
     .look = "`tallyman_series` lists them. Are there names with an id or a "
             "date in them?",
     .remedy = "Correct the program, name the pattern in drop_families, and "
               "DELETE or `tallyman prune` the rest."},
    {.name = "TallymanReloadFailed",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "5m",
     .expr = "tallyman_config_last_reload_successful" JOB " == 0",
     .summary = "{{ $labels.instance }} goes on with its old configuration",
     .description = "The configuration or an allowlist file of "
                    "{{ $labels.instance }} is bad; what was in force before "
                    "still is.",
     .meaning = "A changed file has an error. Nothing is lost as yet, but a "
                "responder that starts now ends at once.",
     .look = "`tallyman check` on the node prints every error with its place.",
     .remedy = "Correct the files; they are read again within two seconds."},
    {.name = "TallymanWalGrowing",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "30m",
     .expr = "tallyman_wal_bytes" JOB " > WAL_BYTES",
     .summary = "The log of {{ $labels.instance }} has "
                "{{ $value | humanize1024 }}B",
     .description = "The write-ahead log beside the database has been large "
                    "for half an hour.",
     .meaning = "A reader keeps a snapshot open, so that the log cannot be "
                "written back. At limits.wal_bytes pushes are refused.",
     .look = "`fuser -v` on the database file: who has it open that is no "
             "responder?",
     .remedy = "End that reader. The log is used again from its beginning "
               "soon afterwards."},
    {.name = "TallymanDatabaseGrowing",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "1h",
     .expr = "tallyman_database_bytes" JOB " > 100 * 1024 * 1024\n"
             "and tallyman_database_bytes" JOB
             " > 1.5 * tallyman_database_bytes" JOB " offset 1d",
     .summary = "The database of {{ $labels.instance }} grows: "
                "{{ $value | humanize1024 }}B",
     .description = "The file of {{ $labels.instance }} has grown by half "
                    "within a day.",
     .meaning = "The file holds series and keeps its size unless there are "
                "more of them; growth means new series, sessions or batch ids.",
     .look = "`tallyman_series` against yesterday, the number of pushes, and "
             "the free space (`tallyman doctor`).",
     .remedy = "As for [TallymanSeriesNearLimit](TallymanSeriesNearLimit.md)."},
    {.name = "TallymanDiskAlmostFull",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "15m",
     .expr = "tallyman_disk_available_bytes" JOB " < 10 * 1024 * 1024 * 1024\n"
             "and tallyman_disk_available_bytes" JOB
             " < 0.1 * tallyman_disk_size_bytes" JOB,
     .summary = "The disk of {{ $labels.instance }} has "
                "{{ $value | humanize1024 }}B left",
     .description = "Of the file system with the database of "
                    "{{ $labels.instance }} less than 10 % and less than "
                    "10 GiB are left.",
     .meaning = "Without space no push can be committed.",
     .look = "On the node `df -h` of the database's directory, `du -xh "
             "--max-depth=2 / | sort -h`, and the graphs of the database and "
             "its log.",
     .remedy = "Make space, or move the database to another disk with "
               "`tallyman backup` and `tallyman restore`; never delete its "
               "-wal or -shm file."},
    {.name = "TallymanConfigurationsDiffer",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "30m",
     .expr = "count by (environment) (count_values by (environment) "
             "(\"hash\", tallyman_config_hash" JOB ")) > 1",
     .summary = "Nodes have {{ $value }} different configurations",
     .description = "The nodes in {{ $labels.environment }} have not had the "
                    "same configuration and allowlist for half an hour.",
     .meaning = "What one node counts another refuses or counts otherwise: "
                "sums over the nodes are not what they seem.",
     .look = "`tallyman_config_hash` by `instance`; `tallyman check` on the "
             "nodes that differ from the others.",
     .remedy = "Bring the same files to all nodes. Those whose files have to "
               "differ, by a path for example, can do without this alert."},
    {.name = "TallymanScrapeSlow",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "15m",
     .expr = "avg_over_time(scrape_duration_seconds" JOB "[10m]) > "
             "0.5 * SCRAPE_SECONDS",
     .summary = "Scraping {{ $labels.instance }} takes "
                "{{ $value | humanizeDuration }}",
     .description = "A scrape takes more than half of the time that it has.",
     .meaning = "Soon scrapes will time out, and there will be gaps.",
     .look = "`tallyman_scrape_seconds` is the node's own part of it; the rest "
             "is the network. `scrape_samples_scraped` says how much it is.",
     .remedy = "Fewer series, a longer scrape interval, or a nearer "
               "Prometheus."},
    {.name = "TallymanCommitsSlow",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "15m",
     .expr = "histogram_quantile(0.99, sum by (le, instance, environment) "
             "(rate(tallyman_commit_seconds_bucket" JOB "[10m]))) > 0.5",
     .summary = "Commits of {{ $labels.instance }} take "
                "{{ $value | humanizeDuration }}",
     .description = "One commit in a hundred takes more than half a second.",
     .meaning = "The disk is slow or busy, or another process holds the lock.",
     .look = "The machine's disk (`iostat -x 1`), and who else has the file "
             "open (`fuser -v`).",
     .remedy = "Move the file to a faster local disk; do backups with "
               "`tallyman backup`, which does not hold the lock."},
    {.name = "MonitoringTargetDown",
     .severity = "warning",
     .team = TEAM_OPERATIONS,
     .wait = "5m",
     .expr = "up{job!=\"" MONITORING_JOB "\"} == 0",
     .summary = "{{ $labels.job }} on {{ $labels.instance }} does not answer",
     .description = "A part of the monitoring itself has not answered for five "
                    "minutes.",
     .meaning = "What this part would say is not heard: its own alerts cannot "
                "come.",
     .look = "Its container (`docker compose ps`, `docker compose logs`), and "
             "the targets page for the error.",
     .remedy = "Start it again; correct its address in prometheus.yml."},
    {.name = "DiskAlmostFull",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "15m",
     .expr = "node_filesystem_avail_bytes{fstype!~\"tmpfs|ramfs|overlay\"}\n"
             "/ node_filesystem_size_bytes < 0.1",
     .summary = "{{ $labels.mountpoint }} of {{ $labels.instance }} is almost "
                "full",
     .description = "Less than 10 % are free.",
     .meaning = "Without space the machine of that exporter, which is the one "
                "with the monitoring unless others were added, cannot go on. "
                "The disks of the nodes are told of by "
                "TallymanDiskAlmostFull.",
     .look = "`df -h`, `du -xh --max-depth=2`.",
     .remedy = "Make space; a shorter `--retention` keeps fewer samples.",
     .exporter = EXPORTER_NODE},
    {.name = "ProbeFailed",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "2m",
     .expr = "probe_success{job=\"blackbox\"} == 0",
     .summary = "{{ $labels.instance }} cannot be reached from outside",
     .description = "The health address has not answered for two minutes.",
     .meaning = "Clients cannot push, as the way to the node is broken: name, "
                "certificate, web server or responders.",
     .look = "`curl -v` of that address, here and from the node itself.",
     .remedy = "As for [TallymanDown](TallymanDown.md).",
     .exporter = EXPORTER_BLACKBOX},
    {.name = "PostgresDown",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "2m",
     .expr = "pg_up == 0",
     .summary = "PostgreSQL does not answer",
     .description = "The exporter cannot reach its server.",
     .meaning = "The database is down, or the exporter's password is wrong.",
     .look = "The logs of the exporter and of the server.",
     .remedy = "Start the server; correct DATA_SOURCE_URI or the password "
               "file.",
     .exporter = EXPORTER_POSTGRES},
    {.name = "RedisDown",
     .severity = "critical",
     .team = TEAM_OPERATIONS,
     .wait = "2m",
     .expr = "redis_up == 0",
     .summary = "Redis does not answer",
     .description = "The exporter cannot reach its server.",
     .meaning = "Redis is down, or the exporter's address is wrong.",
     .look = "The logs of the exporter and of the server.",
     .remedy = "Start the server; correct REDIS_ADDR.",
     .exporter = EXPORTER_REDIS},
};
const size_t alert_count = sizeof(alert_list) / sizeof(alert_list[0]);

const struct burn burn_list[] = {
    {"14.4", "1h", "5m", "2m", "critical"},
    {"6", "6h", "30m", "15m", "critical"},
    {"3", "1d", "2h", "1h", "warning"},
    {"1", "3d", "6h", "3h", "warning"},
};
const size_t burn_count = sizeof(burn_list) / sizeof(burn_list[0]);

bool alert_wanted(const struct alert *alert,
                  const struct monitoring *monitoring) {
    return alert->exporter == 0 || (alert->exporter & monitoring->exporters);
}

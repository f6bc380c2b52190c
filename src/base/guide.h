/* guide: the sections of the guides that messages link to, as a path in the
 * repository with an anchor. tests/e2e/test_guide_names.py checks that each
 * exists. */
#ifndef TALLYMAN_BASE_GUIDE_H
#define TALLYMAN_BASE_GUIDE_H

/* Separates a message from the link at its end: "..." SEE GUIDE_TRUST. */
#define SEE "; guide: "

#define GUIDE_ALERTS "src/cli/README.md#alerts"
#define GUIDE_ALLOWLIST "fcgi/metrics.d/README.md#allow-your-metrics"
#define GUIDE_BACKUP "src/cli/README.md#backups"
#define GUIDE_CONFIG "src/cli/README.md#configuration"
#define GUIDE_DASHBOARD "static/dashboard/README.md#the-dashboard"
#define GUIDE_FARO "fcgi/README.md#grafana-faros-web-sdk"
#define GUIDE_GRAFANA "fcgi/grafana.md#usage-of-dashboards"
#define GUIDE_INSTALL "README.md#install"
#define GUIDE_MONITORING "src/cli/README.md#monitoring-set-up"
#define GUIDE_PAGES "static/README.md#nothing-arrives"
#define GUIDE_PROGRAMS "fcgi/README.md#metrics-of-programs"
#define GUIDE_QUERIES "sql/README.md#metrics-by-sql"
#define GUIDE_SCRAPE "src/cli/README.md#scrape-with-prometheus"
#define GUIDE_TRUST "fcgi/README.md#who-may-push"

#endif

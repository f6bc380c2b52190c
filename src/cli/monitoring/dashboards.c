/* The dashboards that were asked for. */
#include <stdio.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/parts.h"

static const struct {
    const char *preset; /* NULL: always */
    board_add *add;
    const char *name;
    const char *missing; /* what it would have shown */
} boards[] = {{NULL, board_own_add, "tallyman", ""},
              {"red", board_red_add, "red",
               "family with a label such as status, of latencies or of errors"},
              {"golden", board_golden_add, "golden",
               "family of requests, errors, latencies, page views or queues"},
              {"web-vitals", board_vitals_add, "web-vitals",
               "family web_* of pages, and no performance_timing_*"},
              {"kpi", board_kpi_add, "kpi", "family of its own"},
              {"slo", board_slo_add, "slo",
               "family with a label such as status, or of latencies"},
              {"grafana-usage", board_usage_add, "grafana-usage",
               "sessions: sessions.enabled is false"}};
enum { BOARDS = sizeof(boards) / sizeof(boards[0]) };

int dashboards_add(const struct monitoring *monitoring, struct output *output,
                   struct err *err) {
    for (size_t i = 0; i < BOARDS; i++) {
        if (boards[i].preset &&
            !monitoring_chose(monitoring, "preset", boards[i].preset))
            continue;
        const int result = boards[i].add(monitoring, output);
        if (result < 0)
            return err_set(err, ERR_MEMORY, "out of memory");
        if (result > 0)
            (void)fprintf(stderr,
                          "tallyman monitoring: no dashboard %s: the "
                          "configuration has no %s\n",
                          boards[i].name, boards[i].missing);
    }
    return output->failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}

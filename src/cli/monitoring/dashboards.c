/* The dashboards that were asked for. */
#include <stdio.h>

#include "cli/monitoring/boards.h"
#include "cli/monitoring/parts.h"

/* The board is a template: see templates/MANIFEST. */
static int check_objectives(const struct monitoring *monitoring,
                            struct output *output) {
    (void)output;
    return monitoring_has_objectives(monitoring) ? 0 : 1;
}

static const struct {
    const char *preset;
    board_add *add;
    const char *missing; /* what it would have shown */
} boards[] = {
    {"red", board_red_add,
     "family with a label such as status, of latencies or of errors"},
    {"golden", board_golden_add,
     "family of requests, errors, latencies, page views or queues"},
    {"web-vitals", board_vitals_add,
     "family web_* of pages, and no performance_timing_*"},
    {"kpi", board_kpi_add, "family of its own"},
    {"slo", check_objectives,
     "family with a label such as status, or of latencies"},
    {"grafana-usage", board_usage_add, "sessions: sessions.enabled is false"}};
enum { BOARDS = sizeof(boards) / sizeof(boards[0]) };

int dashboards_add(const struct monitoring *monitoring, struct output *output,
                   struct err *err) {
    for (size_t i = 0; i < BOARDS; i++) {
        if (!monitoring_chose(monitoring, "preset", boards[i].preset))
            continue;
        const int result = boards[i].add(monitoring, output);
        if (result < 0)
            return err_set(err, ERR_MEMORY, "out of memory");
        if (result > 0)
            (void)fprintf(stderr,
                          "tallyman monitoring: no dashboard %s: the "
                          "configuration has no %s\n",
                          boards[i].preset, boards[i].missing);
    }
    return output->failed ? err_set(err, ERR_MEMORY, "out of memory") : 0;
}

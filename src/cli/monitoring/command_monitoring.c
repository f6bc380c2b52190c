/* tallyman monitoring: writes a monitoring set-up for the configuration. */
#include <stdio.h>
#include <string.h>

#include "cli/command/call.h"
#include "cli/monitoring/files.h"
#include "cli/monitoring/options.h"

/* Dashboards break families down by their labels: those of a query may have any
 * value. */
static int add_query_labels(struct config *config) {
    struct registry *registry = &config->registry;
    for (size_t i = 0; i < config->sql_queries.count; i++) {
        const struct sql_query *query = &config->sql_queries.queries[i];
        const char *name = query->family->name;
        struct family *family = registry_find(registry, name, strlen(name));
        size_t size = query->label_count * sizeof(*family->labels);
        family->labels = arena_take(&registry->arena, size + 1);
        if (!family->labels)
            return -1;
        for (size_t k = 0; k < query->label_count; k++)
            family->labels[k] = (struct label_rule){
                .name = query->labels[k], .max_values = SQL_QUERY_ROWS_MAX};
        family->label_count = query->label_count;
    }
    return 0;
}

static int make_files(const struct call *call,
                      const struct monitoring *monitoring,
                      struct output *output) {
    struct err err = {.code = ERR_NONE};
    if (files_add(monitoring, output, &err) != 0 ||
        output_check(output, &err) != 0)
        return call_failed(call, "%s", err.message);
    if (!monitoring->force &&
        output_check_absent(output, monitoring->out, &err) != 0)
        return call_failed(
            call, "%s: name another directory, or replace with --force",
            err.message);
    if ((monitoring->dry_run ? output_check_places : output_write)(
            output, monitoring->out, &err) != 0)
        return call_failed(call, "%s", err.message);
    return COMMAND_OK;
}

static void list_files(const struct monitoring *monitoring,
                       const struct output *output) {
    for (const struct output_file *it = output->first; it; it = it->next)
        (void)printf("%s/%s\n", monitoring->out, it->path);
    (void)printf("%s %zu files\n",
                 monitoring->dry_run ? "would write" : "wrote", output->count);
}

static int run(const struct call *call) {
    struct arena arena = {0};
    struct output output = {.count = 0};
    struct monitoring monitoring;
    struct config *config = NULL;
    int status = monitoring_read(call, &arena, &monitoring);
    if (status >= 0)
        goto out;
    status = COMMAND_FAILED;
    config = call_config(call, false);
    if (!config)
        goto out;
    monitoring.config = config;
    if (!monitoring.token_file && config->scrape_token_file)
        monitoring.token_file = "secrets/scrape.token";
    status = add_query_labels(config) == 0
                 ? make_files(call, &monitoring, &output)
                 : call_failed(call, "out of memory");
    if (status == COMMAND_OK)
        list_files(&monitoring, &output);
out:
    output_free(&output);
    config_release(config);
    arena_free(&arena);
    return status;
}

const struct command command_monitoring = {
    .name = "monitoring",
    .arguments = "--out DIR [OPTION...]",
    .summary = "Write a monitoring set-up: Prometheus, Alertmanager, Grafana",
    .options = monitoring_options,
    .run = run};

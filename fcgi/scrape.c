#include "scrape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "label.h"
#include "version.h"

struct rendering {
    const struct scrape *scrape;
    struct exposition exposition;
    const struct family *family;
    struct strbuf counts; /* the series of tallyman_series */
    struct exposition counts_exposition;
    size_t series; /* of the current family */
};

static const struct family build_info = {
    .name = "tallyman_build_info",
    .help = "Always 1; the label says which version answers.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family reload_successful = {
    .name = "tallyman_config_last_reload_successful",
    .help = "Whether the configuration files are those in force.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family database_bytes = {.name = "tallyman_database_bytes",
                                             .help =
                                                 "Size of the database file.",
                                             .unit = "bytes",
                                             .type = METRIC_GAUGE};
static const struct family series_by_family = {
    .name = "tallyman_series",
    .help = "Series in the database by family; a histogram counts as one.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family wal_bytes = {
    .name = "tallyman_wal_bytes",
    .help = "Size of the write-ahead log beside the database file.",
    .unit = "bytes",
    .type = METRIC_GAUGE};

static void add_gauge(struct exposition *exposition,
                      const struct family *family, const char *label,
                      const char *label_value, double value) {
    struct strbuf labels = {0};
    struct label pair = {label, label_value,
                         label_value ? strlen(label_value) : 0};
    label_set_write_json(&pair, label ? 1 : 0, &labels);
    struct series series = {
        .labels = labels.data, .labels_len = labels.len, .value = value};
    if (exposition_series(exposition, family, &series) != 0)
        exposition->out->failed = true;
    strbuf_free(&labels);
}

static double file_bytes(const char *path, const char *suffix) {
    struct strbuf name = {0};
    struct stat st;
    strbuf_printf(&name, "%s%s", path, suffix);
    double size =
        !name.failed && stat(name.data, &st) == 0 ? (double)st.st_size : 0;
    strbuf_free(&name);
    return size;
}

/* The gauges that are not in the store. That of tallyman_series is known only
 * at the end: its place is remembered. */
static void add_own(struct rendering *rendering, const struct family *family) {
    struct exposition *exposition = &rendering->exposition;
    const char *database = rendering->scrape->config->database;
    exposition_family(exposition, family);
    if (family == &build_info)
        add_gauge(exposition, family, "version", TALLYMAN_VERSION, 1);
    else if (family == &reload_successful)
        add_gauge(exposition, family, NULL, NULL,
                  rendering->scrape->reload_successful);
    else if (family == &database_bytes)
        add_gauge(exposition, family, NULL, NULL, file_bytes(database, ""));
    else if (family == &wal_bytes)
        add_gauge(exposition, family, NULL, NULL, file_bytes(database, "-wal"));
}

static int add_series(void *context, const struct series *series) {
    struct rendering *rendering = context;
    rendering->series++;
    (void)exposition_series(&rendering->exposition, rendering->family, series);
    return rendering->exposition.out->failed;
}

static int add_stored(struct rendering *rendering, const struct family *family,
                      struct err *err) {
    rendering->family = family;
    rendering->series = 0;
    exposition_family(&rendering->exposition, family);
    if (reader_series(*rendering->scrape->reader, family, add_series, rendering,
                      err) < 0)
        return -1;
    add_gauge(&rendering->counts_exposition, &series_by_family, "family",
              family->name, (double)rendering->series);
    return 0;
}

static int compare_families(const void *a, const void *b) {
    const struct family *const *left = a;
    const struct family *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

/* All families in the order of their names; the caller frees it. */
static const struct family **sort_families(const struct registry *registry,
                                           size_t *count) {
    static const struct family *const own[] = {&build_info, &reload_successful,
                                               &database_bytes,
                                               &series_by_family, &wal_bytes};
    const size_t own_count = sizeof(own) / sizeof(own[0]);
    *count = registry_count(registry) + own_count;
    const struct family **families = malloc(*count * sizeof(struct family *));
    if (!families)
        return NULL;
    memcpy(families, own, sizeof(own));
    memcpy(families + own_count, registry->families,
           registry_count(registry) * sizeof(struct family *));
    qsort(families, *count, sizeof(families[0]), compare_families);
    return families;
}

static int render(struct rendering *rendering, struct err *err) {
    size_t count;
    size_t counts_at = 0;
    struct strbuf *out = rendering->exposition.out;
    const struct registry *registry = &rendering->scrape->config->registry;
    const struct family **families = sort_families(registry, &count);
    int result = families ? 0 : err_set(err, ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < count && result == 0; i++) {
        if (registry_find(registry, families[i]->name,
                          strlen(families[i]->name)))
            result = add_stored(rendering, families[i], err);
        else
            add_own(rendering, families[i]);
        if (families[i] == &series_by_family)
            counts_at = out->len;
    }
    free(families);
    if (result == 0)
        strbuf_insert(out, counts_at, rendering->counts.data,
                      rendering->counts.len);
    exposition_end(&rendering->exposition);
    if (result == 0 && out->failed)
        result = err_set(err, ERR_MEMORY, "out of memory");
    return result;
}

static int read_and_render(struct rendering *rendering, struct err *err) {
    const struct scrape *scrape = rendering->scrape;
    if (!*scrape->reader &&
        reader_open(scrape->config->database, scrape->reader, err) != 0)
        return -1;
    if (reader_begin(*scrape->reader, err) != 0)
        return -1;
    int result =
        reader_is_current(*scrape->reader, &scrape->config->registry, err);
    if (result == 0)
        result = err_set(err, ERR_STALE,
                         "another responder has loaded a newer configuration");
    else if (result == 1)
        result = render(rendering, err);
    reader_end(*scrape->reader);
    return result;
}

void scrape_run(const struct scrape *scrape, struct response *response) {
    struct err err = {.code = ERR_NONE};
    struct rendering rendering = {.scrape = scrape};
    rendering.exposition.format = scrape->format;
    rendering.exposition.out = &response->body;
    rendering.counts_exposition.format = scrape->format;
    rendering.counts_exposition.out = &rendering.counts;
    if (read_and_render(&rendering, &err) == 0) {
        response->status = 200;
        response->content_type = exposition_content_type(scrape->format);
    } else {
        reader_close(*scrape->reader);
        *scrape->reader = NULL;
        response_set(response, 503, "the scrape failed: %s", err.message);
        response_add_header(response, "Retry-After", "1");
    }
    strbuf_free(&rendering.counts);
    exposition_free(&rendering.exposition);
    exposition_free(&rendering.counts_exposition);
}

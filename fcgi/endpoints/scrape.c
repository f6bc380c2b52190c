#include "endpoints/scrape.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/version.h"
#include "endpoints/listing.h"
#include "expose/families.h"
#include "http/log.h"
#include "metrics/label.h"

/* A scrape in a text format. */
struct rendering {
    const struct scrape *scrape;
    struct exposition exposition;
    const struct family *family;
    struct strbuf counts; /* the series of tallyman_series */
    struct exposition counts_exposition;
    size_t counts_at; /* where they belong */
    size_t series;    /* of the current family */
    size_t base_len;  /* of its name, as exposed.h says */
    struct err *err;
};

static const struct family build_info = {
    .name = "tallyman_build_info",
    .help = "Always 1; the label says which version answers.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family config_hash = {
    .name = "tallyman_config_hash",
    .help = "Hash of the configuration files in force, without secrets.",
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
static const struct family disk_available = {
    .name = "tallyman_disk_available_bytes",
    .help = "Space left on the file system of the database file.",
    .unit = "bytes",
    .type = METRIC_GAUGE};
static const struct family disk_size = {
    .name = "tallyman_disk_size_bytes",
    .help = "Size of the file system of the database file.",
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

/* As the panel's own server has them. */
static const struct family sessions_build_info = {
    .name = "grafana_analytics_build_info",
    .help = "Always 1; the label says which version counts sessions.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family sessions_up = {
    .name = "grafana_analytics_up",
    .help = "Always 1: whoever answers can read the sessions.",
    .unit = "",
    .type = METRIC_GAUGE};
static const struct family sessions_active = {
    .name = "grafana_analytics_sessions_active",
    .help = "Sessions that are open now.",
    .unit = "",
    .type = METRIC_GAUGE};

/* As a Pushgateway has them. */
static const struct family push_time = {.name = METRIC_PUSH_TIME,
                                        .help = PUSH_TIME_HELP,
                                        .unit = "seconds",
                                        .type = METRIC_GAUGE};
static const struct family push_failure_time = {.name =
                                                    METRIC_PUSH_FAILURE_TIME,
                                                .help = PUSH_FAILURE_TIME_HELP,
                                                .unit = "seconds",
                                                .type = METRIC_GAUGE};

static const struct family *const own[] = {&sessions_build_info,
                                           &sessions_up,
                                           &sessions_active,
                                           &push_time,
                                           &push_failure_time,
                                           &build_info,
                                           &config_hash,
                                           &reload_successful,
                                           &database_bytes,
                                           &disk_available,
                                           &disk_size,
                                           &series_by_family,
                                           &wal_bytes};
enum { OWN_COUNT = sizeof(own) / sizeof(own[0]) };

static bool of_groups(const struct family *family) {
    return family == &push_time || family == &push_failure_time;
}

/* The times of groups are there for groups of any labels, unless a file lists
 * the family. */
static bool is_exposed(const struct config *config,
                       const struct family *family) {
    const char *clash;
    if (of_groups(family))
        return config->open_families &&
               !registry_find_claim(&config->registry, family, &clash) &&
               !pattern_list_match(&config->drop_families, family->name,
                                   strlen(family->name));
    return config->sessions.enabled || !metric_name_of_sessions(family->name);
}

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

/* Nothing when the system does not tell. */
static void add_disk(struct exposition *exposition, const struct family *family,
                     const char *database) {
    struct statvfs disk;
    if (statvfs(database, &disk) != 0)
        return;
    const fsblkcnt_t blocks =
        family == &disk_size ? disk.f_blocks : disk.f_bavail;
    add_gauge(exposition, family, NULL, NULL,
              (double)blocks * (double)disk.f_frsize);
}

static int add_push_time(void *context, const struct push_group *group) {
    struct rendering *rendering = context;
    bool failure = rendering->family == &push_failure_time;
    struct series series = {.labels = group->labels,
                            .labels_len = group->labels_len,
                            .value =
                                failure ? group->failed_at : group->pushed_at};
    if (group->pushed_at <= 0 && group->failed_at <= 0)
        return 0;
    if (rendering->series++ == 0)
        exposition_family(&rendering->exposition, rendering->family,
                          rendering->base_len);
    (void)exposition_series(&rendering->exposition, rendering->family, &series);
    return rendering->exposition.out->failed;
}

/* Nothing, not even its type, where there is no group. */
static int add_push_times(struct rendering *rendering,
                          const struct family *family, size_t base_len) {
    rendering->family = family;
    rendering->base_len = base_len;
    rendering->series = 0;
    return reader_groups(*rendering->scrape->reader, add_push_time, rendering,
                         rendering->err) < 0
               ? -1
               : 0;
}

static int add_active(void *context, const char *labels, size_t len,
                      uint64_t count) {
    struct rendering *rendering = context;
    struct series series = {
        .labels = labels, .labels_len = len, .value = (double)count};
    (void)exposition_series(&rendering->exposition, &sessions_active, &series);
    return rendering->exposition.out->failed;
}

/* A gauge that is no series of the store. Those of tallyman_series are known
 * only at the end: their place is remembered. */
static int add_own(struct rendering *rendering, const struct family *family,
                   size_t base_len) {
    struct exposition *exposition = &rendering->exposition;
    const char *database = rendering->scrape->config->database;
    if (of_groups(family))
        return add_push_times(rendering, family, base_len);
    exposition_family(exposition, family, base_len);
    if (family == &sessions_active)
        return reader_sessions(*rendering->scrape->reader,
                               rendering->scrape->now, add_active, rendering,
                               rendering->err) < 0
                   ? -1
                   : 0;
    if (family == &sessions_up)
        add_gauge(exposition, family, NULL, NULL, 1);
    else if (family == &build_info || family == &sessions_build_info)
        add_gauge(exposition, family, "version", TALLYMAN_VERSION, 1);
    else if (family == &config_hash)
        add_gauge(exposition, family, NULL, NULL,
                  (double)rendering->scrape->config->hash);
    else if (family == &reload_successful)
        add_gauge(exposition, family, NULL, NULL,
                  rendering->scrape->reload_successful);
    else if (family == &database_bytes)
        add_gauge(exposition, family, NULL, NULL, file_bytes(database, ""));
    else if (family == &disk_available || family == &disk_size)
        add_disk(exposition, family, database);
    else if (family == &wal_bytes)
        add_gauge(exposition, family, NULL, NULL, file_bytes(database, "-wal"));
    else
        rendering->counts_at = exposition->out->len;
    return 0;
}

static int add_series(void *context, const struct series *series) {
    struct rendering *rendering = context;
    rendering->series++;
    (void)exposition_series(&rendering->exposition, rendering->family, series);
    return rendering->exposition.out->failed;
}

static int add_family(void *context, const struct family *family,
                      size_t base_len) {
    struct rendering *rendering = context;
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (family == own[i])
            return add_own(rendering, family, base_len);
    rendering->family = family;
    rendering->series = 0;
    exposition_family(&rendering->exposition, family, base_len);
    if (reader_series(*rendering->scrape->reader, family, add_series, rendering,
                      rendering->err) < 0)
        return -1;
    add_gauge(&rendering->counts_exposition, &series_by_family, "family",
              family->name, (double)rendering->series);
    return 0;
}

static int render_text(const struct scrape *scrape, struct strbuf *out,
                       struct err *err) {
    struct rendering rendering = {
        .scrape = scrape,
        .exposition = {.format = scrape->format,
                       .out = out,
                       .created = scrape->created},
        .counts_exposition = {.format = scrape->format},
        .err = err};
    const struct family *exposed[OWN_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (is_exposed(scrape->config, own[i]))
            exposed[count++] = own[i];
    rendering.counts_exposition.out = &rendering.counts;
    int result = exposed_families(scrape->config, *scrape->reader, exposed,
                                  count, add_family, &rendering, err);
    if (rendering.counts.failed)
        out->failed = true;
    strbuf_insert(out, rendering.counts_at, rendering.counts.data,
                  rendering.counts.len);
    exposition_end(&rendering.exposition);
    strbuf_free(&rendering.counts);
    exposition_free(&rendering.exposition);
    exposition_free(&rendering.counts_exposition);
    return result;
}

static int render(const struct scrape *scrape, struct strbuf *out,
                  struct err *err) {
    int result = scrape->format == EXPOSITION_JSON
                     ? listing_write(scrape->config, *scrape->reader, out, err)
                     : render_text(scrape, out, err);
    if (result == 0 && out->failed)
        result = err_set(err, ERR_MEMORY, "out of memory");
    return result;
}

static int read_and_render(const struct scrape *scrape, struct strbuf *out,
                           struct err *err) {
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
        result = render(scrape, out, err);
    reader_end(*scrape->reader);
    return result;
}

static void tell(const struct scrape *scrape, const struct err *err) {
    if (!scrape->told)
        return;
    if (err->code != ERR_NONE && err->code != ERR_STALE &&
        strcmp(scrape->told->message, err->message) != 0)
        log_error("the scrape failed: %s", err->message);
    *scrape->told = *err;
}

void scrape_run(const struct scrape *scrape, struct response *response) {
    struct err err = {.code = ERR_NONE};
    if (read_and_render(scrape, &response->body, &err) == 0) {
        response->status = 200;
        response->content_type = exposition_content_type(scrape->format);
        tell(scrape, &err);
        return;
    }
    tell(scrape, &err);
    reader_close(*scrape->reader);
    *scrape->reader = NULL;
    response_set(response, 503, "the scrape failed: %s", err.message);
    response_add_header(response, "Retry-After", "1");
}

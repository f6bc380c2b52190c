#include "endpoints/scrape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/version.h"
#include "endpoints/listing.h"
#include "endpoints/own_families.h"
#include "endpoints/snapshot.h"
#include "expose/families.h"
#include "http/log.h"
#include "metrics/label.h"
#include "store/sql_states.h"

/* State of a scrape in a Prometheus format. */
struct rendering {
    const struct scrape *scrape;
    struct exposition exposition;
    const struct family *family;
    struct pack counts; /* the series of tallyman_series */
    struct exposition counts_exposition;
    size_t counts_at; /* their offset in the output */
    size_t series;    /* of the current family */
    size_t base_len;  /* of its name, see exposition.h */
    struct err *err;
};

static bool of_groups(const struct family *family) {
    return family == &own_families[OWN_PUSH_TIME] ||
           family == &own_families[OWN_PUSH_FAILURE_TIME];
}

static bool of_queries(const struct family *family) {
    return family >= &own_families[OWN_QUERY_RUNS] &&
           family <= &own_families[OWN_QUERY_SUCCESS];
}

/* The push times of groups are exposed for any labels, unless a file lists the
 * family. */
static bool is_exposed(const struct config *config,
                       const struct family *family) {
    const char *clash;
    if (of_groups(family))
        return config->open_families &&
               !registry_find_claim(&config->registry, family, &clash) &&
               !pattern_list_match(&config->drop_families, family->name,
                                   strlen(family->name));
    if (of_queries(family))
        return config->sql_queries.count > 0;
    return config->sessions.enabled || !metric_name_of_sessions(family->name);
}

/* label_value: for the family's one label; NULL: it has no label. */
static void add_gauge(struct exposition *exposition,
                      const struct family *family, const char *label_value,
                      double value) {
    struct strbuf labels = {0};
    struct label pair = {0};
    if (label_value)
        pair = (struct label){family->labels[0].name, label_value,
                              strlen(label_value)};
    label_set_write_json(&pair, label_value ? 1 : 0, &labels);
    struct series series = {
        .labels = labels.data, .labels_len = labels.len, .value = value};
    if (exposition_series(exposition, family, &series) != 0)
        exposition->out->parts.failed = true;
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

/* Adds no sample if statvfs fails. */
static void add_disk(struct exposition *exposition, const struct family *family,
                     const char *database) {
    struct statvfs disk;
    if (statvfs(database, &disk) != 0)
        return;
    const fsblkcnt_t blocks =
        family == &own_families[OWN_DISK_SIZE] ? disk.f_blocks : disk.f_bavail;
    add_gauge(exposition, family, NULL, (double)blocks * (double)disk.f_frsize);
}

static int add_push_time(void *context, const struct push_group *group) {
    struct rendering *rendering = context;
    bool failure = rendering->family == &own_families[OWN_PUSH_FAILURE_TIME];
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
    return rendering->exposition.out->parts.failed;
}

/* Without groups not even the TYPE line is written. */
static int add_push_times(struct rendering *rendering,
                          const struct family *family, size_t base_len) {
    rendering->family = family;
    rendering->base_len = base_len;
    rendering->series = 0;
    if (reader_groups(*rendering->scrape->reader, add_push_time, rendering,
                      rendering->err) < 0)
        return -1;
    if (rendering->series > 0)
        exposition_family_end(&rendering->exposition);
    return 0;
}

static double state_value(const struct family *family,
                          const struct sql_state *state) {
    if (family == &own_families[OWN_QUERY_RUNS])
        return state->runs;
    if (family == &own_families[OWN_QUERY_ERRORS])
        return state->errors;
    return family == &own_families[OWN_QUERY_SUCCESS] ? state->succeeded_at
                                                      : state->seconds;
}

/* Skips queries of a configuration that this responder has not loaded yet. */
static int add_query(void *context, const struct sql_state *state) {
    struct rendering *rendering = context;
    const struct registry *registry = &rendering->scrape->config->registry;
    const struct family *query =
        state->name ? registry_find(registry, state->name, strlen(state->name))
                    : NULL;
    if (query && query->queried)
        add_gauge(&rendering->exposition, rendering->family, state->name,
                  state_value(rendering->family, state));
    return rendering->exposition.out->parts.failed;
}

static int add_queries(struct rendering *rendering, const struct family *family,
                       size_t base_len) {
    rendering->family = family;
    exposition_family(&rendering->exposition, family, base_len);
    if (reader_sql_states(*rendering->scrape->reader, add_query, rendering,
                          rendering->err) < 0)
        return -1;
    exposition_family_end(&rendering->exposition);
    return 0;
}

static int add_active(void *context, const char *labels, size_t len,
                      uint64_t count) {
    struct rendering *rendering = context;
    struct series series = {
        .labels = labels, .labels_len = len, .value = (double)count};
    (void)exposition_series(&rendering->exposition,
                            &own_families[OWN_SESSIONS_ACTIVE], &series);
    return rendering->exposition.out->parts.failed;
}

/* A gauge with one series, or with none if the system call fails. */
static void add_value(const struct rendering *rendering,
                      struct exposition *exposition, enum own_family own) {
    const struct config *config = rendering->scrape->config;
    const struct family *family = &own_families[own];
    if (own == OWN_SESSIONS_UP)
        add_gauge(exposition, family, NULL, 1);
    else if (own == OWN_BUILD_INFO || own == OWN_SESSIONS_BUILD_INFO)
        add_gauge(exposition, family, TALLYMAN_VERSION, 1);
    else if (own == OWN_CONFIG_HASH)
        add_gauge(exposition, family, NULL, (double)config->hash);
    else if (own == OWN_RELOAD_SUCCESSFUL)
        add_gauge(exposition, family, NULL,
                  rendering->scrape->reload_successful);
    else if (own == OWN_DATABASE_BYTES)
        add_gauge(exposition, family, NULL, file_bytes(config->database, ""));
    else if (own == OWN_WAL_BYTES)
        add_gauge(exposition, family, NULL,
                  file_bytes(config->database, "-wal"));
    else
        add_disk(exposition, family, config->database);
}

/* Writes a family that is not in the store. The series of tallyman_series are
 * known only at the end: notes their offset. */
static int add_own(struct rendering *rendering, enum own_family own,
                   size_t base_len) {
    struct exposition *exposition = &rendering->exposition;
    if (of_groups(&own_families[own]))
        return add_push_times(rendering, &own_families[own], base_len);
    if (of_queries(&own_families[own]))
        return add_queries(rendering, &own_families[own], base_len);
    if (own == OWN_SERIES) {
        rendering->counts_at = exposition->out->parts.len;
        return 0;
    }
    exposition_family(exposition, &own_families[own], base_len);
    if (own != OWN_SESSIONS_ACTIVE)
        add_value(rendering, exposition, own);
    else if (reader_sessions(*rendering->scrape->reader, rendering->scrape->now,
                             add_active, rendering, rendering->err) < 0)
        return -1;
    exposition_family_end(exposition);
    return 0;
}

static int add_series(void *context, const struct series *series) {
    struct rendering *rendering = context;
    rendering->series++;
    /* NaN: the last result of the query lacks this series. */
    if (!rendering->family->queried || !isnan(series->value))
        (void)exposition_series(&rendering->exposition, rendering->family,
                                series);
    return rendering->exposition.out->parts.failed;
}

static int add_family(void *context, const struct family *family,
                      size_t base_len) {
    struct rendering *rendering = context;
    struct exposition *exposition = &rendering->exposition;
    const enum own_family own = own_family_of(family);
    if (own < OWN_FAMILIES)
        return add_own(rendering, own, base_len);
    rendering->family = family;
    rendering->series = 0;
    exposition_family(exposition, family, base_len);
    unsigned parts = exposition->births ? SERIES_BIRTHS : SERIES_TOTALS;
    if (exposition->format != EXPOSITION_TEXT)
        parts |= SERIES_EXEMPLARS;
    if (reader_series(*rendering->scrape->reader, family, parts, add_series,
                      rendering, rendering->err) < 0)
        return -1;
    exposition_family_end(exposition);
    add_gauge(&rendering->counts_exposition, &own_families[OWN_SERIES],
              family->name, (double)rendering->series);
    return 0;
}

static int render_families(const struct scrape *scrape, struct pack *out,
                           struct err *err) {
    struct rendering rendering = {
        .scrape = scrape,
        .exposition = {.format = scrape->format,
                       .out = out,
                       .created = scrape->created},
        .counts_exposition = {.format = scrape->format},
        .err = err};
    const struct family *exposed[OWN_FAMILIES];
    size_t count = 0;
    for (int i = OWN_STORED; i < OWN_FAMILIES; i++)
        if (is_exposed(scrape->config, &own_families[i]))
            exposed[count++] = &own_families[i];
    rendering.counts_exposition.out = &rendering.counts;
    exposition_family(&rendering.counts_exposition, &own_families[OWN_SERIES],
                      strlen(own_families[OWN_SERIES].name));
    int result = exposed_families(scrape->config, *scrape->reader, exposed,
                                  count, add_family, &rendering, err);
    exposition_family_end(&rendering.counts_exposition);
    pack_insert(out, rendering.counts_at, &rendering.counts);
    exposition_end(&rendering.exposition);
    if (result == 0 && out->parts.failed)
        result = err_no_memory(err);
    pack_free(&rendering.counts);
    exposition_free(&rendering.exposition);
    exposition_free(&rendering.counts_exposition);
    return result;
}

static int render_json(const struct scrape *scrape, struct strbuf *out,
                       struct err *err) {
    int result = listing_write(scrape->config, *scrape->reader, out, err);
    if (result == 0 && out->failed)
        result = err_no_memory(err);
    return result;
}

static int render(const struct scrape *scrape, struct response *response,
                  struct err *err) {
    if (scrape->format == EXPOSITION_JSON)
        return render_json(scrape, &response->body, err);
    response->pack = calloc(1, sizeof(*response->pack));
    if (!response->pack)
        return err_no_memory(err);
    if (scrape->memory) {
        response->pack->parts = *scrape->memory;
        *scrape->memory = (struct strbuf){0};
    }
    return render_families(scrape, response->pack, err);
}

static int read_and_render(const struct scrape *scrape,
                           struct response *response, struct err *err) {
    if (snapshot_begin(scrape->reader, scrape->config, err) != 0)
        return -1;
    int result = render(scrape, response, err);
    reader_end(*scrape->reader);
    return result;
}

static void report_failure(const struct scrape *scrape, const struct err *err) {
    if (!scrape->logged)
        return;
    if (err->code != ERR_NONE && err->code != ERR_STALE &&
        strcmp(scrape->logged->message, err->message) != 0)
        log_error("the scrape failed: %s", err->message);
    *scrape->logged = *err;
}

void scrape_run(const struct scrape *scrape, struct response *response) {
    struct err err = {.code = ERR_NONE};
    if (read_and_render(scrape, response, &err) == 0) {
        response->status = 200;
        response->content_type = exposition_content_type(scrape->format);
        report_failure(scrape, &err);
        return;
    }
    report_failure(scrape, &err);
    reader_close(*scrape->reader);
    *scrape->reader = NULL;
    response_set(response, 503, "the scrape failed: %s", err.message);
    response_add_header(response, "Retry-After", "1");
}

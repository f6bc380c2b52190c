/* The exposed families and their order, and a whole scrape with families that
 * pushes have added. */
#include "expose/families.h"

#include "corpus.h"
#include "endpoints/scrape.h"
#include "metric_families.h"
#include "service_fixture.h"
#include "unpack.h"

static const char config[] = "{\"database\": \"t.db\",\n"
                             " \"open_families\": true,\n"
                             " \"sessions\": {\"enabled\": false},\n"
                             " \"drop_families\": [\"noise_*\"]}\n";

static const char families[] =
    "{\"allowedMetrics\": [\n"
    " {\"name\": \"c\", \"help\": \"A counter.\", \"type\": \"counter\"},\n"
    " {\"name\": \"h\", \"help\": \"A histogram.\", \"type\": \"histogram\",\n"
    "  \"buckets\": [1, 2]},\n"
    " {\"name\": \"l_total\", \"help\": \"x\", \"type\": \"counter\"},\n"
    " {\"name\": \"s_listed\", \"help\": \"A gauge.\", \"type\": "
    "\"gauge\"}]}\n";

/* Rows that a database may have after pushes; some are possible only if files
 * that list the same names were loaded later. */
static const char rows[] =
    "INSERT INTO family (id, name, type, help, unit, bounds, open) VALUES"
    "(101, 'a_first', 'gauge', 'Before all others.', '', NULL, 1),"
    "(102, 'c_total', 'gauge', 'No name of c.', '', NULL, 1),"
    "(104, 'h_count', 'untyped', 'A name of h.', '', NULL, 1),"
    "(105, 'm', 'counter', 'Of type unknown in OpenMetrics.', '', NULL, 1),"
    "(106, 'm_total', 'gauge', 'A gauge of its own.', '', NULL, 1),"
    "(107, 'metrics_aggregator_record', 'gauge', 'Reserved.', '', NULL, 1),"
    "(108, 'noise_total', 'counter', 'Dropped.', '', NULL, 1),"
    "(109, 'p_open_seconds', 'summary', 'x', 'seconds', NULL, 1),"
    "(110, 'q_total', 'histogram', 'x', '', '[]', 1),"
    "(111, 'tallyman_series', 'gauge', 'Reserved.', '', NULL, 1),"
    "(112, 'u', 'untyped', 'a \"quote\", \\ and' || char(10) || 'line', "
    " 'none', NULL, 1),"
    "(115, 'l', 'gauge', 'The listed l_total keeps its name.', '', NULL, 1),"
    "(116, 't', 'untyped', 'So does t_total.', '', NULL, 1),"
    "(117, 't_created', 'gauge', 'Whose birth this is not.', '', NULL, 1),"
    "(118, 't_total', 'counter', 'Unknown.', '', NULL, 1),"
    "(113, 'without_series', 'gauge', 'x', '', NULL, 1),"
    "(114, 'z_bytes', 'histogram', 'After all.', 'bytes', '[0.5,8]', 1);"
    "CREATE TEMP TABLE row (family_id, labels, value, sum, count, buckets, at);"
    "INSERT INTO row VALUES"
    "(101, '{\"job\":\"x\"}', 2.5, 0, 1, NULL, 1700000000),"
    "(102, '{}', 1, 0, 1, NULL, 1700000000),"
    "(104, '{}', 1, 0, 1, NULL, 1700000000),"
    "(105, '{}', 7, 0, 0, NULL, 1700000000),"
    "(106, '{}', 1, 0, 1, NULL, 1700000000),"
    "(107, '{}', 1, 0, 1, NULL, 1700000000),"
    "(108, '{}', 1, 0, 0, NULL, 1700000000),"
    "(109, '{\"job\":\"x\"}', 0, 1.5, 3, NULL, 1700000000),"
    "(109, '{\"quantile\":\"x\"}', 0, 1.5, 3, NULL, 1700000000),"
    "(110, '{\"job\":\"x\"}', 0, -1, 2, '[2]', 1700000000),"
    "(110, '{\"le\":\"1\"}', 0, -1, 2, '[2]', 1700000000),"
    "(111, '{}', 1, 0, 1, NULL, 1700000000),"
    "(112, '{\"job\":\"nan\"}', NULL, 0, 1, NULL, 1700000000),"
    "(112, '{\"job\":\"one\"}', 1, 0, 1, NULL, 1700000000),"
    "(115, '{}', 3, 0, 1, NULL, 1700000000),"
    "(116, '{}', 4, 0, 1, NULL, 1700000000),"
    "(117, '{}', 1700000000, 0, 1, NULL, 1700000000),"
    "(118, '{}', 6, 0, 0, NULL, 1700000000),"
    "(114, '{}', 0, 9, 3, '[1,1,1]', 1700000000);"
    "INSERT INTO series (family_id, labels, created_at)"
    " SELECT family_id, labels, at FROM row;"
    "INSERT INTO total (series_id, value, sum, count, buckets, updated_at)"
    " SELECT id, value, sum, count, buckets, at"
    " FROM series JOIN row USING (family_id, labels)";

static struct service service;

static int open_service(void **state) {
    static char path[PATH_MAX];
    if (scratch_make(state) != 0)
        return -1;
    (void)mkdir(scratch_path("metrics.d"), 0700);
    (void)snprintf(path, sizeof(path), "%s", scratch_path("tallyman.json"));
    scratch_write("metrics.d/a.json", families);
    scratch_write("tallyman.json", config);
    assert_int_equal(service_open(&service, path), 0);
    outsider_run(rows);
    return 0;
}

static int close_service(void **state) {
    service_close(&service);
    return scratch_clear(state);
}

static struct reader *reader_at(void) {
    struct reader *reader;
    struct err err = {.code = ERR_NONE};
    if (reader_open(service.config->database, &reader, &err) != 0 ||
        reader_begin(reader, &err) != 0)
        fail_msg("%s", err.message);
    return reader;
}

struct visited {
    struct strbuf names;
    const char *stop_at;
};

static int visit(void *context, const struct family *family, size_t base_len) {
    struct visited *visited = context;
    (void)base_len;
    if (!family->internal)
        strbuf_printf(&visited->names, "%s ", family->name);
    return visited->stop_at && strcmp(family->name, visited->stop_at) == 0 ? 7
                                                                           : 0;
}

static void check_names(const char *stop_at, int want_result,
                        const char *want) {
    static const struct family first = {.name = "0"};
    static const struct family last = {.name = "~"};
    static const struct family *const own[] = {&first, &last};
    struct visited visited = {.stop_at = stop_at};
    struct err err = {.code = ERR_NONE};
    struct reader *reader = reader_at();
    assert_int_equal(
        exposed_families(service.config, reader, own, 2, visit, &visited, &err),
        want_result);
    assert_string_equal(visited.names.data, want);
    strbuf_free(&visited.names);
    reader_end(reader);
    reader_close(reader);
}

static void test_order(void **state) {
    (void)state;
    check_names(NULL, 0,
                "0 a_first c c_total h l l_total m m_total p_open_seconds "
                "q_total s_listed t t_created t_total u z_bytes ~ ");
    check_names("c", 7, "0 a_first c ");
    check_names("m", 7, "0 a_first c c_total h l l_total m ");
    check_names("z_bytes", 7,
                "0 a_first c c_total h l l_total m m_total p_open_seconds "
                "q_total s_listed t t_created t_total u z_bytes ");
    service.config->open_families = false;
    check_names(NULL, 0, "0 c h l_total s_listed ~ ");
}

/* Pushed while sessions were not counted: the family would collide with our
 * own. */
static void test_sessions(void **state) {
    (void)state;
    outsider_run("INSERT INTO family (id, name, type, help, unit, open) VALUES"
                 "(120, 'grafana_analytics_up', 'gauge', 'x', '', 1);"
                 "INSERT INTO series (family_id, labels, created_at) VALUES"
                 "(120, '{}', 1700000000);"
                 "INSERT INTO total (series_id, value, count, updated_at) "
                 "VALUES (last_insert_rowid(), 1, 1, 1700000000)");
    check_names("h", 7, "0 a_first c c_total grafana_analytics_up h ");
    service.config->sessions.enabled = true;
    check_names("h", 7, "0 a_first c c_total h ");
}

/* Families of drop_families return when it no longer names them. */
static void test_dropped(void **state) {
    (void)state;
    service.config->drop_families.count = 0;
    check_names("noise_total", 7,
                "0 a_first c c_total h l l_total m m_total noise_total ");
}

/* The text without the responder's own families, except tallyman_series, and
 * without the births of the listed families. */
static struct strbuf steady(const struct strbuf *text) {
    static const char counted[] = "tallyman_series{family=\"";
    struct strbuf out = {0};
    for (const char *line = text->data; *line;) {
        int len = (int)strcspn(line, "\n");
        const char *tail = line;
        if (strncmp(line, counted, sizeof(counted) - 1) == 0)
            tail += sizeof(counted) - 1;
        bool own =
            memmem(tail, (size_t)len - (size_t)(tail - line), "tallyman", 8) ||
            memmem(line, (size_t)len, "metrics_aggregator", 18);
        const char *since = memmem(line, (size_t)len, " since ", 7);
        bool known = memmem(line, (size_t)len, " 1700000000", 11);
        if (!own && !known && memmem(line, strcspn(line, "{ "), "_created", 8))
            strbuf_printf(&out, "%.*s\n", (int)strcspn(line, " "), line);
        else if (!own && !known && since)
            strbuf_printf(&out, "%.*s\n", (int)(since - line), line);
        else if (!own)
            strbuf_printf(&out, "%.*s\n", len, line);
        line += len + 1;
    }
    return out;
}

static void check_scrape(enum exposition_format format, const char *suffix) {
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    const struct scrape what = {service.config, format, true, true,
                                &reader,        0,      NULL, NULL};
    scrape_run(&what, &response);
    unpack_body(&response);
    assert_int_equal(response.status, 200);
    struct strbuf text = {0};
    if (format == EXPOSITION_JSON) {
        drop_times(&response.body);
        strbuf_printf(&text, "%s\n", response.body.data);
    } else {
        if (format == EXPOSITION_PROTOBUF)
            show_families(&response.body);
        text = steady(&response.body);
    }
    corpus_expect("tests/data/scrape/open.c", suffix, &text);
    strbuf_free(&text);
    response_free(&response);
    reader_close(reader);
}

static void test_text(void **state) {
    (void)state;
    check_scrape(EXPOSITION_TEXT, ".text");
}

static void test_openmetrics(void **state) {
    (void)state;
    check_scrape(EXPOSITION_OPENMETRICS, ".openmetrics");
}

static void test_protobuf(void **state) {
    (void)state;
    check_scrape(EXPOSITION_PROTOBUF, ".protobuf");
}

static void test_json(void **state) {
    (void)state;
    check_scrape(EXPOSITION_JSON, ".api.json");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_order), TEST(test_dropped),     TEST(test_sessions),
        TEST(test_text),  TEST(test_openmetrics), TEST(test_protobuf),
        TEST(test_json),
    };
    return cmocka_run_group_tests_name("exposed", tests, NULL, NULL);
}

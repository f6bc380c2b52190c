/* Queries by SQL in a scrape, in each format; without queries, none of their
 * families. */
#include "check.h"
#include "corpus.h"
#include "endpoints/scrape.h"
#include "metric_families.h"
#include "one_service_fixture.h"
#include "process/sql_runner.h"
#include "unpack.h"

static const char queries[] =
    "{\"queries\": [\n"
    " {\"name\": \"paid_total\", \"help\": \"Paid orders.\",\n"
    "  \"type\": \"counter\", \"database\": \"shop.db\",\n"
    "  \"sql\": \"SELECT count(*) FROM orders WHERE state = 'paid'\"},\n"
    " {\"name\": \"orders\", \"help\": \"Orders by state.\",\n"
    "  \"type\": \"gauge\", \"labels\": [\"state\"],\n"
    "  \"database\": \"shop.db\",\n"
    "  \"sql\": \"SELECT state, count(*) FROM orders GROUP BY state\"},\n"
    " {\"name\": \"late\", \"help\": \"Never ran.\", \"type\": \"gauge\",\n"
    "  \"sql\": \"SELECT 1\"},\n"
    " {\"name\": \"wrong\", \"help\": \"Fails.\", \"type\": \"gauge\",\n"
    "  \"database\": \"shop.db\",\n"
    "  \"sql\": \"SELECT count(*) FROM no_table\"}]}\n";

static void shop_run(const char *sql) {
    sqlite3 *shop;
    assert_int_equal(sqlite3_open(scratch_path("shop.db"), &shop), SQLITE_OK);
    outsider_execute(shop, sql);
    outsider_close(shop);
}

/* The families of queries in a scrape, ours and theirs. */
static struct strbuf scrape(enum exposition_format format) {
    static const char *const names[] = {
        "tallyman_query", "orders", "paid",
        "late",           "wrong",  "{family=\"orders\"}"};
    struct reader *reader = NULL;
    struct response response = {.status = 0};
    struct strbuf out = {0};
    const struct scrape what = {service.config, format, true, true,
                                &reader,        0,      NULL, NULL};
    scrape_run(&what, &response);
    assert_int_equal(response.status, 200);
    unpack_body(&response);
    if (format == EXPOSITION_PROTOBUF)
        show_families(&response.body);
    for (const char *line = response.body.data; line && *line;) {
        const size_t len = strcspn(line, "\n");
        const char *name = line;
        bool wanted = false;
        if (strncmp(line, "# HELP ", 7) == 0 ||
            strncmp(line, "# TYPE ", 7) == 0 ||
            strncmp(line, "# UNIT ", 7) == 0)
            name += 7;
        for (size_t i = 0; i < COUNT(names); i++)
            wanted = wanted || strncmp(name, names[i], strlen(names[i])) == 0;
        if (wanted)
            strbuf_printf(&out, "%.*s\n", (int)len, line);
        line += len + 1;
    }
    response_free(&response);
    reader_close(reader);
    return out;
}

static void assert_scrape(enum exposition_format format, const char *suffix) {
    struct strbuf text = scrape(format);
    corpus_expect("tests/data/scrape/queries.c", suffix, &text);
    strbuf_free(&text);
}

static void test_formats(void **state) {
    (void)state;
    shop_run("CREATE TABLE orders (state TEXT); INSERT INTO orders VALUES "
             "('open'), ('open'), ('paid'), (NULL), ('a\"b')");
    scratch_write("metrics.d/queries.json", queries);
    service_reload(&service, true);
    outsider_run("UPDATE sql_query SET started_at = unixepoch() "
                 "WHERE name = 'late'");
    for (int i = 0; i < 3; i++)
        sql_runner_run_due(&service);
    /* Again after one state was deleted. */
    shop_run("DELETE FROM orders WHERE state = 'a\"b'");
    outsider_run("UPDATE sql_query SET started_at = 0 WHERE name = 'orders'");
    sql_runner_run_due(&service);
    outsider_run("UPDATE sql_query SET seconds = 0.25, succeeded_at = "
                 "iif(succeeded_at > 0, 1700000000.5, 0); "
                 "UPDATE series SET created_at = 1700000000");
    assert_scrape(EXPOSITION_TEXT, ".text");
    assert_scrape(EXPOSITION_OPENMETRICS, ".openmetrics");
    assert_scrape(EXPOSITION_PROTOBUF, ".protobuf");
}

static void test_none(void **state) {
    (void)state;
    for (int i = EXPOSITION_TEXT; i <= EXPOSITION_PROTOBUF; i++) {
        struct strbuf text = scrape((enum exposition_format)i);
        assert_int_equal(text.len, 0);
        strbuf_free(&text);
    }
    sql_runner_run_due(&service);
    assert_rows("SELECT * FROM sql_query", "");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_formats), TEST(test_none)};
    return cmocka_run_group_tests_name("sql_scrape", tests, NULL, NULL);
}

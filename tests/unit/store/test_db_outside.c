/* Queries of another program's database: the results, the refusals, and the
 * text of each message. */
#include "outside_fixture.h"

#define GAUGE .type = METRIC_GAUGE
#define COUNTER .type = METRIC_COUNTER

/* A row after 999 others. */
#define MANY(COUNT)                                                            \
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "         \
    "LIMIT " COUNT ") "

/* --- results -------------------------------------------------------------- */

static const struct outside_case results[] = {
    {"no rows", "SELECT 1 WHERE 0", .want = "", GAUGE},
    {"a number", "SELECT 3", .want = "{} 3\n", GAUGE},
    {"VALUES", "VALUES (3)", .want = "{} 3\n", GAUGE},
    {"comments and a semicolon", "-- of the shop\nSELECT 3; /* all */ ; -- it",
     .want = "{} 3\n", GAUGE},
    {"by a label",
     "SELECT state, count(*) AS n FROM orders GROUP BY state",
     {"state"},
     .want = "{\"state\":\"new\"} 2\n{\"state\":\"sent\"} 1\n",
     GAUGE},
    {"the value first, labels in any order",
     "SELECT 5, 'x' AS b, 'y' AS a",
     {"a", "b"},
     .want = "{\"a\":\"y\",\"b\":\"x\"} 5\n",
     GAUGE},
    {"labels that are numbers",
     "SELECT 7 AS a, 1.5 AS b, 1",
     {"a", "b"},
     .want = "{\"a\":\"7\",\"b\":\"1.5\"} 1\n",
     GAUGE},
    {"NULL as a label",
     "SELECT NULL AS a, 1",
     {"a"},
     .want = "{\"a\":\"\"} 1\n",
     GAUGE},
    {"NULL as the value",
     "SELECT column1 AS a, column2 FROM (VALUES "
     "('x', NULL), ('y', 2), ('x', NULL))",
     {"a"},
     .want = "{\"a\":\"y\"} 2\n",
     GAUGE},
    {"texts that are numbers", "SELECT '12.5'", .want = "{} 12.5\n", GAUGE},
    {"quotes and lines in a label",
     "SELECT 'a\"b\\' || char(10) AS a, 1",
     {"a"},
     .want = "{\"a\":\"a\\\"b\\\\\\n\"} 1\n",
     GAUGE},
    {"the longest label",
     "SELECT '01234567890123456789' AS a, 1",
     {"a"},
     .want = "{\"a\":\"01234567890123456789\"} 1\n",
     GAUGE},
    {"below 0", "SELECT -1.5", .want = "{} -1.5\n", GAUGE},
    {"-0", "SELECT -0.0", .want = "{} 0\n", GAUGE},
    {"the largest", "SELECT 1e100", .want = "{} 1e+100\n", GAUGE},
    {"a counter at 0", "SELECT 0", .want = "{} 0\n", COUNTER},
    {"a view and a window",
     "SELECT max(n) FROM (SELECT row_number() OVER "
     "(ORDER BY state) AS n FROM by_state)",
     .want = "{} 2\n", GAUGE},
    {"full text", "SELECT count(*) FROM notes WHERE notes MATCH 'gift'",
     .want = "{} 1\n", GAUGE},
    {"a table of JSON", "SELECT sum(value) FROM json_each('[1,2]')",
     .want = "{} 3\n", GAUGE},
    {"1000 rows", "SELECT count(*) FROM (" MANY("1000") "SELECT n FROM c)",
     .want = "{} 1000\n", GAUGE},
};

/* --- refusals ------------------------------------------------------------- */

#define READS "; must be one SELECT statement, which only reads"

static const struct outside_case refusals[] = {
    /* Statements that do more than read. */
    {"INSERT", "INSERT INTO orders (state) VALUES ('x')",
     .want = "query q: inserts into orders" READS, GAUGE},
    {"INSERT that returns rows",
     "INSERT INTO orders (state) VALUES ('x') RETURNING id",
     .want = "query q: inserts into orders" READS, GAUGE},
    {"UPDATE", "UPDATE orders SET state = 'x'",
     .want = "query q: updates orders" READS, GAUGE},
    {"UPDATE of the schema", "UPDATE sqlite_schema SET sql = 'x'",
     .want = "query q: table sqlite_master may not be modified", GAUGE},
    {"DELETE", "DELETE FROM orders",
     .want = "query q: deletes from orders" READS, GAUGE},
    {"WITH before DELETE",
     "WITH a AS (SELECT 1) DELETE FROM orders WHERE id IN a",
     .want = "query q: deletes from orders" READS, GAUGE},
    {"CREATE", "CREATE TABLE t (a)",
     .want = "query q: changes the schema in sqlite_master" READS, GAUGE},
    {"CREATE TEMP", "CREATE TEMP TABLE t AS SELECT 1",
     .want = "query q: changes the schema in sqlite_temp_master" READS, GAUGE},
    {"DROP", "DROP TABLE orders",
     .want = "query q: changes the schema in sqlite_master" READS, GAUGE},
    {"ALTER", "ALTER TABLE orders RENAME TO o",
     .want = "query q: is not a query but changes main" READS, GAUGE},
    {"ATTACH", "ATTACH 'other.db' AS other",
     .want = "query q: attaches other.db" READS, GAUGE},
    {"PRAGMA", "PRAGMA journal_mode = DELETE",
     .want = "query q: is PRAGMA journal_mode" READS, GAUGE},
    {"PRAGMA that reads", "PRAGMA table_info(orders)",
     .want = "query q: is PRAGMA table_info" READS, GAUGE},
    {"PRAGMA of full-text search", "PRAGMA data_version",
     .want = "query q: is not a query" READS, GAUGE},
    {"a pragma as a table", "SELECT cid FROM pragma_table_info('orders')",
     .want = "query q: reads pragma_table_info" READS, GAUGE},
    {"load_extension", "SELECT load_extension('/tmp/x')",
     .want = "query q: calls load_extension" READS, GAUGE},
    {"an unbounded array",
     "SELECT json_array_length(json_group_array(id)) FROM orders",
     .want = "query q: calls json_group_array" READS, GAUGE},
    {"an object of that kind",
     "SELECT length(JSON_GROUP_OBJECT(id, id)) FROM orders",
     .want = "query q: calls json_group_object" READS, GAUGE},
    {"writefile", "SELECT writefile('/tmp/x', 'x')",
     .want = "query q: no such function: writefile", GAUGE},
    {"readfile", "SELECT readfile('/etc/passwd')",
     .want = "query q: no such function: readfile", GAUGE},
    {"VACUUM", "VACUUM", .want = "query q: is not a query" READS, GAUGE},
    {"VACUUM INTO", "VACUUM INTO '/tmp/x'",
     .want = "query q: is not a query" READS, GAUGE},
    {"BEGIN", "BEGIN IMMEDIATE",
     .want = "query q: is not a query but changes BEGIN" READS, GAUGE},
    {"EXPLAIN", "EXPLAIN SELECT 1", .want = "query q: is not a query" READS,
     GAUGE},
    {"EXPLAIN QUERY PLAN", "EXPLAIN QUERY PLAN SELECT 1",
     .want = "query q: is not a query" READS, GAUGE},
    {"a second statement", "SELECT 1; SELECT 2",
     .want = "query q: has a second statement after the first; must be one "
             "SELECT statement",
     GAUGE},
    {"a second statement that writes", "SELECT 1; DELETE FROM orders",
     .want = "query q: has a second statement after the first; must be one "
             "SELECT statement",
     GAUGE},
    {"a second one that is none", "SELECT 1; nonsense",
     .want = "query q: has a second statement after the first; must be one "
             "SELECT statement",
     GAUGE},
    {"nothing", "-- none",
     .want = "query q: has no statement; must be a SELECT statement", GAUGE},
    {"?", "SELECT ?",
     .want = "query q: has parameters, such as ? or :name; replace them by "
             "values",
     GAUGE},
    {":name", "SELECT :since",
     .want = "query q: has parameters, such as ? or :name; replace them by "
             "values",
     GAUGE},
    {"no SQL", "SELEKT 1", .want = "query q: near \"SELEKT\": syntax error",
     GAUGE},
    {"no such table", "SELECT 1 FROM others",
     .want = "query q: no such table: others", GAUGE},
    {"a label is missing",
     "SELECT State AS \"State\", count(*) AS n FROM orders",
     {"state"},
     .want = "query q: the result has no column state, which `labels` names, "
             "but State, n; must have it, for example by AS state",
     GAUGE},
    {"no value",
     "SELECT state FROM orders",
     {"state"},
     .want = "query q: the result has no column besides its labels; must have "
             "one, the value",
     GAUGE},
    {"two values",
     "SELECT state, id, id * 2 AS twice FROM orders",
     {"state"},
     .want =
         "query q: the result has the columns id, twice besides its labels; "
         "must have one, the value, and `labels` name the others",
     GAUGE},
    {"two columns of one name",
     "SELECT 'a' AS a, 'b' AS a, 1 AS n",
     {"a"},
     .want =
         "query q: the result has the columns a, n besides its labels; must "
         "have one, the value, and `labels` name the others",
     GAUGE},
    {"a text", "SELECT 1 AS n UNION ALL SELECT 'ten\x1b'",
     .want = "query q: row 2: the column n is \"ten?\", must be a number",
     GAUGE},
    {"an empty text", "SELECT '' AS n",
     .want = "query q: row 1: the column n is \"\", must be a number", GAUGE},
    {"a blob", "SELECT x'31' AS n",
     .want = "query q: row 1: the column n is a blob, must be a number", GAUGE},
    {"infinity", "SELECT 9e999 AS n",
     .want = "query q: row 1: the column n is +Inf, must be a finite number "
             "between -1e100 and 1e100",
     GAUGE},
    {"NaN as a text", "SELECT 'NaN' AS n",
     .want = "query q: row 1: the column n is NaN, must be a finite number "
             "between -1e100 and 1e100",
     GAUGE},
    {"too large", "SELECT -2e100 AS n",
     .want = "query q: row 1: the column n is -2e+100, must be a finite number "
             "between -1e100 and 1e100",
     GAUGE},
    {"a counter below 0", "SELECT -1 AS n",
     .want = "query q: row 1: the column n is -1, must be at least 0, because "
             "the query is a counter",
     COUNTER},
    {"a blob as a label",
     "SELECT x'00' AS a, 1",
     {"a"},
     .want = "query q: row 1: the column a is a blob, must be a text",
     GAUGE},
    {"invalid UTF-8",
     "SELECT CAST(x'ff' AS TEXT) AS a, 1",
     {"a"},
     .want = "query q: row 1: the column a is not UTF-8 text, or has a NUL, "
             "must be plain text",
     GAUGE},
    {"NUL",
     "SELECT 'a' || char(0) || 'b' AS a, 1",
     {"a"},
     .want = "query q: row 1: the column a is not UTF-8 text, or has a NUL, "
             "must be plain text",
     GAUGE},
    {"a label that is too long",
     "SELECT '0123456789012345678901' AS a, 1",
     {"a"},
     .want = "query q: row 1: the column a is 22 bytes long, must be at most "
             "limits.label_value_bytes, 20, long",
     GAUGE},
    {"the same labels",
     "SELECT state, id FROM orders ORDER BY id",
     {"state"},
     .want = "query q: row 2: the labels {state=\"new\"} repeat an earlier "
             "row; must be unique, for example by GROUP BY",
     GAUGE},
    {"NULL and an empty label",
     "SELECT '' AS a, 1 UNION ALL SELECT NULL, 2",
     {"a"},
     .want = "query q: row 2: the labels {a=\"\"} repeat an earlier row; "
             "must be unique, for example by GROUP BY",
     GAUGE},
    {"rows without labels", "SELECT id FROM orders",
     .want = "query q: the result has a second row; must be one, since the "
             "query has no labels",
     GAUGE},
    {"1001 rows",
     MANY("1001") "SELECT n AS a, n FROM c",
     {"a"},
     .want = "query q: the result has more than 1000 rows; must have fewer, "
             "for example by GROUP BY or LIMIT",
     GAUGE},
    {"a text of 1 GB", "SELECT length(hex(zeroblob(500000000)))",
     .want = "query q: a text or blob is too big; must have at most "
             "1000000 bytes",
     GAUGE},
    {"a text that grows",
     "SELECT length(group_concat(a)) FROM (" MANY(
         "2000") "SELECT hex(zeroblob(500)) AS a FROM c)",
     .want = "query q: a text or blob is too big; must have at most "
             "1000000 bytes",
     GAUGE},
    {"a temporary table of 100 MB",
     "SELECT count(DISTINCT a) FROM (" MANY(
         "1000") "SELECT randomblob(100000) AS a FROM c)",
     .want = "query q: sorts or collects too much; must read fewer rows",
     GAUGE},
    {"a sort of 100 MB",
     "SELECT sum(length(a)) FROM (" MANY(
         "1000") "SELECT randomblob(100000) AS a FROM c ORDER BY a LIMIT 990)",
     .want = "query q: sorts or collects too much; must read fewer rows",
     GAUGE},
};

static void check_cases(const struct outside_case *cases, size_t count) {
    sqlite3 *shop = shop_open("DELETE");
    outsider_execute(shop,
                     "CREATE VIEW by_state AS SELECT state, count(*) AS n FROM "
                     "orders GROUP BY state;"
                     "CREATE VIRTUAL TABLE notes USING fts5 (text);"
                     "INSERT INTO notes VALUES ('a gift'), ('none');");
    for (size_t i = 0; i < count; i++) {
        struct strbuf got =
            outside_run(&cases[i], scratch_path("shop.db"), 1, no_seconds);
        if (strcmp(got.data, cases[i].want) != 0)
            fail_msg("%s wants\n  %s\nbut it is\n  %s", cases[i].name,
                     cases[i].want, got.data);
        strbuf_free(&got);
    }
    sqlite3_close(shop);
    outside_expect(
        outside_ask("SELECT count(*) FROM orders", scratch_path("shop.db")), "",
        "{} 3\n");
}

/* Only a prefix is compared: SQLite 3.46 adds more text. */
static void test_double_quotes(void **state) {
    static const char want[] = "query q: no such column: ";
    (void)state;
    sqlite3 *shop = shop_open("DELETE");
    struct strbuf got =
        outside_ask("SELECT count(*) FROM orders WHERE state = \"new\"",
                    scratch_path("shop.db"));
    sqlite3_close(shop);
    if (strncmp(got.data, want, sizeof(want) - 1) != 0)
        fail_msg("wants %s, but it is %s", want, got.data);
    strbuf_free(&got);
}

static void test_results(void **state) {
    (void)state;
    check_cases(results, sizeof(results) / sizeof(results[0]));
}

static void test_refusals(void **state) {
    (void)state;
    check_cases(refusals, sizeof(refusals) / sizeof(refusals[0]));
}

/* SQLite 3.40 considers each JSON function in a schema unsafe: then one
 * generated column or index with it keeps queries from every table. */
static void test_schema_with_functions(void **state) {
    static const struct {
        const char *sql;
        const char *want;
    } cases[] = {
        {"SELECT count(*) FROM orders", "{} 3\n"},
        {"SELECT sum(total) FROM carts", "{} 12\n"},
        {"SELECT count(*) FROM carts WHERE doc ->> 'state' = 'open'", "{} 1\n"},
        {"SELECT count(*) FROM cart_states WHERE state = 'open'", "{} 1\n"},
        {"SELECT max(cid) FROM pragmas",
         "query q: reads pragma_table_info" READS},
        {"SELECT n FROM arrays", "query q: calls json_group_array" READS},
        {"SELECT n FROM extensions", "query q: unsafe use of load_extension()"},
    };
    (void)state;
    sqlite3 *shop = shop_open("DELETE");
    outsider_execute(
        shop,
        "CREATE TABLE carts (id INTEGER PRIMARY KEY, doc TEXT, "
        "total AS (json_extract(doc, '$.total')));"
        "CREATE INDEX cart_state ON carts (doc ->> 'state');"
        "CREATE VIEW cart_states AS SELECT doc ->> 'state' AS state FROM carts;"
        "CREATE VIEW pragmas AS SELECT cid FROM pragma_table_info('carts');"
        "CREATE VIEW arrays AS SELECT "
        "json_array_length(json_group_array(id)) AS n FROM carts;"
        "CREATE VIEW extensions AS SELECT load_extension('/tmp/x') AS n;"
        "INSERT INTO carts (doc) VALUES ('{\"state\":\"open\",\"total\":12}')");
    sqlite3_close(shop);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        outside_expect(outside_ask(cases[i].sql, scratch_path("shop.db")), "",
                       cases[i].want);
}

/* A view of another program may be longer than a query. */
static void test_long_schema(void **state) {
    struct strbuf view = {0};
    (void)state;
    sqlite3 *shop = shop_open("DELETE");
    strbuf_add_string(&view, "CREATE VIEW long AS SELECT CASE id");
    for (int i = 0; view.len <= SQL_QUERY_TEXT_MAX; i++)
        strbuf_printf(&view, " WHEN %d THEN 'a label of some length'", i);
    strbuf_add_string(&view, " END AS label FROM orders");
    outsider_execute(shop, view.data);
    sqlite3_close(shop);
    strbuf_free(&view);
    outside_expect(
        outside_ask("SELECT count(*) FROM orders", scratch_path("shop.db")), "",
        "{} 3\n");
}

/* A result of a thousand rows is read whole. */
static void test_thousand_rows_are_read(void **state) {
    const struct outside_case row = {
        .sql = MANY("1000") "SELECT n AS a, n * 2 FROM c",
        .labels = {"a"},
        .type = METRIC_COUNTER};
    (void)state;
    sqlite3_close(shop_open("DELETE"));
    struct strbuf got =
        outside_run(&row, scratch_path("shop.db"), 1, no_seconds);
    struct strbuf want = {0};
    for (int i = 1; i <= 1000; i++)
        strbuf_printf(&want, "{\"a\":\"%d\"} %d\n", i, i * 2);
    assert_string_equal(got.data, want.data);
    strbuf_free(&want);
    strbuf_free(&got);
}

static void add_columns(struct strbuf *sql, const char *column, int count) {
    for (int i = 0; i < count; i++)
        strbuf_printf(sql, "%s%s%d", i > 0 ? ", " : "", column, i);
}

/* A result has at most 100 columns, as each value may have a megabyte. A table
 * may have more columns. */
static void test_columns(void **state) {
    struct strbuf wide = {0};
    struct strbuf sql = {0};
    const char *path = scratch_path("shop.db");
    (void)state;
    sqlite3 *shop = shop_open("DELETE");
    strbuf_add_string(&wide, "CREATE TABLE wide (");
    add_columns(&wide, "c", 300);
    strbuf_add_string(&wide, "); INSERT INTO wide (c299) VALUES (7)");
    outsider_execute(shop, wide.data);
    outside_expect(outside_ask("SELECT c299 FROM wide", path), "", "{} 7\n");
    strbuf_add_string(&sql, "SELECT 1 FROM (SELECT ");
    add_columns(&sql, "randomblob(9) AS c", 101);
    strbuf_add_string(&sql, ")");
    outside_expect(outside_ask(sql.data, path), "",
                   "query q: too many columns in result set");
    strbuf_free(&wide);
    strbuf_free(&sql);
    sqlite3_close(shop);
}

/* --- time ----------------------------------------------------------------- */

/* Neither statement ends without the deadline. */
static void test_endless_statement_is_interrupted(void **state) {
    static const char *const endless[] = {
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
        "SELECT n FROM c WHERE n < 0",
        "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT 1 FROM c) "
        "SELECT count(*) FROM c",
        "SELECT count(*) FROM orders AS a, orders AS b, orders AS c, orders "
        "AS d, orders AS e, orders AS f, orders AS g, orders AS h, orders AS "
        "i, orders AS j, orders AS k, orders AS l, orders AS m, orders AS n, "
        "orders AS o, orders AS p, orders AS q, orders AS r, orders AS s"};
    (void)state;
    sqlite3_close(shop_open("DELETE"));
    for (size_t i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
        const struct outside_case row = {.sql = endless[i],
                                         .type = METRIC_GAUGE};
        outside_expect(
            outside_run(&row, scratch_path("shop.db"), 1.5, slow_seconds), "",
            "query q: took longer than `timeout`, 1.5 seconds, and was "
            "stopped; add an index to make it faster, or raise `timeout`");
        /* The statement ends soon after the deadline. */
        assert_in_range(readings, READINGS_OF_SECOND, READINGS_OF_SECOND * 2);
    }
}

/* A single operation cannot be interrupted: its result is too late and
 * refused. */
static void test_late_result_is_refused(void **state) {
    const struct outside_case row = {.sql = "SELECT count(*) FROM orders",
                                     .type = METRIC_GAUGE};
    (void)state;
    sqlite3_close(shop_open("DELETE"));
    outside_expect(
        outside_run(&row, scratch_path("shop.db"), 0.001, slow_seconds), "",
        "query q: took longer than `timeout`, 0.001 seconds, and was "
        "stopped; add an index to make it faster, or raise `timeout`");
}

static void test_lock_is_awaited_until_the_deadline(void **state) {
    (void)state;
    sqlite3 *shop = shop_open("DELETE");
    const struct outside_case row = {.sql = "SELECT count(*) FROM orders",
                                     .type = METRIC_GAUGE};
    outsider_execute(shop, "BEGIN EXCLUSIVE; DELETE FROM orders");
    outside_expect(
        outside_run(&row, scratch_path("shop.db"), 0.5, slow_seconds),
        scratch_path("shop.db"),
        "query q: database %: is locked by another program, for all of "
        "`timeout`, 0.5 seconds");
    assert_in_range(readings, READINGS_OF_SECOND / 2, READINGS_OF_SECOND);
    outsider_execute(shop, "COMMIT");
    outside_expect(
        outside_run(&row, scratch_path("shop.db"), 0.5, slow_seconds), "",
        "{} 0\n");
    sqlite3_close(shop);
}

int main(void) {
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)
    const struct CMUnitTest tests[] = {
        TEST(test_results),
        TEST(test_refusals),
        TEST(test_double_quotes),
        TEST(test_schema_with_functions),
        TEST(test_long_schema),
        TEST(test_thousand_rows_are_read),
        TEST(test_columns),
        TEST(test_endless_statement_is_interrupted),
        TEST(test_late_result_is_refused),
        TEST(test_lock_is_awaited_until_the_deadline),
    };
    return cmocka_run_group_tests_name("db_outside", tests, NULL, NULL);
}

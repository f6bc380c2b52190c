/* The dashboard's page and files: whole responses, by the client's encodings
 * and cached version. */
#include "base/gzip.h"
#include "endpoints/page_file.h"
#include "one_service_fixture.h"

static const struct page_file *file_of(const char *path) {
    const struct page_file *file = page_files;
    while (file->path && strcmp(file->path, path) != 0)
        file++;
    assert_non_null(file->path);
    return file;
}

/* Answers a GET with these headers. */
static struct exchange get(const char *path, const char *accept,
                           const char *known, int status,
                           const char *encoding) {
    const struct page_file *file = file_of(path);
    struct strbuf want = {0};
    char uri[100];
    char lines[2][200];
    (void)snprintf(uri, sizeof(uri), "/%s", path);
    (void)snprintf(lines[0], sizeof(lines[0]), "HTTP_ACCEPT_ENCODING=%s",
                   accept);
    (void)snprintf(lines[1], sizeof(lines[1]), "HTTP_IF_NONE_MATCH=%s", known);
    const struct asked asked = {"GET", uri, NULL, 0, {lines[0], lines[1]}};
    struct exchange exchange = answer(&service, &asked);
    strbuf_printf(
        &want,
        "ETag: \"%s%s\"\r\n"
        "Cache-Control: no-cache\r\n"
        "Vary: Accept-Encoding\r\n"
        "Content-Security-Policy: default-src 'none'; script-src 'self'; "
        "style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
        "Cross-Origin-Resource-Policy: same-origin\r\n"
        "Referrer-Policy: no-referrer\r\n"
        "X-Frame-Options: DENY\r\n%s",
        file->tag, *encoding ? "-gzip" : "",
        *encoding && status == 200 ? "Content-Encoding: gzip\r\n" : "");
    assert_int_equal(exchange.response.status, status);
    assert_string_equal(exchange.response.headers.data, want.data);
    strbuf_free(&want);
    return exchange;
}

static const struct {
    const char *path, *type, *begin;
} files[] = {
    {"", "text/html; charset=utf-8", "<!doctype html>"},
    {"dashboard.js", "text/javascript; charset=utf-8", "/*"},
    {"dashboard.css", "text/css; charset=utf-8", ""},
    {"tallyman.svg", "image/svg+xml; charset=utf-8", "<svg"},
};

/* Both encodings have the same content. */
static void test_files(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct strbuf inflated = {0};
        struct err err = {.code = ERR_NONE};
        struct exchange plain = get(files[i].path, "", "", 200, "");
        struct exchange packed =
            get(files[i].path, "deflate, gzip;q=1.0", "", 200, "gzip");
        const struct strbuf *body = &plain.response.body;
        const struct strbuf *small = &packed.response.body;
        assert_string_equal(plain.response.content_type, files[i].type);
        assert_string_equal(packed.response.content_type, files[i].type);
        assert_int_equal(body->len, file_of(files[i].path)->len);
        assert_memory_equal(body->data, files[i].begin, strlen(files[i].begin));
        assert_int_equal(
            gzip_inflate(small->data, small->len, body->len, &inflated, &err),
            0);
        assert_int_equal(inflated.len, body->len);
        assert_memory_equal(inflated.data, body->data, body->len);
        assert_true(small->len < body->len || body->len < 500);
        strbuf_free(&inflated);
        exchange_free(&plain);
        exchange_free(&packed);
    }
}

/* A cached file is not sent again, unless its version changed. */
static void test_known(void **state) {
    static const struct {
        const char *tags; /* % is the tag without its quotes */
        int status;
    } cases[] = {
        {"\"%\"", 304}, {"W/\"%\"", 304}, {"\"a\", \"b,c\", \"%\"", 304},
        {"*", 304},     {"\"%0\"", 200},  {"%", 200},
        {"\"\"", 200},  {"W/", 200},      {"\"%-gzip\"", 200},
    };
    const struct page_file *file = file_of("dashboard.js");
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char tags[200];
        const char *mark = strchr(cases[i].tags, '%');
        (void)snprintf(tags, sizeof(tags), "%.*s%s%s",
                       mark ? (int)(mark - cases[i].tags) : 200, cases[i].tags,
                       mark ? file->tag : "", mark ? mark + 1 : "");
        struct exchange exchange =
            get("dashboard.js", "", tags, cases[i].status, "");
        if (cases[i].status == 304) {
            assert_int_equal(exchange.response.body.len, 0);
            assert_null(exchange.response.content_type);
        }
        exchange_free(&exchange);
    }
}

/* A URL without trailing slash, also behind a proxy that changes the path. */
static void test_slash(void **state) {
    static const struct {
        const char *uri, *location;
    } cases[] = {
        {"/m", "./m/"},
        {"/m?range=7d&x=/", "./m/?range=7d&x=/"},
        {"http://localhost/m", "./m/"},
    };
    (void)state;
    service.config->mount = "/m/";
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[200];
        const struct asked asked = {"GET", cases[i].uri, NULL, 0, {NULL}};
        struct exchange exchange = answer(&service, &asked);
        assert_int_equal(exchange.response.status, 308);
        (void)snprintf(want, sizeof(want), "Location: %s\r\n",
                       cases[i].location);
        assert_string_equal(exchange.response.headers.data, want);
        exchange_free(&exchange);
    }
    const struct asked page = {"HEAD", "/m/", NULL, 0, {NULL}};
    struct exchange exchange = answer(&service, &page);
    assert_int_equal(exchange.response.status, 200);
    exchange_free(&exchange);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_service, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_files), TEST(test_known),
                                       TEST(test_slash)};
    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}

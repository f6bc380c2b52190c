#include "http/response.h"

#include "check.h"

static void heads(void **state) {
    static const struct {
        int status;
        const char *want;
    } cases[] = {
        {200, "200 OK"},
        {201, "201 Created"},
        {202, "202 Accepted"},
        {204, "204 No Content"},
        {400, "400 Bad Request"},
        {401, "401 Unauthorized"},
        {403, "403 Forbidden"},
        {404, "404 Not Found"},
        {405, "405 Method Not Allowed"},
        {413, "413 Content Too Large"},
        {415, "415 Unsupported Media Type"},
        {500, "500 Internal Server Error"},
        {503, "503 Service Unavailable"},
        {299, "299 Status"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct response response = {.status = cases[i].status};
        struct strbuf out = {0};
        struct strbuf want = {0};
        response_write_head(&response, &out);
        strbuf_printf(&want,
                      "Status: %s\r\n"
                      "X-Content-Type-Options: nosniff\r\n"
                      "\r\n",
                      cases[i].want);
        check_text(cases[i].want, out.data, want.data);
        strbuf_free(&out);
        strbuf_free(&want);
        response_free(&response);
    }
}

static void set(void **state) {
    struct response response = {0};
    struct strbuf out = {0};
    (void)state;
    response_add_header(&response, "Vary", "Origin");
    response_set(&response, 200, "a longer text before");
    response_set(&response, 405, "%s is not allowed here, must be %s", "GET",
                 "POST");
    response_add_header(&response, "Allow", "POST");
    strbuf_add_string(&out, "<");
    response_write_head(&response, &out);
    check_text("head", out.data,
               "<Status: 405 Method Not Allowed\r\n"
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Length: 38\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "Vary: Origin\r\n"
               "Allow: POST\r\n"
               "\r\n");
    check_text("body", response.body.data,
               "GET is not allowed here, must be POST\n");
    assert_int_equal(response.body.len, 38);
    strbuf_free(&out);
    response_free(&response);
}

/* A long message is still one line. */
static void long_line(void **state) {
    struct response response = {0};
    char text[5000];
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    response_set(&response, 400, "%s", text);
    assert_in_range(response.body.len, 400, 1024);
    assert_int_equal(response.body.data[response.body.len - 1], '\n');
    assert_int_equal(strspn(response.body.data, "x"), response.body.len - 1);
    response_free(&response);
}

static void another_type(void **state) {
    struct response response = {.status = 200, .content_type = "text/x"};
    struct strbuf out = {0};
    (void)state;
    strbuf_add(&response.body, "a\0b", 3);
    response_write_head(&response, &out);
    check_text("head", out.data,
               "Status: 200 OK\r\n"
               "Content-Type: text/x\r\n"
               "Content-Length: 3\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "\r\n");
    strbuf_free(&out);
    response_free(&response);
}

static void reset(void **state) {
    struct response response = {0};
    struct strbuf out = {0};
    (void)state;
    response_set(&response, 503, "busy");
    response_add_header(&response, "Retry-After", "1");
    response_reset(&response);
    assert_int_equal(response.status, 0);
    assert_null(response.content_type);
    assert_int_equal(response.body.len, 0);
    response.status = 204;
    response_write_head(&response, &out);
    check_text("head", out.data,
               "Status: 204 No Content\r\n"
               "X-Content-Type-Options: nosniff\r\n"
               "\r\n");
    strbuf_free(&out);
    response_free(&response);
}

/* A reply without a part of its headers or body may look complete. */
static void no_memory(void **state) {
    struct response response = {.status = 200};
    struct strbuf out = {0};
    (void)state;
    response_write_head(&response, &out);
    assert_false(out.failed);
    response.headers.failed = true;
    response_write_head(&response, &out);
    assert_true(out.failed);
    response = (struct response){.status = 200, .body = {.failed = true}};
    strbuf_free(&out);
    response_write_head(&response, &out);
    assert_true(out.failed);
    strbuf_free(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads),     cmocka_unit_test(set),
        cmocka_unit_test(long_line), cmocka_unit_test(another_type),
        cmocka_unit_test(reset),     cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests_name("response", tests, NULL, NULL);
}

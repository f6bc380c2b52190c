/* Login with a token, the cookie, and logout. */
#include "one_service_fixture.h"

static int open_with_token(void **state) {
    if (open_service(state) != 0)
        return -1;
    service.config->scrape_token = "a secret+";
    return 0;
}

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"
#define TOKEN "token=a+secret%2B"
#define PAGE "HTTP_SEC_FETCH_SITE=same-origin"

struct login_case {
    const char *name;
    const char *body;
    int status;
    const char *answer; /* prefix */
    const char *cookie; /* attributes after the value; NULL: no cookie */
    const char *environment[6];
};

static const char set[] = "Set-Cookie: tallyman=";

static void check_case(const char *uri, const struct login_case *row) {
    struct asked asked = {"POST", uri, row->body, strlen(row->body), {FORM}};
    for (size_t i = 0; i < 6 && row->environment[i]; i++)
        asked.environment[i + 1] = row->environment[i];
    struct exchange exchange = answer(&service, &asked);
    const struct response *response = &exchange.response;
    const char *body = response->body.data ? response->body.data : "";
    if (response->status != row->status ||
        strncmp(body, row->answer, strlen(row->answer)) != 0)
        fail_msg("%s: %d %s", row->name, response->status, body);
    assert_int_equal(
        strncmp(response->headers.data, "Cache-Control: no-store\r\n", 25), 0);
    const char *cookie = strstr(response->headers.data, set);
    if (!cookie != !row->cookie)
        fail_msg("%s: %s", row->name, response->headers.data);
    if (cookie)
        assert_string_equal(strchr(cookie, ';'), row->cookie);
    exchange_free(&exchange);
}

#define KEPT "; Max-Age=2592000; HttpOnly; SameSite=Strict"
#define FOREIGN "a page of another origin"

static void test_login(void **state) {
    static const struct login_case cases[] = {
        {"for the tab", TOKEN, 204, "", NULL, {PAGE}},
        {"kept", TOKEN "&keep=1", 204, "", KEPT "\r\n", {PAGE}},
        {"not kept", TOKEN "&keep=0", 204, "", NULL, {PAGE}},
        {"other names", "a=b&" TOKEN "&keep=1&c", 204, "", KEPT "\r\n", {PAGE}},
        {"over TLS",
         TOKEN "&keep=1",
         204,
         "",
         KEPT "; Secure\r\n",
         {"HTTPS=on"}},
        {"TLS at a proxy",
         TOKEN "&keep=1",
         204,
         "",
         KEPT "; Secure\r\n",
         {"HTTP_ORIGIN=https://www.example.org", "HTTP_HOST=www.example.org"}},
        {"no page", TOKEN, 204, "", NULL, {NULL}},
        {"wrong", "token=a+secret", 401, "the token is unknown", NULL, {PAGE}},
        {"not decoded",
         "token=a secret+",
         401,
         "the token is unknown",
         NULL,
         {PAGE}},
        {"NUL behind", TOKEN "%00", 401, "the token is unknown", NULL, {PAGE}},
        {"none", "keep=1", 400, "the form has no `token`", NULL, {PAGE}},
        {"empty", "token=", 400, "the form has no `token`", NULL, {PAGE}},
        {"nothing", "", 400, "the form has no `token`", NULL, {PAGE}},
        {"cut short",
         TOKEN,
         400,
         "the body is shorter",
         NULL,
         {"CONTENT_LENGTH=100"}},
        {"no form",
         TOKEN,
         415,
         "Content-Type must be",
         NULL,
         {"CONTENT_TYPE=text/plain"}},
        {"another site",
         TOKEN "&keep=1",
         403,
         FOREIGN,
         NULL,
         {"HTTP_SEC_FETCH_SITE=cross-site"}},
        {"another host of the site",
         TOKEN "&keep=1",
         403,
         FOREIGN,
         NULL,
         {"HTTP_SEC_FETCH_SITE=same-site"}},
        {"another origin",
         TOKEN "&keep=1",
         403,
         FOREIGN,
         NULL,
         {"HTTP_ORIGIN=https://app.example.org", "HTTP_HOST=www.example.org"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case("/login", &cases[i]);
}

static void test_logout(void **state) {
    static const struct login_case cases[] = {
        {"own page",
         "",
         204,
         "",
         "; Max-Age=0; HttpOnly; SameSite=Strict\r\n",
         {PAGE}},
        {"another site",
         "",
         403,
         FOREIGN,
         NULL,
         {"HTTP_SEC_FETCH_SITE=cross-site"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case("/logout", &cases[i]);
}

static void test_no_login(void **state) {
    static const struct login_case other = {
        "other view", TOKEN, 403, "there is no login, since `view`",
        NULL,         {PAGE}};
    static const struct login_case none = {
        "no token", TOKEN, 403, "no token is configured", NULL, {PAGE}};
    const struct asked get = {"GET", "/login", NULL, 0, {NULL}};
    (void)state;
    assert_answer(&service, &get, 405, "GET is not allowed here, must be POST");
    service.config->view = VIEW_PUBLIC;
    check_case("/login", &other);
    service.config->view = VIEW_SERVER;
    check_case("/login", &other);
    service.config->view = VIEW_TOKEN;
    service.config->scrape_token = NULL;
    check_case("/login", &none);
}

/* Wrong tokens are rate-limited, see test_guesses.c. */
static void test_slow(void **state) {
    char body[40];
    (void)state;
    for (int i = 0; i < 11; i++) {
        struct login_case row = {"guess", body,  401, "the token is unknown",
                                 NULL,    {PAGE}};
        (void)snprintf(body, sizeof(body), "token=guess-%d", i);
        if (i == 10) {
            row.status = 429;
            row.answer = "too many wrong tokens came from this address; try "
                         "again in ";
        }
        check_case("/login", &row);
    }
    const struct asked right = {"POST", "/login", TOKEN, strlen(TOKEN), {FORM}};
    struct exchange exchange = answer(&service, &right);
    assert_int_equal(exchange.response.status, 429);
    const char *retry = strstr(exchange.response.headers.data, "Retry-After: ");
    assert_non_null(retry);
    assert_in_range(atoi(retry + 13), 1, 10);
    exchange_free(&exchange);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, open_with_token, close_service)

int main(void) {
    const struct CMUnitTest tests[] = {TEST(test_login), TEST(test_logout),
                                       TEST(test_no_login), TEST(test_slow)};
    return cmocka_run_group_tests_name("login", tests, NULL, NULL);
}

#include "http/request.h"

#include "check.h"

static struct request empty(void) {
    static char *const none[] = {NULL};
    struct request request = {0};
    request_set_environment(&request, none);
    return request;
}

/* find_path with each web server's variables. */
static void path(void **state) {
    static const struct {
        const char *name, *mount, *uri, *script_name, *path_info, *want;
    } cases[] = {
        {"at the root", NULL, "/record", "", "", "record"},
        {"the root itself", NULL, "/", "", "", ""},
        {"query", NULL, "/metrics?a=/b", "", "", "metrics"},
        {"only a query", NULL, "/?a", "", "", ""},
        {"deeper", NULL, "/-/ready", "", "", "-/ready"},
        {"a slash at the end stays", NULL, "/record/", "", "", "record/"},
        {"%2F stays encoded", NULL, "/metrics/job/a%2Fb%20c", "", "",
         "metrics/job/a%2Fb%20c"},
        {"encoded question mark", NULL, "/a%3Fb?c", "", "", "a%3Fb"},
        {"slashes in front", NULL, "///metrics", "", "", "metrics"},
        {"slashes inside stay", NULL, "/metrics//job", "", "", "metrics//job"},
        {"absolute form", NULL, "http://host:80/record?x", "", "", "record"},
        {"absolute form, two slashes", NULL, "http://host//record", "", "",
         "record"},
        {"absolute form without a path", NULL, "http://host", "", "", ""},
        {"absolute form, query only", NULL, "http://host?a/metrics", "", "",
         ""},
        {"a URL in the query", NULL, "/record?u=http://host/metrics", "", "",
         "record"},
        {"a query that looks absolute", NULL, "?a://b/metrics", "", "", ""},
        {"a path that looks absolute", NULL, "/http://host/metrics", "", "",
         "http://host/metrics"},
        {"asterisk form", NULL, "*", "", "", "*"},

        /* nginx's stock fastcgi_params: SCRIPT_NAME is the whole path. */
        {"nginx stock", NULL, "/record", "/record", "", "record"},
        {"nginx stock, query", NULL, "/metrics?x", "/metrics", "", "metrics"},
        {"nginx stock, merged slashes", NULL, "//metrics", "/metrics", "",
         "metrics"},
        {"nginx stock, decoded", NULL, "/metrics/a%20b", "/metrics/a b", "",
         "metrics/a%20b"},
        {"nginx stock, deeper", NULL, "/t/record", "/t/record", "", "t/record"},

        /* A mount known to the web server: lighttpd, mod_fcgid. */
        {"mounted", NULL, "/t/record", "/t", "/record", "record"},
        {"mounted script", NULL, "/cgi-bin/tallyman.fcgi/-/healthy",
         "/cgi-bin/tallyman.fcgi", "/-/healthy", "-/healthy"},
        {"mounted, slash behind", NULL, "/t/record", "/t/", "record", "record"},
        {"mounted at /", NULL, "/record", "/", "record", "record"},
        {"mounted, %2F", NULL, "/t/metrics/job/a%2Fb", "/t", "/metrics/job/a/b",
         "metrics/job/a%2Fb"},
        {"mounted, slashes in front", NULL, "//t//record", "/t", "/record",
         "record"},
        {"mounted, query", NULL, "/t/record?x=1", "/t", "/record", "record"},
        {"mounted, absolute form", NULL, "http://h/t/record", "/t", "/record",
         "record"},
        {"only the beginning of a segment", NULL, "/tally/record", "/t", "",
         "tally/record"},

        /* An Apache rewrite: REQUEST_URI is unchanged. */
        {"rewritten", NULL, "/metrics", "/tallyman.fcgi", "/metrics",
         "metrics"},
        {"rewritten below a mount", NULL, "/t/record", "/t/tallyman.fcgi",
         "/record", "record"},
        {"rewritten, query", NULL, "/metrics?x", "/tallyman.fcgi", "/metrics",
         "metrics"},
        {"rewritten, a decoded question mark", NULL, "/metrics/a%3Fb",
         "/tallyman.fcgi", "/metrics/a?b", "metrics/a?b"},
        {"rewritten, slashes", NULL, "/x", "/tallyman.fcgi", "//metrics",
         "metrics"},

        {"no REQUEST_URI", NULL, "", "/t", "/record", "record"},
        {"nothing at all", NULL, "", "", "", ""},

        /* A configured mount takes precedence. */
        {"configured", "/t", "/t/record", "", "", "record"},
        {"configured with a slash", "/t/", "/t/record", "", "", "record"},
        {"configured, nginx stock", "/t", "/t/record?x", "/t/record", "",
         "record"},
        {"configured, deep", "/a/b", "/a/b/-/ready", "/a", "/b/-/ready",
         "-/ready"},
        {"configured, the mount itself", "/t", "/t", "", "", ""},
        {"configured, the mount and a query", "/t", "/t?x", "", "", ""},
        {"configured /", "/", "/record", "/x", "/y", "record"},
        {"configured, absolute form", "/t", "http://h/t/record", "", "",
         "record"},
        {"configured, slashes in front", "/t", "//t//record", "", "", "record"},
        {"outside", "/t", "/record", "", "/record", NULL},
        {"outside by a letter", "/t", "/tx/record", "", "", NULL},
        {"outside, encoded slash", "/t", "/t%2Frecord", "", "", NULL},
        {"outside, no REQUEST_URI", "/t", "", "", "/record", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = empty();
        size_t len = 0;
        request.uri = cases[i].uri;
        request.script_name = cases[i].script_name;
        request.path_info = cases[i].path_info;
        bool encoded;
        const char *got =
            request_path(&request, cases[i].mount, &len, &encoded);
        if (!got || !cases[i].want)
            check_text(cases[i].name, got, cases[i].want);
        else
            check_bytes(cases[i].name, got, len, cases[i].want,
                        strlen(cases[i].want));
    }
}

/* A path from REQUEST_URI is percent-encoded, PATH_INFO is decoded. */
static void path_encoding(void **state) {
    static const struct {
        const char *name, *mount, *uri, *script_name, *path_info;
        bool want;
    } cases[] = {
        {"at the root", NULL, "/record", "", "", true},
        {"mounted", NULL, "/t/a%2Fb", "/t", "/a/b", true},
        {"not below the script", NULL, "/a%2Fb", "/t", "", true},
        {"configured", "/t", "/t/a%2Fb", "/t", "/a/b", true},
        {"rewritten", NULL, "/a%2Fb", "/tallyman.fcgi", "/a/b", false},
        {"rewritten, slashes", NULL, "/x", "/tallyman.fcgi", "//a", false},
        {"no REQUEST_URI", NULL, "", "/t", "/a/b", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = empty();
        size_t len;
        bool encoded = !cases[i].want;
        request.uri = cases[i].uri;
        request.script_name = cases[i].script_name;
        request.path_info = cases[i].path_info;
        assert_non_null(request_path(&request, cases[i].mount, &len, &encoded));
        check_number(cases[i].name, encoded, cases[i].want);
    }
}

static void environment(void **state) {
    static char *const variables[] = {
        "REQUEST_METHOD=POST",
        "REQUEST_URI=/record?a=b",
        "SCRIPT_NAME=/s",
        "PATH_INFO=/p",
        "CONTENT_TYPE=text/plain",
        "CONTENT_LENGTH=12",
        "DOCUMENT_ROOT=/var/www",
        "SERVER_PORT=8080",
        "HTTP_CONTENT_ENCODING=gzip",
        "HTTP_HOST=example.org",
        "HTTP_ORIGIN=https://example.org",
        "HTTP_SEC_FETCH_SITE=same-origin",
        "HTTP_ACCEPT=*/*",
        "HTTP_IF_NONE_MATCH=\"a\"",
        "HTTP_COOKIE=a=b",
        "HTTPS=on",
        "HTTP_AUTHORIZATION=Bearer x",
        "HTTP_X_API_KEY=y",
        "REMOTE_ADDR=192.0.2.1",
        "REMOTE_USER=ann",
        "AUTH_TYPE=Basic",
        "HTTP_ACCEPT_ENCODING=br",
        "HTTP_ACCEP=no",
        "=nameless",
        "WITHOUT_EQUALS",
        "",
        NULL,
    };
    struct request request = {0};
    (void)state;
    request_set_environment(&request, variables);
    check_text("method", request.method, "POST");
    check_text("uri", request.uri, "/record?a=b");
    check_text("script_name", request.script_name, "/s");
    check_text("path_info", request.path_info, "/p");
    check_text("content_type", request.content_type, "text/plain");
    check_text("content_length", request.content_length, "12");
    check_text("document_root", request.document_root, "/var/www");
    check_text("server_port", request.server_port, "8080");
    check_text("content_encoding", request.content_encoding, "gzip");
    check_text("host", request.host, "example.org");
    check_text("origin", request.origin, "https://example.org");
    check_text("fetch_site", request.fetch_site, "same-origin");
    check_text("accept", request.accept, "*/*");
    check_text("accept_encoding", request.accept_encoding, "br");
    check_text("if_none_match", request.if_none_match, "\"a\"");
    check_text("cookie", request.cookie, "a=b");
    check_text("https", request.https, "on");
    check_text("authorization", request.authorization, "Bearer x");
    check_text("api_key", request.api_key, "y");
    check_text("remote_addr", request.remote_addr, "192.0.2.1");
    check_text("remote_user", request.remote_user, "ann");
    check_text("auth_type", request.auth_type, "Basic");
    assert_false(request.opted_out);
    assert_false(request.forwarded);
}

static void environment_without(void **state) {
    struct request request = empty();
    (void)state;
    check_text("method", request.method, "");
    check_text("uri", request.uri, "");
    check_text("content_length", request.content_length, "");
    check_text("origin", request.origin, "");
    check_text("fetch_site", request.fetch_site, "");
    check_text("authorization", request.authorization, "");
    check_text("document_root", request.document_root, "");
    check_text("api_key", request.api_key, "");
    check_text("remote_addr", request.remote_addr, "");
    check_text("remote_user", request.remote_user, "");
    check_text("auth_type", request.auth_type, "");
    assert_false(request.opted_out);
    assert_false(request.forwarded);
}

static void authorization_after_a_redirect(void **state) {
    static char *const variables[] = {"REDIRECT_HTTP_AUTHORIZATION=Bearer y",
                                      NULL};
    struct request request = {0};
    (void)state;
    request_set_environment(&request, variables);
    check_text("authorization", request.authorization, "Bearer y");
}

static void opted_out(void **state) {
    static const struct {
        char *variable;
        bool want;
    } cases[] = {
        {"HTTP_SEC_GPC=1", true},  {"HTTP_DNT=1", true},
        {"HTTP_SEC_GPC=0", false}, {"HTTP_DNT=0", false},
        {"HTTP_DNT=", false},      {"HTTP_DNT=10", false},
        {"HTTP_DNTX=1", false},    {"HTTP_SEC_GPC_X=1", false},
        {"SEC_GPC=1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const variables[] = {cases[i].variable, NULL};
        struct request request = {0};
        request_set_environment(&request, variables);
        check_number(cases[i].variable, request.opted_out, cases[i].want);
    }
}

static void forwarded(void **state) {
    static const struct {
        char *variable;
        bool want;
    } cases[] = {
        {"HTTP_X_FORWARDED_FOR=192.0.2.1", true},
        {"HTTP_X_FORWARDED_FOR=", true},
        {"HTTP_X_FORWARDED_PROTO=https", true},
        {"HTTP_FORWARDED=for=192.0.2.1", true},
        {"HTTP_X_REAL_IP=192.0.2.1", true},
        {"HTTP_VIA=1.1 proxy", true},
        {"HTTP_CF_CONNECTING_IP=192.0.2.1", true},
        {"HTTP_CF_CONNECTING_IPV6=2001:db8::1", true},
        {"HTTP_TRUE_CLIENT_IP=192.0.2.1", true},
        {"HTTP_X_CLIENT_IP=192.0.2.1", true},
        {"HTTP_X_CLUSTER_CLIENT_IP=192.0.2.1", true},
        {"HTTP_FASTLY_CLIENT_IP=192.0.2.1", true},
        {"HTTP_CLIENT_IP=", true},
        {"HTTP_X_ORIGINATING_IP=192.0.2.1", true},
        {"HTTP_FORWARDED_FOR=192.0.2.1", true},
        {"HTTP_X_ORIGINAL_FORWARDED_FOR=192.0.2.1", true},
        {"HTTP_CDN_LOOP=cloudflare", true},
        {"HTTP_CLOUDFRONT_VIEWER_ADDRESS=192.0.2.1:1", true},
        {"HTTP_X_AZURE_CLIENTIP=192.0.2.1", true},
        {"HTTP_X_ENVOY_EXTERNAL_ADDRESS=192.0.2.1", true},
        {"HTTP_IP=192.0.2.1", false},
        {"HTTP_ZIP=1", false},
        {"HTTP_X_CLIENT_IP_=192.0.2.1", false},
        {"TRUE_CLIENT_IP=192.0.2.1", false},
        {"HTTP_X_FORWARDED=", false},
        {"HTTP_FORWARDED_=", false},
        {"HTTP_X_REAL_IPS=", false},
        {"HTTP_X_FORWARD=", false},
        {"X_FORWARDED_FOR=192.0.2.1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *const variables[] = {cases[i].variable, NULL};
        struct request request = {0};
        request_set_environment(&request, variables);
        check_number(cases[i].variable, request.forwarded, cases[i].want);
    }
}

static void reset_keeps_the_memory_of_the_body(void **state) {
    struct request request = empty();
    (void)state;
    strbuf_add_string(&request.body, "body");
    request.too_large = true;
    request.opted_out = true;
    const char *data = request.body.data;
    request_reset(&request);
    assert_int_equal(request.body.len, 0);
    assert_ptr_equal(request.body.data, data);
    assert_false(request.too_large);
    assert_false(request.opted_out);
    assert_null(request.method);
    request_free(&request);
}

static void reset_frees_a_large_body(void **state) {
    static char bytes[1 << 20];
    struct request request = empty();
    (void)state;
    strbuf_add(&request.body, bytes, sizeof(bytes));
    request_reset(&request);
    assert_int_equal(request.body.len, 0);
    assert_int_equal(request.body.size, 0);
    request_free(&request);
}

static void cut_short(void **state) {
    static const struct {
        const char *length, *body;
        bool too_large, want;
    } cases[] = {
        {"4", "body", false, false},
        {"5", "body", false, true},
        {"3", "body", false, false},
        {"1", "", false, true},
        {"0", "", false, false},
        /* Without Content-Length the length is unknown. */
        {"", "body", false, false},
        {"", "", false, false},
        {"5x", "body", false, false},
        {"x", "", false, false},
        {"18446744073709551616", "body", false, true},
        /* A truncated body was not read to its end. */
        {"5000000", "body", true, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = empty();
        request.content_length = cases[i].length;
        request.too_large = cases[i].too_large;
        strbuf_add_string(&request.body, cases[i].body);
        check_number(cases[i].length, request_cut_short(&request),
                     cases[i].want);
        request_free(&request);
    }
}

static void media_type(void **state) {
    static const char *const types[] = {"application/json", "text/plain", NULL};
    static const char *const none[] = {NULL};
    static const struct {
        const char *type;
        bool want;
    } cases[] = {
        {"application/json", true},
        {"text/plain", true},
        {"text/plain;charset=UTF-8", true},
        {"text/plain ; charset=UTF-8", true},
        {"Application/JSON", true},
        {"", false},
        {";", false},
        {"application/jsonx", false},
        {"application/jso", false},
        {"text/html", false},
        {"text/plain, text/html", false},
        {"text/html; text/plain", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = empty();
        request.content_type = cases[i].type;
        check_number(cases[i].type, request_media_type_is(&request, types),
                     cases[i].want);
        check_number(cases[i].type, request_media_type_is(&request, none),
                     false);
    }
}

static void token(void **state) {
    static const struct {
        const char *authorization, *token;
        bool want;
    } cases[] = {
        {"Bearer secret", "secret", true},
        {"bearer secret", "secret", true},
        {"BEARER secret", "secret", true},
        {"Bearer secrez", "secret", false},
        {"Bearer secre", "secret", false},
        {"Bearer secrets", "secret", false},
        {"Bearer secretsecret", "secret", false},
        {"Bearer Secret", "secret", false},
        {"Bearer ", "secret", false},
        {"Bearer", "secret", false},
        {"", "secret", false},
        {"secret", "secret", false},
        {"Basic secret", "secret", false},
        {"Bearersecret", "secret", false},
        {"Bearer s", "s", true},
        {"Bearer ss", "s", false},
        {"Bearer \xFF", "\x7F", false},
        /* An empty token matches nothing. */
        {"Bearer ", "", false},
        {"Bearer x", "", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = empty();
        request.authorization = cases[i].authorization;
        check_number(cases[i].authorization,
                     request_has_token(&request, cases[i].token),
                     cases[i].want);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(path),
        cmocka_unit_test(path_encoding),
        cmocka_unit_test(environment),
        cmocka_unit_test(environment_without),
        cmocka_unit_test(authorization_after_a_redirect),
        cmocka_unit_test(opted_out),
        cmocka_unit_test(forwarded),
        cmocka_unit_test(reset_keeps_the_memory_of_the_body),
        cmocka_unit_test(reset_frees_a_large_body),
        cmocka_unit_test(cut_short),
        cmocka_unit_test(media_type),
        cmocka_unit_test(token),
    };
    return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}

/* trust_host: the host names for browsers on this machine. */
#include "endpoints/trust.h"

#include <stdio.h>
#include <unistd.h>

#include "trust_fixture.h"

struct host_case {
    const char *host;
    bool want;
};

static struct request ask_for(const char *address, const char *host,
                              const char *header) {
    const char *variables[] = {address, header, NULL};
    struct request request = build(variables);
    request.host = host;
    return request;
}

#define BROWSER "HTTP_USER_AGENT=Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"

static void host(void **state) {
    static const struct host_case cases[] = {
        {"localhost", true},
        {"localhost:8080", true},
        {"LocalHost", true},
        {"localhost.", true},
        {"localhost.:80", true},
        {"app.localhost", true},
        {"a.b.LOCALHOST:8080", true},
        {"127.0.0.1", true},
        {"127.0.0.1:8080", true},
        {"127.255.0.9:1", true},
        {"[::1]", true},
        {"[::1]:8080", true},
        {"[0:0:0:0:0:0:0:1]", true},
        {"[::ffff:127.0.0.1]:80", true},
        /* https://app.example.org is listed. */
        {"app.example.org", true},
        {"APP.example.org:8443", true},
        {"app.example.org.", true},

        {"", false},
        {":80", false},
        {".", false},
        {"[", false},
        {"[]", false},
        {"[]:80", false},
        {"[::1", false},
        {"::1", false},
        {"[127.0.0.1]", false},
        {"[::2]", false},
        {"[::ffff:192.0.2.1]", false},
        {"evil.example", false},
        {"evil.example:8080", false},
        {"localhost.evil.example", false},
        {"127.0.0.1.evil.example", false},
        {"notlocalhost", false},
        {"evil-localhost", false},
        {"evil.example.localhost.example", false},
        {"x.app.example.org", false},
        {"app.example.org.evil.example", false},
        {"example.org", false},
        {"*", false},
        {"localhost@evil.example", false},
        {"evil.example@localhost", false},
        {"localhost/", false},
        {" localhost", false},
        {"127.1", false},
        {"0.0.0.0", false},
        {"192.0.2.1", false},
        {"unix", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = ask_for(NEAR, cases[i].host, BROWSER);
        check_number(cases[i].host, trust_host(&request, &config, true),
                     cases[i].want);
    }
}

static void own_host(void **state) {
    char name[300] = "";
    char longer[310];
    (void)state;
    assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
    struct request request = ask_for(NEAR, name, BROWSER);
    assert_true(trust_host(&request, &config, true));
    (void)snprintf(longer, sizeof(longer), "x%s", name);
    request.host = longer;
    assert_false(trust_host(&request, &config, true));
    (void)snprintf(longer, sizeof(longer), "%sx", name);
    assert_false(trust_host(&request, &config, true));
    memset(name, 'a', sizeof(name) - 1);
    request.host = name;
    assert_false(trust_host(&request, &config, true));
}

/* The requests whose host is checked. */
static void host_of(void **state) {
    static const struct {
        const char *address, *header;
        bool want;
    } cases[] = {
        {NEAR, "HTTP_ORIGIN=http://evil.example", false},
        {NEAR, "HTTP_SEC_FETCH_SITE=same-origin", false},
        {NEAR, "HTTP_SEC_FETCH_MODE=cors", false},
        {NEAR, "HTTP_SEC_CH_UA=x", false},
        {NEAR, "HTTP_ACCEPT_LANGUAGE=de", false},
        /* A page can remove this header. */
        {NEAR, "HTTP_ACCEPT_LANGUAGE=", false},
        {NEAR, "HTTP_REFERER=http://evil.example/", false},
        {NEAR, "HTTP_UPGRADE_INSECURE_REQUESTS=1", false},
        {NEAR, BROWSER, false},
        {"REMOTE_ADDR=::1", BROWSER, false},
        {"REMOTE_ADDR=unix:", BROWSER, false},
        {NEAR, "HTTP_USER_AGENT=curl/8.0", true},
        {NEAR, "HTTP_USER_AGENT=Prometheus/3.5.0", true},
        {NEAR, "HTTP_ACCEPT_ENCODING=gzip", true},
        {NEAR, NULL, true},
        {FAR, BROWSER, true},
        {"REMOTE_ADDR=", BROWSER, true},
    };
    static const char *through_proxy[] = {NEAR, BROWSER,
                                          "HTTP_X_FORWARDED_FOR=::1", NULL};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request =
            ask_for(cases[i].address, "evil.example", cases[i].header);
        check_number(cases[i].header, trust_host(&request, &config, true),
                     cases[i].want);
        check_number(cases[i].header, trust_host(&request, &config, false),
                     cases[i].want);
    }
    struct request request = build(through_proxy);
    request.host = "www.example.org";
    assert_true(trust_host(&request, &config, true));
    assert_false(trust_host(&request, &config, false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host),
        cmocka_unit_test(own_host),
        cmocka_unit_test(host_of),
    };
    return cmocka_run_group_tests_name("trust_host", tests, NULL, NULL);
}

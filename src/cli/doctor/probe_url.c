/* The requests of probe.h through a web server. */
#include <curl/curl.h>
#include <string.h>
#include <time.h>

#include "cli/doctor/probe.h"

/* A CURLOPT_WRITEFUNCTION. */
static size_t receive(char *data, size_t size, size_t count, void *context) {
    struct strbuf *text = context;
    if (count > PROBE_REPLY_MAX - text->len)
        return 0;
    strbuf_add(text, data, size * count);
    return text->failed ? 0 : count;
}

/* Takes the status, the date and the redirect of the received reply. */
static void read_headers(CURL *handle, struct probe_reply *reply) {
    struct curl_header *date;
    const char *location = NULL;
    long status = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(handle, CURLINFO_REDIRECT_URL, &location);
    reply->status = (int)status;
    if (location)
        strbuf_add_string(&reply->location, location);
    if (curl_easy_header(handle, "Date", 0, CURLH_HEADER, -1, &date) ==
        CURLHE_OK) {
        time_t time = curl_getdate(date->value, NULL);
        reply->date = time > 0 ? (int64_t)time : 0;
    }
}

static int perform(CURL *handle, struct probe_reply *reply, struct err *err) {
    char why[CURL_ERROR_SIZE] = "";
    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, why);
    CURLcode result = curl_easy_perform(handle);
    long number = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_OS_ERRNO, &number);
    (void)curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, NULL);
    if (result == CURLE_WRITE_ERROR)
        return err_set(err, ERR_LIMIT, "the reply is too long");
    if (result == CURLE_COULDNT_CONNECT && number != 0)
        return err_set(err, ERR_IO, "connect: %s", strerror((int)number));
    if (result != CURLE_OK)
        return err_set(err, ERR_IO, "%s",
                       *why ? why : curl_easy_strerror(result));
    strbuf_add_char(&reply->text, '\0');
    read_headers(handle, reply);
    if (reply->text.failed || reply->location.failed)
        return err_no_memory(err);
    reply->body = reply->text.data;
    return 0;
}

/* Ignores the proxy settings of the environment. */
static void set_options(CURL *handle, const char *url,
                        const struct probe_trust *trust,
                        struct probe_reply *reply) {
    (void)curl_easy_setopt(handle, CURLOPT_URL, url);
    (void)curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(handle, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(handle, CURLOPT_TIMEOUT, (long)PROBE_SECONDS);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, receive);
    (void)curl_easy_setopt(handle, CURLOPT_WRITEDATA, &reply->text);
    if (trust->certificates)
        (void)curl_easy_setopt(handle, CURLOPT_CAINFO, trust->certificates);
    if (trust->token) {
        (void)curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        (void)curl_easy_setopt(handle, CURLOPT_XOAUTH2_BEARER, trust->token);
    }
}

int probe_url(const char *url, const char *path,
              const struct probe_trust *trust, struct probe_reply *reply,
              struct err *err) {
    struct strbuf whole = {0};
    CURL *handle = curl_easy_init();
    int result = -1;
    strbuf_printf(&whole, "%s%s", url, path);
    if (!handle || whole.failed) {
        (void)err_no_memory(err);
    } else {
        set_options(handle, whole.data, trust, reply);
        result = perform(handle, reply, err);
    }
    curl_easy_cleanup(handle);
    strbuf_free(&whole);
    return result;
}

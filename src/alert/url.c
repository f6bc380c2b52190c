#include "alert/url.h"

#include <string.h>
#include <strings.h>

bool alert_url_read(const char *text, size_t len, struct alert_url *url) {
    url->secure = strncasecmp(text, "https://", 8) == 0;
    if (len > ALERT_URL_MAX ||
        (!url->secure && strncasecmp(text, "http://", 7) != 0))
        return false;
    const size_t begin = url->secure ? 8 : 7;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"\\<>^`{|}", text[i]))
            return false;
    url->host = begin;
    url->host_end = begin + strcspn(text + begin, "/?#");
    for (size_t i = begin; i < url->host_end; i++)
        if (text[i] == '@')
            url->host = i + 1;
    return url->host < url->host_end && text[url->host] != ':';
}

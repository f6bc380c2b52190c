#include "http/loopback.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { NAME_MAX_BYTES = 255 };

static bool is_address(const char *address) {
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    if (inet_pton(AF_INET6, address, &v6) != 1)
        return false;
    return IN6_IS_ADDR_LOOPBACK(&v6) ||
           (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

bool loopback_address(const char *address) {
    return strcmp(address, "unix:") == 0 || is_address(address);
}

const char *loopback_host_of(const char *authority, size_t *len) {
    *len =
        *authority == '[' ? strcspn(authority, "]") : strcspn(authority, ":");
    if (*authority == '[' && authority[*len] == ']')
        ++*len;
    if (*len > 1 && authority[*len - 1] == '.')
        --*len;
    return authority;
}

static bool is_this_machine(const char *name) {
    char own[NAME_MAX_BYTES + 1] = "";
    return gethostname(own, sizeof(own) - 1) == 0 && *own != '\0' &&
           strcasecmp(name, own) == 0;
}

bool loopback_host(const char *host, size_t len) {
    static const char localhost[] = "localhost";
    const size_t localhost_len = sizeof(localhost) - 1;
    char name[NAME_MAX_BYTES + 1];
    if (len == 0 || len >= sizeof(name))
        return false;
    bool bracketed = host[0] == '[' && host[len - 1] == ']';
    size_t name_len = bracketed ? len - 2 : len;
    memcpy(name, host + bracketed, name_len);
    name[name_len] = '\0';
    if (bracketed)
        return strchr(name, ':') && is_address(name);
    if (name_len > localhost_len && name[name_len - localhost_len - 1] == '.')
        return strcasecmp(name + name_len - localhost_len, localhost) == 0;
    return strcasecmp(name, localhost) == 0 || is_address(name) ||
           is_this_machine(name);
}

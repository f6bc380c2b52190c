#include "endpoints/guesses.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/hmac.h"
#include "base/strbuf.h"

/* The file is an array of 64-bit numbers: for each network slot the time in
 * Unix milliseconds at which all of its places are free again, then two tables
 * with the hashes of right and wrong tokens. Responders read and write single
 * numbers without a lock: if two write at once, one guess too many is free. */
enum { TAGS = 4096, CLOCKS_DIFFER_MS = 60000 };
enum area { RIGHT = GUESS_NETWORKS, WRONG = GUESS_NETWORKS + TAGS };

static int open_file(const struct guess *guess) {
    struct strbuf path = {0};
    strbuf_printf(&path, "%s-guesses", guess->database);
    int fd = path.failed
                 ? -1
                 : open(path.data,
                        O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK,
                        0600);
    strbuf_free(&path);
    return fd;
}

/* 0 if nothing is written there yet. */
static int64_t read_number(int fd, size_t index) {
    int64_t number;
    const off_t at = (off_t)(index * sizeof(number));
    return pread(fd, &number, sizeof(number), at) == sizeof(number) ? number
                                                                    : 0;
}

static void write_number(int fd, size_t index, int64_t number) {
    const off_t at = (off_t)(index * sizeof(number));
    ssize_t written = pwrite(fd, &number, sizeof(number), at);
    (void)written; /* a full disk: the guess is free */
}

/* A network is an IPv4 address or an IPv6 /64, the usual range of one
 * customer. */
static void add_network(const char *address, struct strbuf *out) {
    struct in6_addr bytes;
    if (inet_pton(AF_INET6, address, &bytes) == 1 &&
        !IN6_IS_ADDR_V4MAPPED(&bytes))
        strbuf_add(out, (const char *)&bytes, 8);
    else
        strbuf_add_string(out, address);
}

/* Keyed hash of the network, and of the token if with_token; never 0. */
static uint64_t hash(const struct guess *guess, bool with_token) {
    struct strbuf text = {0};
    uint64_t number = 0;
    add_network(guess->address, &text);
    if (with_token) {
        strbuf_add_char(&text, '\0');
        strbuf_add(&text, guess->token, guess->len);
    }
    if (!text.failed)
        hmac(guess->key, strlen(guess->key), text.data, text.len,
             (unsigned char *)&number, sizeof(number));
    strbuf_free(&text);
    return number ? number : 1;
}

static size_t place_of(enum area area, uint64_t tag) {
    return (size_t)area + tag % TAGS;
}

static bool is_noted(int fd, enum area area, uint64_t tag) {
    return read_number(fd, place_of(area, tag)) == (int64_t)tag;
}

/* When all places are free. A time too far ahead, beyond the difference between
 * responders' clocks, was written before the clock was set back. */
static int64_t read_free_ms(int fd, size_t network, int64_t now_ms) {
    const int64_t most = now_ms + (int64_t)GUESS_PLACES * GUESS_MS;
    int64_t free_ms = read_number(fd, network);
    if (free_ms < now_ms || free_ms > most + CLOCKS_DIFFER_MS)
        return now_ms;
    return free_ms < most ? free_ms : most;
}

int guess_wait(const struct guess *guess) {
    const uint64_t tag = hash(guess, true);
    int wait = 0;
    int fd = open_file(guess);
    if (fd < 0)
        return 0;
    if (!is_noted(fd, RIGHT, tag) && !is_noted(fd, WRONG, tag)) {
        const size_t network = hash(guess, false) % GUESS_NETWORKS;
        const int64_t least = (int64_t)(GUESS_PLACES - 1) * GUESS_MS;
        int64_t over =
            read_free_ms(fd, network, guess->now_ms) - guess->now_ms - least;
        wait = over > 0 ? (int)((over + 999) / 1000) : 0;
    }
    (void)close(fd);
    return wait;
}

void guess_note(const struct guess *guess, bool right) {
    const uint64_t tag = hash(guess, true);
    const enum area area = right ? RIGHT : WRONG;
    int fd = open_file(guess);
    if (fd < 0)
        return;
    if (!is_noted(fd, area, tag)) {
        write_number(fd, place_of(area, tag), (int64_t)tag);
        if (!right) {
            const size_t network = hash(guess, false) % GUESS_NETWORKS;
            write_number(fd, network,
                         read_free_ms(fd, network, guess->now_ms) + GUESS_MS);
        }
    }
    (void)close(fd);
}

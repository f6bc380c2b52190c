/* guesses: a limit on wrong tokens by client network. All responders share the
 * file `DATABASE-guesses`, which has times and keyed hashes, but neither
 * addresses nor tokens.
 *
 * A guess is a token, or a cookie made from one, that this network has not sent
 * before. It costs a place: each network has ten, and gets one back every ten
 * seconds. Without a place the token is not compared, so an attacker does not
 * learn whether it was right. A token that the same network sent before costs
 * nothing and is always compared: if it was right, others cannot lock out its
 * user; if it was wrong, an outdated client does not use up the places.
 *
 * There are 1,024 network slots, chosen by hash. So all attackers together have
 * about a hundred guesses per second. */
#ifndef TALLYMAN_ENDPOINTS_GUESSES_H
#define TALLYMAN_ENDPOINTS_GUESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { GUESS_PLACES = 10, GUESS_MS = 10000, GUESS_NETWORKS = 1024 };

struct guess {
    const char *database; /* its path; the file is in the same directory */
    const char *key;      /* for the hashes: a secret that responders share */
    const char *address;  /* REMOTE_ADDR; of IPv6 only the first 64 bits */
    const char *token;
    size_t len;
    int64_t now_ms; /* Unix milliseconds */
};

/* Seconds until the token may be compared, 0: now. Without the file, as on a
 * full disk, the result is 0. */
int guess_wait(const struct guess *guess);

/* To be called after the comparison. */
void guess_note(const struct guess *guess, bool right);

#endif

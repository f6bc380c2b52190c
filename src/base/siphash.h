/* siphash: a hash of untrusted texts. Without its key, a sender cannot choose
 * texts that all share one slot of a hash table. */
#ifndef TALLYMAN_BASE_SIPHASH_H
#define TALLYMAN_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_SIZE = 16 };

/* The key of the whole process, all zero at first. A program sets it once, to
 * random bytes, before it makes the first hash table. */
void siphash_set_key(const unsigned char key[SIPHASH_KEY_SIZE]);

/* SipHash-1-3 (Aumasson and Bernstein, 2012) of bytes[0..len). */
uint64_t siphash(const char *bytes, size_t len);

#endif

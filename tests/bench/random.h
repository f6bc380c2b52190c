/* Random numbers, the same in each run. */
#ifndef TALLYMAN_BENCH_RANDOM_H
#define TALLYMAN_BENCH_RANDOM_H

#include <stdint.h>

/* The next number after a state (splitmix64, Vigna 2015). */
static inline uint64_t next_random(uint64_t *state) {
    uint64_t n = *state += 0x9E3779B97F4A7C15u;
    n = (n ^ (n >> 30)) * 0xBF58476D1CE4E5B9u;
    n = (n ^ (n >> 27)) * 0x94D049BB133111EBu;
    return n ^ (n >> 31);
}

#endif

/* finding: what an examination has found. */
#ifndef TALLYMAN_CLI_DOCTOR_FINDING_H
#define TALLYMAN_CLI_DOCTOR_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/strbuf.h"

enum finding_status {
    FINDING_OK,
    FINDING_NOTE, /* worth knowing, and nothing wrong */
    FINDING_WRONG
};

/* A zeroed struct has none. */
struct findings {
    struct strbuf text; /* of those that print as text, or JSON objects */
    bool json;
    bool utf8;    /* see utf8_escape */
    size_t count; /* of all */
    size_t wrong;
};

struct finding {
    enum finding_status status;
    const char *check;  /* one or two words, of us */
    const char *where;  /* a path or an address */
    const char *remedy; /* what to do; NULL when nothing is */
};

/* Adds a finding; the format says what was found. */
void finding_add(struct findings *findings, struct finding finding,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints all of them. Returns -1 when memory ran out. */
int findings_print(const struct findings *findings, FILE *out);

void findings_free(struct findings *findings);

#endif

/* points_fixture: admission of independent points, and their result. */
#ifndef TALLYMAN_TESTS_POINTS_FIXTURE_H
#define TALLYMAN_TESTS_POINTS_FIXTURE_H

#include "admit_fixture.h"
#include "ingest/points.h"

/* Writes a line `reason count (names)` per reason, and the first message. */
static inline void write_rejected(const struct batch *batch,
                                  struct strbuf *out) {
    for (int i = 0; i < REJECT_REASONS; i++) {
        if (batch->rejected[i] == 0)
            continue;
        strbuf_printf(out, "%s %zu", reject_reason_name((enum reject_reason)i),
                      batch->rejected[i]);
        batch_write_names(batch, (enum reject_reason)i, out);
        strbuf_add_char(out, '\n');
    }
    if (batch->first_rejected)
        strbuf_printf(out, "%s\n", batch->first_rejected);
}

/* Admits the points of a parser; `want` is the expected text of the samples,
 * `refused` that of the refusals. */
static inline void check_admitted(const char *name, const struct pushed *pushed,
                                  const struct admission *admission,
                                  struct batch *batch, const char *want,
                                  const char *refused) {
    struct strbuf got = {.len = 0};
    struct strbuf rejected = {.len = 0};
    struct err err = {.code = ERR_NONE};
    check_number(name, admit(pushed, admission, batch, &err), 0);
    check_number(name, batch->refused, false);
    for (size_t i = 0; i < batch->count; i++)
        write_sample(&got, &batch->samples[i]);
    write_rejected(batch, &rejected);
    check_text(name, got.data ? got.data : "", want);
    check_text(name, rejected.data ? rejected.data : "", refused);
    strbuf_free(&got);
    strbuf_free(&rejected);
}

#endif

/* err: what went wrong, and where in the input. */
#ifndef TALLYMAN_BASE_ERR_H
#define TALLYMAN_BASE_ERR_H

#include <stddef.h>

enum err_code {
    ERR_NONE = 0,
    ERR_MEMORY,   /* an allocation failed */
    ERR_SYNTAX,   /* input that does not follow its grammar */
    ERR_VALUE,    /* well-formed, but not permitted here */
    ERR_BATCH_ID, /* not a UUIDv7, which a batch must have */
    ERR_LIMIT,    /* larger than a named limit */
    ERR_IO,       /* the operating system refused a file operation */
    ERR_DENIED,   /* no permission to open a file */
    ERR_BUSY,     /* another process holds the lock */
    ERR_FULL,     /* no space left */
    ERR_READONLY, /* the database cannot be written */
    ERR_CORRUPT,  /* not a database, or a damaged one */
    ERR_UNSYNCED, /* committed, but a power cut may lose it */
    ERR_STALE,    /* the families in the database have changed since load */
    ERR_DEADLINE, /* took longer than its deadline */
    ERR_RELEARN   /* the stored values of open labels have changed */
};

struct err {
    enum err_code code;
    unsigned line;   /* from 1; 0 when there is no position */
    unsigned column; /* from 1, in bytes */
    char message[400];
};

/* Fills err with a message without a position. Returns -1, so that a caller
 * may write `return err_set(...)`. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed allocation. It is inline so that compilers and static
 * analysers, which read one file at a time, know the return value. */
static inline int err_no_memory(struct err *err) {
    (void)err_set(err, ERR_MEMORY, "out of memory");
    return -1;
}

/* Gives err the position of byte `offset` of text[0..len). */
void err_locate(struct err *err, const char *text, size_t len, size_t offset);

#endif

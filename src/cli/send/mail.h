/* mail: sends a message with the sendmail program. */
#ifndef TALLYMAN_CLI_SEND_MAIL_H
#define TALLYMAN_CLI_SEND_MAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/strbuf.h"

struct mail {
    const char *sendmail;  /* path of the program; NULL: the usual paths */
    const char *from;      /* address; NULL: the program's choice */
    const char *const *to; /* addresses, see base/mail_address.h */
    size_t to_count;
    const char *subject; /* UTF-8; control characters are left out */
    const char *text;    /* UTF-8, lines end with \n */
    const char *html;    /* likewise; NULL without one */
    int64_t date;        /* Unix seconds */
    const char *id;      /* of letters, digits, "." and "-"; a retry has the
                            same one; NULL: random */
};

/* Appends the message (RFC 5322) for the sendmail program, with lines that end
 * with \n; domain is that of its Message-ID. */
void mail_write(const struct mail *mail, const char *id, const char *domain,
                struct strbuf *out);

/* Returns 0 if the program accepted the message. */
int mail_send(const struct mail *mail, struct err *err);

#endif

/* accept: the exposition format that a scraper asks for. */
#ifndef TALLYMAN_HTTP_ACCEPT_H
#define TALLYMAN_HTTP_ACCEPT_H

#include "expose/exposition.h"

/* Picks by the q values of an Accept header (RFC 9110, 12.5.1); the text
 * format where both are equal or neither is named. OpenMetrics is offered in
 * version 1.0.0 only. */
enum exposition_format accept_exposition(const char *accept);

#endif

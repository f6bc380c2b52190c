/* accept: the exposition format that a scraper asks for. */
#ifndef TALLYMAN_HTTP_ACCEPT_H
#define TALLYMAN_HTTP_ACCEPT_H

#include <stdbool.h>

#include "expose/exposition.h"

/* Chooses by the q values of an Accept header (RFC 9110, 12.5.1); if they are
 * equal, text comes before protobuf before OpenMetrics. The default is text.
 * OpenMetrics is offered in version 1.0.0 only, protobuf only with the
 * parameters of its content type. */
enum exposition_format accept_exposition(const char *accept);

/* Whether an Accept-Encoding header permits gzip (RFC 9110, 12.5.3). */
bool accept_gzip(const char *accept_encoding);

#endif

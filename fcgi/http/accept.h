/* accept: the exposition format that a scraper asks for. */
#ifndef TALLYMAN_HTTP_ACCEPT_H
#define TALLYMAN_HTTP_ACCEPT_H

#include "expose/exposition.h"

/* Picks by the q values of an Accept header (RFC 9110, 12.5.1); where they are
 * equal text, then protobuf, and text where none is named. OpenMetrics is
 * offered in version 1.0.0 only, protobuf with the parameters of its content
 * type only. */
enum exposition_format accept_exposition(const char *accept);

#endif

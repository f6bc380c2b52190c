/* version: the version of Tallyman, the same for all programs. */
#ifndef TALLYMAN_BASE_VERSION_H
#define TALLYMAN_BASE_VERSION_H

#define TALLYMAN_VERSION "0.1.0"

#endif

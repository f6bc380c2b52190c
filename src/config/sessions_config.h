/* sessions_config: the settings of the endpoint for Grafana sessions. */
#ifndef TALLYMAN_CONFIG_SESSIONS_CONFIG_H
#define TALLYMAN_CONFIG_SESSIONS_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/pattern.h"
#include "config/diagnostics.h"

enum user_labels {
    USER_LABELS_OFF,
    USER_LABELS_ON,
    USER_LABELS_HASH /* a keyed hash of the login, without the name */
};

enum session_log_format {
    SESSION_LOG_OFF,
    SESSION_LOG_LOGFMT,
    SESSION_LOG_JSON
};

/* Bytes. A shorter key could be guessed; a longer file is not a key. */
enum { HASH_KEY_MIN = 16, HASH_KEY_MAX = 4096 };

struct sessions_config {
    bool enabled;
    int user_labels;           /* enum user_labels */
    const char *hash_key_file; /* NULL without one */
    const char *hash_key;      /* its content; NULL without the file */
    size_t hash_key_len;
    long long timeout_seconds; /* 0: from the heartbeat interval */
    long long keep_hours;
    long long max_series;
    struct string_list drop_labels;
    struct string_list variables; /* names of dashboard variables to count */
    long long max_variable_values;
    int log; /* enum session_log_format */
};

/* The labels of session families, sorted, NULL-terminated. */
extern const char *const session_label_names[];

/* Reports conflicts between settings. */
void sessions_config_check(const struct sessions_config *sessions,
                           const struct source *source,
                           struct diagnostics *diagnostics);

/* Sets the hash key to text[0..len), the content of hash_key_file, without
 * trailing white space. The key may be any bytes. Reports a key that is too
 * short or too long; no message shows part of it. */
void sessions_config_set_key(struct sessions_config *sessions, const char *text,
                             size_t len, struct arena *arena,
                             const struct source *source,
                             struct diagnostics *diagnostics);

#endif

/* labels: the labels of a session message, as configured. */
#ifndef TALLYMAN_SESSIONS_LABELS_H
#define TALLYMAN_SESSIONS_LABELS_H

#include "base/arena.h"
#include "config/sessions_config.h"
#include "sessions/message.h"

/* Whether `user_labels` and `drop_labels` permit the label for sessions. */
bool session_label_permitted(const struct sessions_config *config,
                             const char *name);

/* Writes the message's labels, except those that `user_labels` and
 * `drop_labels` exclude, to out, sorted by name, and returns their number. With
 * USER_LABELS_HASH user_login becomes a keyed hash. New texts are allocated
 * from the arena; -1 when memory ran out. All labels that leave the endpoint,
 * including those in the log, come from this function. */
int session_labels_permit(const struct sessions_config *config,
                          const struct session_message *message,
                          struct arena *arena,
                          struct label out[SESSION_LABELS_MAX]);

/* Sets the label sets and the variables of the push from labels[0..count),
 * which session_labels_permit has written. Only variables named in `variables`
 * are used. Everything is allocated from the arena. Returns -1 when memory ran
 * out. */
int session_labels_write(const struct sessions_config *config,
                         const struct session_message *message,
                         const struct label *labels, size_t count,
                         struct arena *arena, struct session_push *push);

#endif

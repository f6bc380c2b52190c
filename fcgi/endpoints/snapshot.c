#include "endpoints/snapshot.h"

int snapshot_begin(struct reader **reader, const struct config *config,
                   struct err *err) {
    if (!*reader && reader_open(config->database, reader, err) != 0)
        return -1;
    if (reader_begin(*reader, err) != 0)
        return -1;
    int result = reader_is_current(*reader, &config->registry, err);
    if (result == 1)
        return 0;
    if (result == 0)
        (void)err_set(err, ERR_STALE,
                      "another responder has loaded a newer configuration");
    reader_end(*reader);
    return -1;
}

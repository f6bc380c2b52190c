#include "alert/moment.h"

#include <string.h>

#include "query/time.h"

_Static_assert(sizeof(struct moment) >= TIME_SIZE, "room for time_format");

struct moment moment_of(int64_t seconds) {
    struct moment moment;
    time_format(seconds * 1000, moment.text);
    memcpy(moment.text + strcspn(moment.text, "."), "Z", 2);
    return moment;
}

/* The clock of doctor.h: as far as it can be told without another one. */
#include <inttypes.h>
#include <sys/timex.h>
#include <time.h>

#include "cli/command/database.h"
#include "cli/doctor/doctor.h"
#include "sql.h"
#include "store/db.h"

/* A push may be so many seconds ahead, of another processor's time. */
enum { AHEAD_MAX = 5 };

/* When anything was pushed last, in Unix seconds; 0 where that is not known:
 * the database has its own findings. */
static int64_t read_last(const struct doctor *doctor) {
    struct db *db = NULL;
    struct err ignored;
    int64_t last = 0;
    if (doctor->readable && db_open(doctor->database, true,
                                    DATABASE_PATIENCE_MS, &db, &ignored) == 0)
        (void)db_query_number(db, sql_updated_last, &last, &ignored);
    db_close(db);
    return last;
}

/* The kernel tells whether somebody corrects it. */
static bool is_kept(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}

void doctor_check_clock(struct doctor *doctor) {
    static const char where[] = "this machine";
    const int64_t ahead = read_last(doctor) - (int64_t)time(NULL);
    if (ahead > AHEAD_MAX)
        doctor_tell(doctor, "clock", where,
                    "it is or was wrong: set it, and let NTP keep it",
                    "the last push is %" PRId64 " s ahead of it", ahead);
    else if (!is_kept())
        doctor_find(doctor, FINDING_NOTE, "clock", where,
                    "let NTP keep it (timedatectl set-ntp true), unless the "
                    "host of this machine does: pushes with a time or an id "
                    "are refused when it is off",
                    "no NTP is known to keep it");
    else
        doctor_tell(doctor, "clock", where, NULL, "kept by NTP");
}

/* The check of the clock, without asking another clock. */
#include <inttypes.h>
#include <sys/timex.h>
#include <time.h>

#include "cli/command/database.h"
#include "cli/doctor/doctor.h"
#include "sql.h"
#include "store/db.h"

/* The time of the last push in Unix seconds; 0 if it cannot be read, which the
 * check of the database reports. */
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

/* Whether a daemon such as NTP keeps the kernel's clock. */
static bool is_kept(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}

void doctor_check_clock(struct doctor *doctor) {
    static const char where[] = "this machine";
    const int64_t ahead = read_last(doctor) - (int64_t)time(NULL);
    if (ahead > DOCTOR_AHEAD_MAX)
        doctor_tell(
            doctor, "clock", where,
            "the clock is or was wrong: set it, and synchronize it with NTP",
            "the last push is %" PRId64 " s in the future", ahead);
    else if (!is_kept())
        doctor_find(doctor, FINDING_NOTE, "clock", where,
                    "synchronize it with NTP (timedatectl set-ntp true), "
                    "unless the host of this machine does: with a wrong clock, "
                    "pushes with a time or an id are refused",
                    "not known to be synchronized with NTP");
    else
        doctor_tell(doctor, "clock", where, NULL, "synchronized with NTP");
}

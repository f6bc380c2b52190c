/* The clock of doctor.h: as far as it can be told without another one. */
#include <inttypes.h>
#include <sys/timex.h>
#include <time.h>

#include "cli/doctor/doctor.h"
#include "sql.h"
#include "store/db.h"

/* A push may be so many seconds ahead, of another processor's time. */
enum { AHEAD_MAX = 5, PATIENCE_MS = 2000 };

/* When anything was pushed last, in Unix seconds; 0 where that is not known:
 * the database has its own findings. */
static int64_t read_last(const struct doctor *doctor) {
    struct db_statement *statement;
    struct db *db = NULL;
    struct err ignored;
    int64_t last = 0;
    if (!doctor->readable || db_open(doctor->config->database, true,
                                     PATIENCE_MS, &db, &ignored) != 0)
        return 0;
    if (db_prepare(db, sql_updated_last, &statement, &ignored) == 0 &&
        db_step(statement, &ignored) == 1)
        last = db_integer(statement, 0);
    db_close(db);
    return last;
}

/* The kernel tells whether somebody corrects it. */
static bool is_kept(void) {
    struct timex state = {.modes = 0};
    return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}

void doctor_check_clock(struct doctor *doctor) {
    struct finding finding = {FINDING_OK, "clock", "this machine", NULL};
    int64_t ahead = read_last(doctor) - (int64_t)time(NULL);
    if (ahead > AHEAD_MAX) {
        finding.status = FINDING_WRONG;
        finding.remedy = "it is or was wrong: set it, and let NTP keep it";
        finding_add(&doctor->findings, finding,
                    "the last push is %" PRId64 " s ahead of it", ahead);
    } else if (!is_kept()) {
        finding.status = FINDING_NOTE;
        finding.remedy = "let NTP keep it (timedatectl set-ntp true), unless "
                         "the host of this machine does: pushes with a time "
                         "or an id are refused when it is off";
        finding_add(&doctor->findings, finding, "no NTP is known to keep it");
    } else {
        finding_add(&doctor->findings, finding, "kept by NTP");
    }
}

/* The queries of doctor.h: whether they run, and have results. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "cli/doctor/doctor.h"
#include "store/sql_states.h"

static const char check_it[] = "run it now with tallyman check --queries";
static const char run_it[] =
    "start the responders; a plain CGI program runs one query with each "
    "request";

/* Tolerates a responder that runs another query or was killed. */
enum { LATE_SECONDS = 120 };

struct look {
    struct doctor *doctor;
    size_t fine;
    size_t found; /* of the configuration */
    double now;   /* Unix seconds */
};

static const struct sql_query *find_query(const struct config *config,
                                          const char *name) {
    for (size_t i = 0; name && i < config->sql_queries.count; i++)
        if (strcmp(config->sql_queries.queries[i].family->name, name) == 0)
            return &config->sql_queries.queries[i];
    return NULL;
}

static void tell_error(struct look *look, const struct sql_state *state) {
    if (state->succeeded_at > 0)
        doctor_tell(look->doctor, "query", state->name, check_it,
                    "the query fails; its values are %.0f s old: %s",
                    fmax(look->now - state->succeeded_at, 0), state->error);
    else
        doctor_tell(look->doctor, "query", state->name, check_it,
                    "the query fails and has no values: %s", state->error);
}

static int look_at(void *context, const struct sql_state *state) {
    struct look *look = context;
    const struct sql_query *query =
        find_query(look->doctor->config, state->name);
    const double ago = look->now - state->started_at;
    if (!query)
        return 0;
    look->found++;
    if (state->started_at <= 0)
        doctor_find(look->doctor, FINDING_NOTE, "query", state->name, run_it,
                    "has not run yet");
    else if (ago < -DOCTOR_AHEAD_MAX)
        doctor_tell(look->doctor, "query", state->name, run_it,
                    "has not run since the clock was set back");
    else if (ago > 2 * (double)query->every + LATE_SECONDS)
        doctor_tell(look->doctor, "query", state->name, run_it,
                    "last run %.0f s ago; it should run every %lld s", ago,
                    query->every);
    else if (state->error)
        tell_error(look, state);
    else
        look->fine++;
    return 0;
}

/* Running responders have created a row for each query. */
static void tell_rest(const struct look *look) {
    const size_t count = look->doctor->config->sql_queries.count;
    if (look->fine > 0)
        doctor_find(look->doctor, FINDING_OK, "queries", look->doctor->database,
                    NULL, "%zu of %zu have values", look->fine, count);
    if (look->found < count)
        doctor_find(look->doctor, FINDING_NOTE, "queries",
                    look->doctor->database, run_it,
                    "%zu of %zu are not known to the responders yet",
                    count - look->found, count);
}

void doctor_check_queries(struct doctor *doctor) {
    struct look look = {.doctor = doctor, .now = (double)time(NULL)};
    struct reader *reader = NULL;
    struct err err = {.code = ERR_NONE};
    if (doctor->config->sql_queries.count == 0 || !doctor->readable)
        return;
    if (reader_open(doctor->database, &reader, &err) != 0 ||
        reader_begin(reader, &err) != 0 ||
        reader_sql_states(reader, look_at, &look, &err) < 0)
        doctor_tell(doctor, "queries", doctor->database,
                    "run doctor as the owner of the file", "%s", err.message);
    else
        tell_rest(&look);
    if (reader)
        reader_end(reader);
    reader_close(reader);
}

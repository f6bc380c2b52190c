/* record_counters: the counters of a push to /record, and its totals. */
#ifndef TALLYMAN_TESTS_RECORD_COUNTERS_H
#define TALLYMAN_TESTS_RECORD_COUNTERS_H

#define REJECTED(reason) "tallyman_pushes_rejected_total record " reason " 1\n"
#define ACCEPTED                                                               \
    "tallyman_pushes_total record accepted 1\n"                                \
    "tallyman_samples_total record 1\n"                                        \
    "metrics_aggregator_record_total 1\n"
#define TOTALS                                                                 \
    "SELECT name, labels, value, count FROM series JOIN total ON series_id = " \
    "series.id JOIN family "                                                   \
    "ON family.id = family_id WHERE name IN ('c', 'h') "                       \
    "ORDER BY name, labels"

#endif

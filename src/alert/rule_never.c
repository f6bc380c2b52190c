#include "alert/rule_never.h"

/* PromQL never returns a percentile above the last bound. */
static void warn_of_bound(struct place *place, const struct rule_parts *parts) {
    const struct alert_rule *rule = parts->rule;
    const struct family *family = parts->families[0].family;
    if (rule->comparison != ALERT_ABOVE || !family || family->bound_count == 0)
        return;
    const double last = family->bounds[family->bound_count - 1];
    if (rule->limit >= last)
        place_warn(place, "above",
                   "is %g: a percentile of \"%s\" is at most %g, its last "
                   "bucket, so the alert never fires",
                   rule->limit, family->name, last);
}

/* The maximum number of observations that a value below the limit can have. */
static double most_below(const struct alert_rule *rule) {
    return rule->measure == ALERT_RATE ? rule->limit * (double)rule->over
                                       : rule->limit;
}

/* A count cannot be negative, nor low and, by `minimum`, high. */
static void warn_of_count(struct place *place, const struct alert_rule *rule) {
    if (rule->comparison != ALERT_BELOW)
        return;
    if (rule->limit <= 0)
        place_warn(place, "below",
                   "is %g: the value is never negative, so the alert never "
                   "fires",
                   rule->limit);
    else if (rule->measure != ALERT_RATIO && rule->minimum >= most_below(rule))
        place_warn(place, "minimum",
                   "is %g: a value below %g has fewer observations, so the "
                   "alert never fires",
                   rule->minimum, rule->limit);
}

void rule_warn_of_never(struct place *place, const struct rule_parts *parts) {
    switch (parts->rule->measure) {
    case ALERT_P75:
    case ALERT_P95:
        warn_of_bound(place, parts);
        break;
    case ALERT_INCREASE:
    case ALERT_RATE:
    case ALERT_RATIO:
        warn_of_count(place, parts->rule);
        break;
    case ALERT_VALUE:
    case ALERT_EXPR:
        break;
    }
}

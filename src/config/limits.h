/* limits: upper bounds of input from outside. */
#ifndef TALLYMAN_CONFIG_LIMITS_H
#define TALLYMAN_CONFIG_LIMITS_H

/* Each field has the name of its key, limits.*. */
struct limits {
    long long body_bytes;
    long long trusted_body_bytes;
    long long samples_per_push;
    long long observations_per_sample;
    long long label_value_bytes;
    long long families;
    long long series;
    long long batch_id_hours;
    long long wal_bytes;
};

#endif

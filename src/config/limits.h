/* limits: how much of what comes from outside is taken. */
#ifndef TALLYMAN_CONFIG_LIMITS_H
#define TALLYMAN_CONFIG_LIMITS_H

/* The fields of keys have their names. */
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

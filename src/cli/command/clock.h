/* clock: elapsed time, for measurements and deadlines. */
#ifndef TALLYMAN_CLI_COMMAND_CLOCK_H
#define TALLYMAN_CLI_COMMAND_CLOCK_H

/* Seconds of a monotonic clock. */
double clock_seconds(void);

#endif

/* clock: the time that passes, for measurements and deadlines. */
#ifndef TALLYMAN_CLI_COMMAND_CLOCK_H
#define TALLYMAN_CLI_COMMAND_CLOCK_H

/* Seconds of a clock that nobody sets. */
double clock_seconds(void);

#endif

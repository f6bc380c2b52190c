/* cgi: one request as plain CGI. */
#ifndef TALLYMAN_PROCESS_CGI_H
#define TALLYMAN_PROCESS_CGI_H

/* Answers the request that environment and standard input describe (RFC 3875)
 * on standard output: a turn of one. Returns the exit status. */
int cgi_run(const char *config_path, char *const *environment);

#endif

/* cgi: one request as plain CGI. */
#ifndef TALLYMAN_PROCESS_CGI_H
#define TALLYMAN_PROCESS_CGI_H

/* Answers the request in environment and standard input (RFC 3875) on standard
 * output, as a turn of one. Returns the exit status. */
int cgi_run(const char *config_path, char *const *environment);

#endif

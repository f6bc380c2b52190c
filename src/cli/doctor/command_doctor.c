/* tallyman doctor: checks the responders and their surroundings. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "cli/command/call.h"
#include "cli/command/terminal.h"
#include "cli/doctor/doctor.h"

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* Removes slashes at the end of the URL: the paths begin with one. */
static int set_url(const struct call *call, struct doctor *doctor) {
    char *url = call_value(call, "url");
    if (!url)
        return COMMAND_OK;
    size_t len = strlen(url);
    if (!begins(url, "http://") && !begins(url, "https://"))
        return call_misused(
            call, "--url %s: must begin with http:// or https://", url);
    while (len > strlen("https://") && url[len - 1] == '/')
        url[--len] = '\0';
    doctor->url = url;
    return COMMAND_OK;
}

static int set_options(const struct call *call, struct doctor *doctor) {
    doctor->trust.certificates = call_value(call, "cacert");
    doctor->socket_path = call_value(call, "socket");
    doctor->json = call_has(call, "json");
    for (size_t i = 0; i < call->option_count; i++) {
        if (strcmp(call->options[i].option->name, "document-root") != 0)
            continue;
        if (doctor->root_count == DOCTOR_ROOTS_MAX)
            return call_misused(call, "--document-root: at most %d",
                                DOCTOR_ROOTS_MAX);
        doctor->roots[doctor->root_count++] = call->options[i].value;
    }
    return set_url(call, doctor);
}

/* Without the responder's own families, which cannot fail. NULL with
 * findings. */
static struct config *load_config(struct doctor *doctor, const char *path) {
    struct diagnostics diagnostics = {0};
    struct watch watch = {0};
    struct config *config = config_load(path, &watch, &diagnostics);
    if (config)
        doctor_tell(doctor, "configuration", path, NULL, "good, %zu families",
                    registry_count(&config->registry));
    else
        doctor_tell_errors(doctor, "configuration", path, &diagnostics);
    diagnostics_free(&diagnostics);
    watch_free(&watch);
    return config;
}

static int examine(const struct call *call, struct doctor *doctor) {
    static void (*const checks[])(struct doctor *) = {
        doctor_check_files,  doctor_check_database, doctor_check_queries,
        doctor_check_alerts, doctor_check_clock,    doctor_check_responders};
    struct config *config = load_config(doctor, call_config_path(call));
    doctor->config = config;
    if (config) {
        doctor->database = config->database;
        doctor->trust.token = config->scrape_token;
    }
    for (size_t i = 0; config && i < sizeof(checks) / sizeof(checks[0]); i++)
        checks[i](doctor);
    int status = doctor->wrong > 0 ? COMMAND_FAILED : COMMAND_OK;
    if (doctor_print(doctor) != 0)
        status = call_failed(call, "out of memory");
    config_release(config);
    return status;
}

static int run(const struct call *call) {
    struct doctor doctor = {.config = NULL};
    (void)setlocale(LC_CTYPE, "");
    doctor.utf8 = terminal_utf8();
    int status = set_options(call, &doctor);
    if (status == COMMAND_OK)
        status = examine(call, &doctor);
    strbuf_free(&doctor.text);
    return status;
}

const struct command command_doctor = {
    .name = "doctor",
    .arguments = "[OPTION...]",
    .summary = "Find faults, and say what to do",
    .help = "Examines the configuration, the files and their modes, the disk, "
            "the database and the responders. Exits with 1 after a fault.",
    .options =
        (const struct command_option[]){
            {"url", 0, "URL",
             "ask the responders at this address, such as "
             "https://www.example.org/tallyman"},
            {"cacert", 0, "FILE",
             "certificates to verify that server with, instead of those of "
             "the system"},
            {"socket", 0, "PATH", "ask the responders at their unix socket"},
            {"document-root", 0, "DIR",
             "a directory that the web server publishes; may be\n"
             "repeated. Without it the usual ones are checked"},
            {"json", 'j', NULL, "print an array of objects"},
            {0}},
    .run = run};

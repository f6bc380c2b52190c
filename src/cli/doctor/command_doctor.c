/* tallyman doctor: is everything around the responders as it should be? */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command/command.h"
#include "cli/command/escape.h"
#include "cli/doctor/doctor.h"

static int add_root(const struct command *command, struct doctor *doctor,
                    const char *root) {
    if (doctor->root_count == DOCTOR_ROOTS_MAX)
        return command_misused(command, "--document-root: at most %d",
                               DOCTOR_ROOTS_MAX);
    doctor->roots[doctor->root_count++] = root;
    return -1;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* The slashes at the end of the URL are those of the paths behind it. */
static int set_url(const struct command *command, struct doctor *doctor,
                   char *url) {
    size_t len = strlen(url);
    if (!begins(url, "http://") && !begins(url, "https://"))
        return command_misused(
            command, "--url %s: must begin with http:// or https://", url);
    while (len > strlen("https://") && url[len - 1] == '/')
        url[--len] = '\0';
    doctor->url = url;
    return -1;
}

static int read_arguments(const struct command *command, int argc, char **argv,
                          struct doctor *doctor, const char **path) {
    static const struct option options[] = {
        COMMAND_OPTIONS,
        {"cacert", required_argument, NULL, 'C'},
        {"document-root", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"socket", required_argument, NULL, 's'},
        {"url", required_argument, NULL, 'u'},
        {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, COMMAND_LETTERS "j", options,
                                 NULL)) != -1) {
        int status = -1;
        if (option == 'd')
            status = add_root(command, doctor, optarg);
        else if (option == 'u')
            status = set_url(command, doctor, optarg);
        else if (option == 'C')
            doctor->trust.certificates = optarg;
        else if (option == 's')
            doctor->socket_path = optarg;
        else if (option == 'j')
            doctor->findings.json = true;
        else
            status = command_option(command, option, path);
        if (status >= 0)
            return status;
    }
    if (optind < argc)
        return command_misused(command, "unexpected argument %s", argv[optind]);
    return -1;
}

/* A finding for each line of the diagnostics. */
static void add_errors(struct doctor *doctor, const char *path,
                       const char *text) {
    const struct finding finding = {FINDING_WRONG, "configuration", path,
                                    "mend it; tallyman check tells when it is "
                                    "good"};
    while (*text) {
        int len = (int)strcspn(text, "\n");
        finding_add(&doctor->findings, finding, "%.*s", len, text);
        text += len + (text[len] == '\n');
    }
}

/* As a responder loads it: what it adds to count itself cannot fail. NULL with
 * findings. */
static struct config *load_config(struct doctor *doctor, const char *path) {
    struct diagnostics diagnostics = {0};
    struct watch watch = {0};
    struct config *config = config_load(path, &watch, &diagnostics);
    if (!config) {
        add_errors(doctor, path,
                   diagnostics.text.data ? diagnostics.text.data
                                         : "out of memory");
    } else {
        finding_add(&doctor->findings,
                    (struct finding){FINDING_OK, "configuration", path, NULL},
                    "good, %zu families", registry_count(&config->registry));
    }
    diagnostics_free(&diagnostics);
    watch_free(&watch);
    return config;
}

static int examine(const struct command *command, struct doctor *doctor,
                   const char *path) {
    struct config *config = load_config(doctor, path);
    doctor->config = config;
    if (config) {
        doctor->trust.token = config->scrape_token;
        if (doctor_check_files(doctor))
            doctor_check_database(doctor);
        doctor_check_clock(doctor);
        doctor_check_responders(doctor);
    }
    int status = doctor->findings.wrong > 0 ? COMMAND_FAILED : COMMAND_OK;
    if (findings_print(&doctor->findings, stdout) != 0)
        status = command_failed(command, "out of memory");
    else if (!doctor->findings.json)
        (void)printf("\n%zu of %zu are wrong\n", doctor->findings.wrong,
                     doctor->findings.count);
    config_release(config);
    return status;
}

static int run(const struct command *command, int argc, char **argv) {
    struct doctor doctor = {.config = NULL};
    const char *path = NULL;
    (void)setlocale(LC_CTYPE, "");
    doctor.findings.utf8 = visible_utf8();
    int status = read_arguments(command, argc, argv, &doctor, &path);
    if (status < 0)
        status = examine(command, &doctor, command_config_path(path));
    findings_free(&doctor.findings);
    return status;
}

const struct command command_doctor = {
    "doctor", "[OPTION...]", "Look for what is wrong, and say what to do",
    "Examines the configuration, the files and their modes, the disk, the\n"
    "database and the responders. Exits with 1 when anything is wrong.\n\n"
    "      --url URL      ask the responders there, such as\n"
    "                     https://www.example.org/tallyman\n"
    "      --cacert FILE  certificates that sign for that server, in place of "
    "those\n"
    "                     of the system\n"
    "      --socket PATH  ask them past the web server, at their unix socket\n"
    "      --document-root DIR  what is on the web; may be repeated. Without "
    "it\n"
    "                     the usual directories are taken\n"
    "  -j, --json         print an array of objects\n",
    run};

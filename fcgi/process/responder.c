#include "process/responder.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/log.h"
#include "process/clients.h"
#include "process/scraper.h"
#include "process/sql_runner.h"
#include "process/stop.h"
#include "process/turn.h"

/* The maximum number of accepts in a row, so that other processes get some
 * connections. */
enum { ACCEPTS_MAX = 16 };

/* How often a turn collects more pushes before it commits. */
enum { FILLS_MAX = 8 };

/* The maximum memory of all incomplete requests together, in bytes. */
static const size_t HELD_MAX = 64 << 20;

/* Clients that send too much wait in a queue: every MORE_MS the first
 * MORE_CLIENTS of them are read, so that endless senders cannot occupy the
 * processor. */
enum { MORE_MS = 1, MORE_CLIENTS = 2 };

/* Idle time after which the responder writes the history that the last push
 * left. */
enum { HISTORY_MS = 2 };

/* The longest time for a request to arrive in full. */
static const double RECEIVE_SECONDS = 30;
/* The interval of checks of files and deadlines. */
static const double TICK_SECONDS = 1;
/* mod_fcgid sends SIGKILL 3 seconds after SIGTERM. */
static const double STOP_SECONDS = 2;

struct responder {
    struct service *service;
    int epoll_fd;
    int listen_fd;
    int notify_fd;
    bool listening; /* the listen socket is in the epoll set */
    struct scraper *scraper;
    struct sql_runner *sql_runner;
    struct clients clients;
    /* The current turn. */
    struct client *turn[TURN_MAX];
    struct exchange *exchanges[TURN_MAX];
    size_t turn_count;
    double more_due; /* when the queue of clients is read next */
};

static int watch_fd(struct responder *responder, int fd, uint32_t events,
                    void *context) {
    struct epoll_event event = {.events = events, .data = {.ptr = context}};
    return epoll_ctl(responder->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

/* Without room for a client, leaves new connections to other processes. */
static void update_listening(struct responder *responder, bool wanted) {
    if (wanted == responder->listening)
        return;
    responder->listening = wanted;
    if (wanted)
        (void)watch_fd(responder, responder->listen_fd,
                       EPOLLIN | EPOLLEXCLUSIVE, &responder->listen_fd);
    else
        (void)epoll_ctl(responder->epoll_fd, EPOLL_CTL_DEL,
                        responder->listen_fd, NULL);
}

static void release_client(struct responder *responder, struct client *client) {
    clients_update_held(&responder->clients, client);
    client->state = CLIENT_FREE;
    client->deadline = 0;
    update_listening(responder, !stop_requested());
}

static void count_incomplete(struct responder *responder) {
    responder->service->telemetry.incomplete++;
    responder->service->telemetry.pending = true;
}

/* Disconnects a client to make room for others. */
static void dismiss(struct responder *responder, struct client *client) {
    if (connection_held(client->connection) > 0)
        count_incomplete(responder);
    connection_close(client->connection);
    release_client(responder, client);
}

static void start_scrape(struct responder *responder, struct client *client,
                         struct exchange *exchange) {
    client->state = CLIENT_SCRAPING;
    client->job = (struct scrape_job){
        .config = config_hold(responder->service->config),
        .query = exchange->query,
        .format = exchange->format,
        .created = exchange->created,
        .reload_successful = responder->service->reload_successful,
        .context = client,
        .response.headers = exchange->response.headers};
    if (scraper_submit(responder->scraper, &client->job) == 0) {
        /* Moved to the job. */
        exchange->query = NULL;
        exchange->response.headers = (struct strbuf){0};
        return;
    }
    client->job.response.headers = (struct strbuf){0};
    config_release(client->job.config);
    client->state = CLIENT_IN_TURN;
    turn_refuse_read(
        exchange, "too many requests are waiting, or no thread can be started");
}

/* After a reply: waits for the next request, unless the responder is stopping:
 * then a further request would get no answer. */
static void end_request(struct responder *responder, struct client *client) {
    if (connection_finish(client->connection) && !stop_requested()) {
        clients_await(&responder->clients, client);
        return;
    }
    connection_close(client->connection);
    release_client(responder, client);
}

static void reply(struct responder *responder, struct client *client,
                  const struct exchange *exchange) {
    if (connection_writable(client->connection, &exchange->response))
        connection_respond(client->connection, &exchange->response);
    else
        connection_abort(client->connection); /* the peer does not read */
    end_request(responder, client);
}

/* Commits the turn and answers its requests. */
static void run_turn(struct responder *responder) {
    size_t count = responder->turn_count;
    turn_commit(responder->service, responder->exchanges, count);
    for (size_t i = 0; i < count; i++) {
        reply(responder, responder->turn[i], responder->exchanges[i]);
        exchange_reset(responder->exchanges[i]);
    }
    responder->turn_count = 0;
}

/* Commits the turn first: its pushes point into a configuration that
 * turn_check_read may replace. */
static void prepare_scrape(struct responder *responder,
                           const struct config *entered,
                           struct exchange *exchange) {
    if (responder->turn_count > 0)
        run_turn(responder);
    turn_check_read(responder->service, entered, exchange);
}

static void enter(struct responder *responder, struct exchange *exchange) {
    struct config *config = config_hold(responder->service->config);
    turn_enter(responder->service, exchange);
    if (exchange->state == EXCHANGE_SCRAPE || exchange->state == EXCHANGE_QUERY)
        prepare_scrape(responder, config, exchange);
    config_release(config);
}

/* Passes a complete request to its endpoint: it is answered at once, by a side
 * thread, or after the commit of the turn. */
static void begin_request(struct responder *responder, struct client *client) {
    struct exchange *exchange = responder->exchanges[responder->turn_count];
    if (connection_begin(client->connection, responder->service->config,
                         &exchange->request) != 0) {
        request_reset(&exchange->request);
        release_client(responder, client);
        return;
    }
    client->state = CLIENT_IN_TURN;
    client->deadline = 0;
    enter(responder, exchange);
    if (exchange->state == EXCHANGE_COMMIT) {
        responder->turn[responder->turn_count++] = client;
        return;
    }
    if (exchange->state != EXCHANGE_ANSWERED)
        start_scrape(responder, client, exchange);
    if (exchange->state == EXCHANGE_ANSWERED)
        reply(responder, client, exchange);
    exchange_reset(exchange);
}

/* After a part of a request: sets its deadline and enforces HELD_MAX. */
static void keep_waiting(struct responder *responder, struct client *client) {
    struct client *longest;
    if (client->deadline <= 0)
        client->deadline = service_seconds() + RECEIVE_SECONDS;
    clients_update_held(&responder->clients, client);
    while (responder->clients.held > HELD_MAX &&
           (longest = clients_longest_waiting(&responder->clients, true)))
        dismiss(responder, longest);
}

static void take_input(struct responder *responder, struct client *client) {
    bool half_sent = connection_held(client->connection) > 0;
    if (responder->turn_count == TURN_MAX)
        run_turn(responder);
    switch (
        connection_take_input(client->connection, responder->service->config)) {
    case CONNECTION_MORE:
        clients_queue(&responder->clients, client);
        keep_waiting(responder, client);
        break;
    case CONNECTION_WAITING:
        if (connection_held(client->connection) > 0)
            keep_waiting(responder, client);
        break;
    case CONNECTION_COMPLETE:
        begin_request(responder, client);
        break;
    case CONNECTION_CLOSED:
        if (half_sent)
            count_incomplete(responder);
        release_client(responder, client);
        break;
    }
}

/* O_NONBLOCK is shared by every process on the socket, and systemd clears it
 * when it starts another responder: accept would then block the loop. */
static int never_wait(int listen_fd) {
    return fcntl(listen_fd, F_SETFL, O_NONBLOCK);
}

static void accept_clients(struct responder *responder) {
    if (never_wait(responder->listen_fd) != 0)
        return;
    for (int i = 0; i < ACCEPTS_MAX; i++) {
        struct client *client = clients_find_free(&responder->clients);
        if (!client)
            client = clients_longest_waiting(&responder->clients, false);
        if (!client) {
            update_listening(responder, false);
            return;
        }
        int fd = accept4(responder->listen_fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (client->state == CLIENT_READING)
            dismiss(responder, client);
        if (watch_fd(responder, fd, EPOLLIN | EPOLLRDHUP | EPOLLET, client) !=
            0) {
            (void)close(fd);
            return;
        }
        connection_open(client->connection, fd);
        clients_await(&responder->clients, client);
        take_input(responder, client);
    }
}

/* Runs on a side thread. */
static void send_scrape(struct scrape_job *job) {
    struct client *client = job->context;
    connection_respond(client->connection, &job->response);
}

static void end_scrapes(struct responder *responder) {
    struct scrape_job *job;
    uint64_t count;
    if (read(responder->notify_fd, &count, sizeof(count)) < 0)
        return;
    while ((job = scraper_take_done(responder->scraper))) {
        struct client *client = job->context;
        config_release(job->config);
        if (!job->query)
            telemetry_observe(&responder->service->telemetry, TIMER_SCRAPE,
                              job->seconds);
        query_call_free(job->query);
        end_request(responder, client);
        /* The edge-triggered event of input during the scrape is gone. */
        if (client->state == CLIENT_READING)
            take_input(responder, client);
    }
}

static void check_deadlines(struct responder *responder, double now) {
    for (size_t i = 0; i < responder->clients.count; i++) {
        struct client *client = responder->clients.all[i];
        if (client->state == CLIENT_SCRAPING &&
            scraper_overdue(responder->scraper, &client->job, now))
            connection_abort(client->connection);
        if (client->deadline <= 0 || now < client->deadline)
            continue;
        client->deadline = 0;
        if (client->state == CLIENT_READING)
            dismiss(responder, client);
    }
}

static void handle_event(struct responder *responder,
                         const struct epoll_event *event) {
    if (event->data.ptr == &responder->listen_fd) {
        accept_clients(responder);
    } else if (event->data.ptr == &responder->notify_fd) {
        end_scrapes(responder);
    } else {
        struct client *client = event->data.ptr;
        if (client->state == CLIENT_READING && !client->queued)
            take_input(responder, client);
    }
}

/* Handles the input that arrives within the timeout. Returns the number of
 * events. */
static int gather(struct responder *responder, int timeout_ms,
                  const sigset_t *mask) {
    struct epoll_event events[TURN_MAX];
    int count =
        epoll_pwait(responder->epoll_fd, events, TURN_MAX, timeout_ms, mask);
    for (int i = 0; i < count; i++)
        handle_event(responder, &events[i]);
    return count;
}

/* Reads from the queue of clients that send too much. */
static void take_more(struct responder *responder) {
    struct client *client;
    double now;
    if (!responder->clients.first ||
        (now = service_seconds()) < responder->more_due)
        return;
    responder->more_due = now + MORE_MS / 1000.0;
    for (int i = 0; i < MORE_CLIENTS; i++)
        if ((client = clients_next(&responder->clients)) &&
            client->state == CLIENT_READING)
            take_input(responder, client);
}

/* Adds the pushes that arrived while the turn was read, so that more of them
 * share its commit, without waiting for others. Before a slow, synced commit it
 * yields, so that the web server can pass on its pushes. */
static void fill_turn(struct responder *responder, const sigset_t *mask) {
    for (int i = 0; i < FILLS_MAX && responder->turn_count > 0; i++) {
        if (responder->service->config->durability == DURABILITY_POWER)
            (void)sched_yield();
        if (gather(responder, 0, mask) <= 0)
            return;
    }
}

/* One wait and one turn. While another responder commits, reads the input that
 * has arrived meanwhile. */
static int run_once(struct responder *responder, int timeout_ms,
                    const sigset_t *mask) {
    if (responder->clients.first && timeout_ms > MORE_MS)
        timeout_ms = MORE_MS;
    int count = gather(responder, timeout_ms, mask);
    take_more(responder);
    fill_turn(responder, mask);
    if (responder->turn_count > 0 && !service_try_lock(responder->service))
        (void)gather(responder, 0, mask);
    if (responder->turn_count > 0)
        run_turn(responder);
    return count;
}

static int wait_ms(const struct responder *responder) {
    double due = service_telemetry_due(responder->service);
    if (service_history_due(responder->service))
        return HISTORY_MS;
    return due >= 0 && due < TICK_SECONDS ? (int)(due * 1000) + 1
                                          : (int)(TICK_SECONDS * 1000);
}

/* A new connection wakes only one responder. If that one ends before it
 * accepts, no other one is woken. Memory for a client may have become
 * available, too. */
static void accept_forgotten(struct responder *responder) {
    update_listening(responder, true);
    accept_clients(responder);
    if (responder->turn_count > 0)
        run_turn(responder);
}

static void serve(struct responder *responder, const sigset_t *mask) {
    double tick = service_seconds();
    while (!stop_requested()) {
        int count = run_once(responder, wait_ms(responder), mask);
        if (count == 0)
            service_write_history(responder->service);
        sql_runner_tick(responder->sql_runner, responder->service);
        double now = service_seconds();
        double due = service_telemetry_due(responder->service);
        if (due >= 0 && due <= 0)
            service_commit_telemetry(responder->service);
        if (now - tick < TICK_SECONDS)
            continue;
        tick = now;
        check_deadlines(responder, now);
        accept_forgotten(responder);
        service_reload(responder->service, false);
    }
}

/* Answers all complete requests and waits a little for scrapes. */
static void drain(struct responder *responder, const sigset_t *mask) {
    double deadline = service_seconds() + STOP_SECONDS;
    update_listening(responder, false);
    while (run_once(responder, 0, mask) > 0 && service_seconds() < deadline)
        continue;
    while (clients_scrape(&responder->clients) && service_seconds() < deadline)
        (void)run_once(responder, 50, mask);
    for (size_t i = 0; i < responder->clients.count; i++)
        if (responder->clients.all[i]->state == CLIENT_SCRAPING)
            connection_abort(responder->clients.all[i]->connection);
}

static int open_descriptors(struct responder *responder) {
    responder->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    responder->notify_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (responder->epoll_fd < 0 || responder->notify_fd < 0 ||
        never_wait(responder->listen_fd) != 0 ||
        watch_fd(responder, responder->notify_fd, EPOLLIN,
                 &responder->notify_fd) != 0) {
        log_error("cannot set up the event loop: %s", strerror(errno));
        return -1;
    }
    update_listening(responder, true);
    return 0;
}

static int allocate(struct responder *responder) {
    for (size_t i = 0; i < TURN_MAX; i++)
        if (!(responder->exchanges[i] = calloc(1, sizeof(struct exchange))))
            return -1;
    responder->scraper = scraper_new(send_scrape, responder->notify_fd);
    responder->sql_runner = sql_runner_new(responder->notify_fd);
    responder->service->checkpointer = checkpointer_new();
    return responder->scraper && responder->sql_runner &&
                   responder->service->checkpointer
               ? 0
               : -1;
}

static void close_responder(struct responder *responder) {
    scraper_free(responder->scraper);
    sql_runner_free(responder->sql_runner);
    for (size_t i = 0; i < responder->clients.count; i++)
        if (responder->clients.all[i]->state == CLIENT_SCRAPING) {
            config_release(responder->clients.all[i]->job.config);
            query_call_free(responder->clients.all[i]->job.query);
            response_free(&responder->clients.all[i]->job.response);
        }
    clients_free(&responder->clients);
    for (size_t i = 0; i < TURN_MAX; i++) {
        if (responder->exchanges[i])
            exchange_free(responder->exchanges[i]);
        free(responder->exchanges[i]);
    }
    if (responder->notify_fd >= 0)
        (void)close(responder->notify_fd);
    if (responder->epoll_fd >= 0)
        (void)close(responder->epoll_fd);
    free(responder);
}

int responder_run(struct service *service, int listen_fd) {
    sigset_t mask;
    int status = 1;
    struct responder *responder = calloc(1, sizeof(*responder));
    if (!responder)
        return status;
    responder->service = service;
    responder->listen_fd = listen_fd;
    responder->epoll_fd = -1;
    responder->notify_fd = -1;
    if (connection_library_init() != 0) {
        log_error("libfcgi cannot be set up");
        goto out;
    }
    stop_on_signals(&mask); /* after libfcgi, which sets handlers of its own */
    if (open_descriptors(responder) != 0)
        goto out;
    if (allocate(responder) != 0) {
        log_error("out of memory");
        goto out;
    }
    serve(responder, &mask);
    drain(responder, &mask);
    status = 0;
out:
    close_responder(responder);
    return status;
}

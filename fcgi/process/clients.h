/* clients: the connections of a responder, and what each of them is at. */
#ifndef TALLYMAN_PROCESS_CLIENTS_H
#define TALLYMAN_PROCESS_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "process/connection.h"
#include "process/scraper.h"

/* libfcgi uses select: descriptors stay below 1024. */
enum { CLIENTS_MAX = 900 };

enum client_state {
    CLIENT_FREE,
    CLIENT_READING,
    CLIENT_IN_TURN,
    CLIENT_SCRAPING
};

struct client {
    struct connection *connection;
    enum client_state state;
    uint64_t since;  /* reading: the less, the longer it waits for a request */
    size_t held;     /* as connection_held was at last */
    double deadline; /* 0 without one */
    bool queued;
    struct client *behind; /* in the queue */
    struct scrape_job job;
};

/* A zeroed struct has none. */
struct clients {
    struct client *all[CLIENTS_MAX]; /* the free ones included */
    size_t count;
    uint64_t waits; /* begun so far */
    size_t held;    /* by all of them, of requests that are not whole */
    struct client *first, *last; /* of the queue */
};

/* One that is free; NULL when there is no room or no memory. */
struct client *clients_find_free(struct clients *clients);

/* The client that has been without a whole request for the longest, be it of
 * those that hold a part of one only; NULL if there is none. */
struct client *clients_longest_waiting(const struct clients *clients,
                                       bool holding);

/* Brings what the client holds up to date, after it has read or ended. */
void clients_update_held(struct clients *clients, struct client *client);

/* The client waits for its next request from now on. */
void clients_await(struct clients *clients, struct client *client);

/* Puts one that sends too much at the end of the queue. Its place there stays
 * when it goes, for the next client in the struct. */
void clients_queue(struct clients *clients, struct client *client);

/* Takes the first one out of the queue; NULL when there is none. */
struct client *clients_next(struct clients *clients);

void clients_free(struct clients *clients);

#endif

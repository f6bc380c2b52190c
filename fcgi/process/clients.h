/* clients: the connections of a responder and their states. */
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
    uint64_t since;  /* reading: the lower, the longer without a request */
    size_t held;     /* connection_held at the last update */
    double deadline; /* 0 without one */
    bool queued;
    struct client *next; /* in the queue */
    struct scrape_job job;
};

/* A zeroed struct has none. */
struct clients {
    struct client *all[CLIENTS_MAX]; /* including free ones */
    size_t count;
    uint64_t waits;              /* begun so far */
    size_t held;                 /* bytes of all incomplete requests */
    struct client *first, *last; /* of the queue */
};

/* A free client; NULL when all are in use or memory ran out. */
struct client *clients_find_free(struct clients *clients);

/* The client that has been without a complete request for the longest time;
 * holding: only among those with a part of a request. NULL if there is none. */
struct client *clients_longest_waiting(const struct clients *clients,
                                       bool holding);

/* Updates `held` after the client has read or ended. */
void clients_update_held(struct clients *clients, struct client *client);

/* The client begins to wait for its next request. */
void clients_await(struct clients *clients, struct client *client);

/* Appends a client that sends too much to the queue. It stays there when the
 * connection closes, for the next connection that uses the struct. */
void clients_queue(struct clients *clients, struct client *client);

/* Whether a side thread answers one of them. */
bool clients_scrape(const struct clients *clients);

/* Removes the first client from the queue; NULL if it is empty. */
struct client *clients_next(struct clients *clients);

void clients_free(struct clients *clients);

#endif

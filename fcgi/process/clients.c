#include "process/clients.h"

#include <stdlib.h>

struct client *clients_find_free(struct clients *clients) {
    for (size_t i = 0; i < clients->count; i++)
        if (clients->all[i]->state == CLIENT_FREE)
            return clients->all[i];
    if (clients->count == CLIENTS_MAX)
        return NULL;
    struct client *client = calloc(1, sizeof(*client));
    if (!client || !(client->connection = connection_new())) {
        free(client);
        return NULL;
    }
    clients->all[clients->count++] = client;
    return client;
}

struct client *clients_longest_waiting(const struct clients *clients,
                                       bool holding) {
    struct client *longest = NULL;
    for (size_t i = 0; i < clients->count; i++) {
        struct client *client = clients->all[i];
        if (client->state == CLIENT_READING && (!holding || client->held > 0) &&
            (!longest || client->since < longest->since))
            longest = client;
    }
    return longest;
}

void clients_update_held(struct clients *clients, struct client *client) {
    size_t held = connection_held(client->connection);
    clients->held = clients->held - client->held + held;
    client->held = held;
}

void clients_await(struct clients *clients, struct client *client) {
    client->state = CLIENT_READING;
    client->deadline = 0;
    client->since = ++clients->waits;
    clients_update_held(clients, client);
}

void clients_queue(struct clients *clients, struct client *client) {
    if (client->queued)
        return;
    client->queued = true;
    client->next = NULL;
    if (clients->first)
        clients->last->next = client;
    else
        clients->first = client;
    clients->last = client;
}

bool clients_scrape(const struct clients *clients) {
    for (size_t i = 0; i < clients->count; i++)
        if (clients->all[i]->state == CLIENT_SCRAPING)
            return true;
    return false;
}

struct client *clients_next(struct clients *clients) {
    struct client *client = clients->first;
    if (client) {
        clients->first = client->next;
        client->queued = false;
    }
    return client;
}

void clients_free(struct clients *clients) {
    for (size_t i = 0; i < clients->count; i++) {
        connection_free(clients->all[i]->connection);
        free(clients->all[i]);
    }
}

/* Wrong tokens are rate-limited, right ones are not. */
#include "endpoints/guesses.h"

#include <stdio.h>

#include "check.h"
#include "scratch.h"

static const int64_t now = 1800000000000;
static const char attacker[] = "192.0.2.1";

static struct guess guess_at(const char *address, const char *token,
                             int64_t ms) {
    return (struct guess){scratch_path("t.db"), "secret", address, token,
                          strlen(token),        now + ms};
}

/* Sends the token. Returns the seconds to wait, 0 if it was compared. */
static int try(const char *address, const char *token, bool right, int64_t ms) {
    const struct guess guess = guess_at(address, token, ms);
    const int wait = guess_wait(&guess);
    if (wait == 0)
        guess_note(&guess, right);
    return wait;
}

/* Sends count new wrong tokens. Returns how many were compared. */
static int attack(const char *address, int count, int64_t ms) {
    static unsigned next;
    int compared = 0;
    for (int i = 0; i < count; i++) {
        char token[40];
        (void)snprintf(token, sizeof(token), "guess-%u", next++);
        compared += try(address, token, false, ms) == 0;
    }
    return compared;
}

static void bound(void **state) {
    (void)state;
    assert_int_equal(attack(attacker, 1000, 0), GUESS_PLACES);
    assert_int_equal(attack(attacker, 1000, 0), 0);
    assert_int_equal(attack(attacker, 1000, GUESS_MS - 1), 0);
    assert_int_equal(attack(attacker, 1000, GUESS_MS), 1);
    assert_int_equal(attack(attacker, 1000, 4 * GUESS_MS), 3);
    /* Idle time does not add places beyond the limit. */
    assert_int_equal(attack(attacker, 1000, 1000 * GUESS_MS), GUESS_PLACES);
}

/* Without a place the right token is not compared either: an attacker must not
 * learn that it is right. */
static void right_token_unseen(void **state) {
    (void)state;
    (void)attack(attacker, GUESS_PLACES, 0);
    assert_int_equal(try(attacker, "right", true, 0), 10);
    assert_int_equal(try(attacker, "right", true, 1), 10);
    assert_int_equal(try(attacker, "right", true, 9001), 1);
    assert_int_equal(try(attacker, "right", true, GUESS_MS), 0);
}

/* A user with a known right token is not locked out by guesses from the same
 * address. */
static void right_token_seen(void **state) {
    (void)state;
    assert_int_equal(try(attacker, "right", true, 0), 0);
    assert_int_equal(attack(attacker, 1000, 0), GUESS_PLACES);
    for (int i = 0; i < 100; i++)
        assert_int_equal(try(attacker, "right", true, 0), 0);
    assert_int_equal(attack(attacker, 1000, 0), 0);
    /* Other networks cannot use it as an oracle. */
    (void)attack("192.0.2.2", GUESS_PLACES, 0);
    assert_int_equal(try("192.0.2.2", "right", true, 0), 10);
}

/* A program with an outdated token uses one place, however often it asks. */
static void same_wrong_token(void **state) {
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(try(attacker, "old", false, i), 0);
    assert_int_equal(attack(attacker, 1000, 0), GUESS_PLACES - 1);
    /* The token works again once it is configured again. */
    assert_int_equal(try(attacker, "old", true, 0), 0);
}

static void networks(void **state) {
    (void)state;
    assert_int_equal(attack(attacker, 100, 0), GUESS_PLACES);
    assert_int_equal(attack("192.0.2.2", 100, 0), GUESS_PLACES);
    /* IPv6 addresses of one /64 share their places. */
    assert_int_equal(attack("2001:db8::1", 100, 0), GUESS_PLACES);
    assert_int_equal(attack("2001:db8::ffff:2", 100, 0), 0);
    assert_int_equal(attack("2001:db8:0:1::1", 100, 0), GUESS_PLACES);
    assert_int_equal(attack("::ffff:192.0.2.1", 100, 0), GUESS_PLACES);
    assert_int_equal(attack("unix:", 100, 0), GUESS_PLACES);
    assert_int_equal(attack("", 100, 0), GUESS_PLACES);
}

/* All addresses together cannot guess more often than there are slots. */
static void all_addresses(void **state) {
    int compared = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char address[20];
        (void)snprintf(address, sizeof(address), "10.0.%d.%d", i / 256,
                       i % 256);
        compared += attack(address, 1, 0);
    }
    assert_in_range(compared, GUESS_NETWORKS * GUESS_PLACES * 9 / 10,
                    GUESS_NETWORKS * GUESS_PLACES);
}

/* A clock that was set back does not lock anybody out. */
static void clock_set_back(void **state) {
    (void)state;
    (void)attack(attacker, 100, 86400000);
    assert_int_equal(attack(attacker, 100, 0), GUESS_PLACES);
    /* A turn that began slightly earlier is not taken for a clock set back. */
    (void)attack("192.0.2.2", 100, 5000);
    assert_int_equal(attack("192.0.2.2", 100, 0), 0);
    assert_int_equal(try("192.0.2.2", "right", true, 0), 10);
}

/* The file has neither addresses nor tokens. */
static void file(void **state) {
    struct stat info;
    char bytes[200000];
    (void)state;
    (void)try(attacker, "right", true, 0);
    (void)try(attacker, "wrong", false, 0);
    int fd = open(scratch_path("t.db-guesses"), O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &info) == 0);
    assert_int_equal(info.st_mode & 07777, 0600);
    ssize_t len = read(fd, bytes, sizeof(bytes));
    assert_in_range(len, 1, (GUESS_NETWORKS + 2 * 4096) * 8);
    assert_null(memmem(bytes, (size_t)len, attacker, strlen(attacker)));
    assert_null(memmem(bytes, (size_t)len, "\xc0\x00\x02\x01", 4));
    assert_null(memmem(bytes, (size_t)len, "right", 5));
    assert_null(memmem(bytes, (size_t)len, "wrong", 5));
    assert_int_equal(close(fd), 0);
}

/* If the file cannot be created, tokens are compared. */
static void no_file(void **state) {
    (void)state;
    assert_int_equal(mkdir(scratch_path("t.db-guesses"), 0700), 0);
    assert_int_equal(attack(attacker, 100, 0), 100);
    assert_int_equal(rmdir(scratch_path("t.db-guesses")), 0);
    assert_int_equal(symlink("elsewhere", scratch_path("t.db-guesses")), 0);
    assert_int_equal(attack(attacker, 100, 0), 100);
    assert_int_equal(access(scratch_path("elsewhere"), F_OK), -1);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scratch_make, scratch_clear)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(bound),
        TEST(right_token_unseen),
        TEST(right_token_seen),
        TEST(same_wrong_token),
        TEST(networks),
        TEST(all_addresses),
        TEST(clock_set_back),
        TEST(file),
        TEST(no_file),
    };
    return cmocka_run_group_tests_name("guesses", tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// The least that polling can cost: one thread, one epoll, one connection an HSM, nothing judged, stored or sent on.
//
//     epoll_client FIRST_PORT HSMS INTERVAL_MS WARM_UP_S MEASURED_S
//
// Asks HSMs on 127.0.0.1, each once an interval, spread over the interval as the service does it. Prints
// `polls=N failed=N cpu_us=N` of the measured time; exits 1 when it cannot.

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MAXIMUM_HSMS = 10000,
    MAXIMUM_SECONDS = 600,
    MAXIMUM_INTERVAL_MS = 60000,
    EVENTS_AT_ONCE = 256,
    // A reply is `<2223#63#64#1#>` and CR LF.
    LONGEST_REPLY = 256,
};

static const int64_t NANOSECONDS = 1000000000;
// The service's Schedule.resolution: so many HSMs share a wake-up of the timer.
static const int64_t RESOLUTION = 5000000;
static const char REQUEST[] = "<1223#>\n";

struct hsm {
    int socket;
    int64_t due;
    bool asked;
    size_t length;
    char reply[LONGEST_REPLY];
};

struct client {
    int epoll;
    int timer;
    int64_t interval;
    size_t count;
    // The HSM that is due next: with one interval for all, they are due in a ring.
    size_t next;
    int64_t polls;
    int64_t failed;
    struct hsm *hsms;
};

static void give_up(const char *format, ...) {
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, ": %s\n", strerror(error));
    exit(EXIT_FAILURE);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANOSECONDS + time.tv_nsec;
}

static int64_t processor_microseconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static int64_t number(const char *text, int64_t maximum) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < 1 || value > maximum) {
        errno = EINVAL;
        give_up("'%s', allowed is 1 to %lld", text, (long long)maximum);
    }
    return value;
}

static void watch(struct client *client, int descriptor, void *owner) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};
    if (epoll_ctl(client->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) give_up("epoll_ctl");
}

static void open_hsm(struct client *client, struct hsm *hsm, uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    hsm->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (hsm->socket < 0) give_up("socket");
    if (connect(hsm->socket, (struct sockaddr *)&address, sizeof address) != 0) give_up("connect to port %u", port);
    setsockopt(hsm->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(client, hsm->socket, hsm);
}

static void arm(struct client *client) {
    int64_t due = client->hsms[client->next].due;
    struct itimerspec time = {.it_value = {.tv_sec = due / NANOSECONDS, .tv_nsec = due % NANOSECONDS}};
    if (timerfd_settime(client->timer, TFD_TIMER_ABSTIME, &time, NULL) != 0) give_up("timerfd_settime");
}

static void start(struct client *client) {
    int64_t begin = now() + client->interval;
    for (size_t index = 0; index < client->count; index++) {
        int64_t splay = client->interval * (int64_t)index / (int64_t)client->count;
        client->hsms[index].due = begin + splay - splay % RESOLUTION;
    }
    watch(client, client->timer, NULL);
    arm(client);
}

static void ask(struct client *client, struct hsm *hsm) {
    ssize_t length = sizeof REQUEST - 1;
    // One that has not answered for an interval has failed; it is asked again when it has.
    if (hsm->asked) {
        client->failed++;
        return;
    }
    hsm->asked = true;
    if (send(hsm->socket, REQUEST, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) give_up("send");
}

static void ask_all_due(struct client *client) {
    uint64_t expirations;
    if (read(client->timer, &expirations, sizeof expirations) < 0 && errno != EAGAIN) give_up("read of the timer");
    int64_t time = now();
    for (struct hsm *hsm; (hsm = &client->hsms[client->next])->due <= time;) {
        ask(client, hsm);
        hsm->due += client->interval;
        client->next = (client->next + 1) % client->count;
    }
    arm(client);
}

static bool is_reading(const char *reply) {
    unsigned long long available, total;
    return sscanf(reply, " <2223#%10llu#%10llu#", &available, &total) == 2 && available <= total && total > 0;
}

static void take(struct client *client, struct hsm *hsm) {
    ssize_t length = recv(hsm->socket, hsm->reply + hsm->length, LONGEST_REPLY - 1 - hsm->length, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) give_up("recv");
    if (length == 0) {
        errno = ECONNRESET;
        give_up("an HSM closed its connection, or replied with more than %d bytes", LONGEST_REPLY - 1);
    }
    hsm->length += (size_t)length;
    hsm->reply[hsm->length] = '\0';
    if (memchr(hsm->reply, '>', hsm->length) == NULL) return;
    client->polls++;
    if (!is_reading(hsm->reply)) client->failed++;
    hsm->asked = false;
    hsm->length = 0;
}

static void run(struct client *client, int64_t until) {
    struct epoll_event events[EVENTS_AT_ONCE];
    while (now() < until) {
        // The timer wakes this up: nothing can make it wait for ever.
        int count = epoll_wait(client->epoll, events, EVENTS_AT_ONCE, -1);
        if (count < 0 && errno != EINTR) give_up("epoll_wait");
        for (int index = 0; index < count; index++) {
            struct hsm *hsm = events[index].data.ptr;
            if (hsm == NULL) {
                ask_all_due(client);
            } else {
                take(client, hsm);
            }
        }
    }
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: %s FIRST_PORT HSMS INTERVAL_MS WARM_UP_S MEASURED_S\n", argv[0]);
        return EXIT_FAILURE;
    }
    struct client client = {
        .epoll = epoll_create1(EPOLL_CLOEXEC),
        .timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
        .count = (size_t)number(argv[2], MAXIMUM_HSMS),
        .interval = number(argv[3], MAXIMUM_INTERVAL_MS) * (NANOSECONDS / 1000),
    };
    int64_t first_port = number(argv[1], UINT16_MAX + 1 - (int64_t)client.count);
    int64_t warm_up = number(argv[4], MAXIMUM_SECONDS) * NANOSECONDS;
    int64_t measured = number(argv[5], MAXIMUM_SECONDS) * NANOSECONDS;
    client.hsms = calloc(client.count, sizeof *client.hsms);
    if (client.epoll < 0 || client.timer < 0 || client.hsms == NULL) give_up("start");

    for (size_t index = 0; index < client.count; index++) {
        open_hsm(&client, &client.hsms[index], (uint16_t)(first_port + (int64_t)index));
    }
    start(&client);
    run(&client, now() + client.interval + warm_up);
    int64_t polls = client.polls, failed = client.failed, processor = processor_microseconds();
    run(&client, now() + measured);
    printf("polls=%lld failed=%lld cpu_us=%lld\n", (long long)(client.polls - polls),
           (long long)(client.failed - failed), (long long)(processor_microseconds() - processor));
    return EXIT_SUCCESS;
}

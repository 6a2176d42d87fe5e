// SPDX-License-Identifier: Apache-2.0
// A receiver that costs next to nothing: counts messages by their delimiter, on any number of connections at once, and
// closes a connection when its sender has half-closed it.
//
//     sink PORT DELIMITER COUNT TEXT
//
// DELIMITER is a byte's number. Counts only messages that contain TEXT. Prints `SECONDS CONNECTIONS` when COUNT of them
// have come, from the first byte to the last, and goes on until it is killed.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 64, CONNECTIONS = 1024, CHUNK = 1 << 20, LINE = 1 << 14 };

// What came of the last message on a connection and has no end yet.
static struct {
    char bytes[LINE];
    size_t length;
} partial[CONNECTIONS];

static char chunk[CHUNK];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: sink PORT DELIMITER COUNT TEXT\n");
        return 64;
    }
    int delimiter = atoi(argv[2]);
    long wanted = atol(argv[3]), count = 0, accepted = 0;
    const char *text = argv[4];
    size_t text_length = strlen(text);
    double begin = 0;

    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(listener, 128) < 0) fail("listen");
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);

    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0 || client >= CONNECTIONS) fail("accept");
                partial[client].length = 0;
                accepted++;
                event = (struct epoll_event){.events = EPOLLIN, .data.fd = client};
                epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            ssize_t size = read(fd, chunk, CHUNK);
            if (size <= 0) {
                close(fd);
                continue;
            }
            if (begin == 0) begin = now();
            for (char *start = chunk, *end; start < chunk + size; start = end + 1) {
                size_t left = chunk + size - start;
                end = memchr(start, delimiter, left);
                if (!end) {
                    if (partial[fd].length + left > LINE) left = LINE - partial[fd].length;
                    memcpy(partial[fd].bytes + partial[fd].length, start, left);
                    partial[fd].length += left;
                    break;
                }
                char *message = start;
                size_t length = end - start;
                if (partial[fd].length > 0) {
                    if (partial[fd].length + length > LINE) length = LINE - partial[fd].length;
                    memcpy(partial[fd].bytes + partial[fd].length, start, length);
                    message = partial[fd].bytes;
                    length += partial[fd].length;
                    partial[fd].length = 0;
                }
                if (memmem(message, length, text, text_length) && ++count == wanted) {
                    printf("%.3f %ld\n", now() - begin, accepted);
                    fflush(stdout);
                }
            }
        }
    }
}

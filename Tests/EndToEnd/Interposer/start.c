// SPDX-License-Identifier: Apache-2.0

/* Loaded into a program before the C library (LD_PRELOAD, ld.so(8)): does what no test can do from outside.
 *
 * HSMWATCH_TEST_SILENT: names with this ending are never answered, as by a name server that is gone.
 * HSMWATCH_TEST_SIGNAL: the process gets this signal at its first look at its standard descriptors, when its start has
 * just begun. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends_with(const char *text, const char *ending) {
    size_t length = strlen(text), rest = strlen(ending);
    return length >= rest && strcmp(text + length - rest, ending) == 0;
}

typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    const char *silent = getenv("HSMWATCH_TEST_SILENT");
    while (name && silent && ends_with(name, silent))
        pause();
    lookup *real = (lookup *)dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, found);
}

static void signal_once(int command) {
    static int is_done;
    const char *number = getenv("HSMWATCH_TEST_SIGNAL");
    /* A shell before the program loads this, too. */
    if (command != F_GETFD || !number || is_done || strcmp(program_invocation_short_name, "hsmwatch") != 0)
        return;
    is_done = 1;
    kill(getpid(), atoi(number));
}

typedef int control(int, int, ...);

static int pass_on(const char *name, int descriptor, int command, void *argument) {
    signal_once(command);
    control *real = (control *)dlsym(RTLD_NEXT, name);
    return real(descriptor, command, argument);
}

int fcntl(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return pass_on("fcntl", descriptor, command, argument);
}

int fcntl64(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return pass_on("fcntl64", descriptor, command, argument);
}

// SPDX-License-Identifier: Apache-2.0

/* Loaded into the service before the C library (LD_PRELOAD, ld.so(8)): does to one process what a test may not do to the
 * whole machine. What it does stands in a file that the test writes and that is mapped here: four 64-bit integers.
 *
 * Nothing but what a process reads and writes at an offset of a file counts as its disk: in the service that is SQLite
 * alone. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct orders {
    /* Seconds by which the civil clock is ahead. */
    int64_t clock_shift;
    /* Whether the disk is read-only, as ext4 makes it at an error while files are open. */
    int64_t read_only;
    /* How many reads of the disk fail, from the start of the process on. */
    int64_t failing_reads;
    /* Whether what is asked of the disk takes for ever. */
    int64_t hanging;
};

static const struct orders nothing;
static const volatile struct orders *orders = &nothing;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("HSMWATCH_TEST_ORDERS");
    int descriptor = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (descriptor < 0)
        return;
    void *page = mmap(NULL, sizeof(struct orders), PROT_READ, MAP_SHARED, descriptor, 0);
    if (page != MAP_FAILED)
        orders = page;
    close(descriptor);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    int status = (int)syscall(SYS_clock_gettime, clock, now);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += orders->clock_shift;
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int status = (int)syscall(SYS_gettimeofday, now, zone);
    if (status == 0)
        now->tv_sec += orders->clock_shift;
    return status;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}

static void hang(void) {
    while (orders->hanging)
        usleep(1000);
}

static int refused(void) {
    hang();
    if (!orders->read_only)
        return 0;
    errno = EROFS;
    return 1;
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset) {
    static _Atomic int64_t failed;
    hang();
    if (failed < orders->failing_reads) {
        failed++;
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, descriptor, bytes, count, offset);
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return pread64(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    return refused() ? -1 : syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off64_t length) {
    return refused() ? -1 : (int)syscall(SYS_ftruncate, descriptor, length);
}

int ftruncate(int descriptor, off_t length) {
    return ftruncate64(descriptor, length);
}

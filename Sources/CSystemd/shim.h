/* libsystemd's two halves that hsmwatch speaks with, the service manager and the journal; and what Swift cannot call. */
#ifndef HSMWATCH_CSYSTEMD_SHIM_H
#define HSMWATCH_CSYSTEMD_SHIM_H

/* Without it the journal's macros would add the location of this header to every entry. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#include <sys/prctl.h>
#include <sys/timex.h>

/* PR_SET_DUMPABLE of prctl(2), whose number of arguments varies. */
static inline int hsmwatch_set_dumpable(int is_dumpable) { return prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0); }

/* STA_UNSYNC of adjtimex(2), read without a change: 1 or 0; -1 when the call is not permitted. Swift does not see timex. */
static inline int hsmwatch_clock_is_unsynchronised(void) {
    struct timex state = {.modes = 0};
    if (adjtimex(&state) < 0) return -1;
    return (state.status & STA_UNSYNC) != 0;
}

#endif

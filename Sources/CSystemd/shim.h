/* libsystemd's two halves that hsmwatch speaks with: the service manager and the journal. */
#ifndef HSMWATCH_CSYSTEMD_SHIM_H
#define HSMWATCH_CSYSTEMD_SHIM_H

/* Without it the journal's macros would add the location of this header to every entry. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>

#endif

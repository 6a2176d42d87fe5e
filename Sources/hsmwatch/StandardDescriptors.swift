// SPDX-License-Identifier: Apache-2.0

import Glibc

/// stdin, stdout and stderr, which whoever starts a program may have closed.
enum StandardDescriptors {
    /// Occupies the number of each that is closed: else a connection to an HSM would get it, and with it what is written to
    /// stderr.
    ///
    /// With /dev/null the wrong way round, so that reading and writing still fail as on a closed one.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // Always the lowest number that is free (open(2)): this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How many files, sockets among them, this process may have open.
enum OpenFiles {
    /// Raises the soft limit to the hard one, so that thousands of HSMs fit. Says so on stderr when it cannot.
    static func raiseLimit() {
        let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(openFiles, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        let soft = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(openFiles, &limit) != 0 {
            printToStandardError("cannot open more than \(soft) files: many HSMs may not fit")
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import CSystemd

/// What this process remembers: the private keys and tokens of the outputs, among other things.
package enum ProcessMemory {
    /// Keeps it from every core file and from every debugger that is not root's (PR_SET_DUMPABLE in prctl(2)).
    ///
    /// `LimitCORE=0` alone does not: the kernel pipes a core into a program, where the system has named one, whatever the
    /// limit says (core(5)).
    package static func seal() {
        // It fails for values that are neither 0 nor 1.
        _ = hsmwatch_set_dumpable(0)
    }
}

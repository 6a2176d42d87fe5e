// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Foundation
import Logging

/// systemd, as the process that started us: takes notifications (sd_notify(3)) and may want to hear a watchdog.
///
/// Without `$NOTIFY_SOCKET` nobody listens, and nothing is sent.
@ServiceLoop
package final class ServiceManager {
    private let logger: Logger
    private var hasFailed = false

    package init(logger: Logger) {
        self.logger = logger
    }

    /// How often `WATCHDOG=1` must come at the least (sd_watchdog_enabled(3)); nil when nobody waits for it.
    package var watchdogTimeout: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    /// Sends assignments such as `READY=1`, one a line. A failure is logged once until it works again.
    package func notify(_ assignments: String...) {
        let status = sd_notify(0, assignments.joined(separator: "\n"))
        if status < 0, !hasFailed {
            logger.note(.managerUnreachable(reason: String(cString: strerror(-status)).lowercased()))
        }
        hasFailed = status < 0
    }
}

// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Dispatch
import Foundation
import HSMWatchCore
import Logging

/// systemd, as the process that started us: takes notifications (sd_notify(3)) and may want to hear a watchdog.
///
/// Without `$NOTIFY_SOCKET` nobody listens, and nothing is sent.
@ServiceLoop
package final class ServiceManager {
    /// How long `hand` waits until the manager has taken what it was sent.
    package nonisolated static let patience = Duration.seconds(5)

    private let logger: Logger
    private let queue = DispatchQueue(label: "hsmwatch.service-manager")
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
        check(sd_notify(0, assignments.joined(separator: "\n")))
    }

    /// Sends assignments, with a descriptor of which the manager gets a duplicate, and returns when it has taken them, at
    /// the latest after `patience`. Not on the loop, for which the manager may be too busy.
    package func hand(_ assignments: String, _ descriptor: CInt?) async {
        let status = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: Self.send(assignments, descriptor)) }
        }
        check(status)
    }

    private nonisolated static func send(_ assignments: String, _ descriptor: CInt?) -> CInt {
        var status: CInt
        if var descriptor {
            status = sd_pid_notify_with_fds(0, 0, assignments, &descriptor, 1)
        } else {
            status = sd_notify(0, assignments)
        }
        // What the manager makes of it cannot be known, nor does it matter when it is late.
        if status > 0 { _ = sd_notify_barrier(0, UInt64(patience.wholeNanoseconds / 1000)) }
        return status
    }

    private func check(_ status: CInt) {
        if status < 0, !hasFailed {
            logger.note(.managerUnreachable(reason: String(cString: strerror(-status)).lowercased()))
        }
        hasFailed = status < 0
    }
}

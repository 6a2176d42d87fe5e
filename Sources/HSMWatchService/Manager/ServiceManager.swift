// SPDX-License-Identifier: Apache-2.0

import CSystemd
import Dispatch
import Foundation
import HSMWatchCore
import Logging

/// systemd, as the process that started us: takes notifications (sd_notify(3)) and may want to hear a watchdog.
///
/// Without `$NOTIFY_SOCKET` nothing is sent.
///
/// A full queue of systemd's blocks the sender. So two threads send, one for the notifications in their order and one
/// for the descriptors, and the loop only hands over what is next. `NotificationQueue` limits what waits.
@ServiceLoop
package final class ServiceManager {
    /// How long `hand` waits for the word that the manager has taken what it was sent.
    package nonisolated static let patience = Duration.seconds(5)
    /// How long `finish` waits for the last notification.
    package nonisolated static let farewell = Duration.milliseconds(500)

    private let logger: Logger
    private let notifying = DispatchQueue(label: "hsmwatch.notifications")
    private let handing = DispatchQueue(label: "hsmwatch.service-manager")
    private var notifications = NotificationQueue()
    private var isNotifying = false
    /// Raised when all notifications are sent, for `finish`.
    private let sentAll = WakeUp()
    private var isFinishing = false
    private var hasFailed = false

    package init(logger: Logger) {
        self.logger = logger
    }

    /// How often `WATCHDOG=1` must come at the least (sd_watchdog_enabled(3)); nil without a watchdog.
    package var watchdogTimeout: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds))
    }

    /// Sends assignments such as `READY=1`, one a line, after those before. Never waits. A failure is logged once until
    /// it works again.
    package func notify(_ assignments: String...) {
        notifications.add(assignments)
        sendNext()
    }

    /// Returns when all notifications are sent, at the latest after `farewell`. Only for the end of the process.
    package func finish() async {
        guard isNotifying else { return }
        isFinishing = true
        let timer = ServiceLoop.after(Self.farewell) { self.sentAll.raise() }
        await sentAll.wait()
        timer.cancel()
    }

    /// Sends assignments, with a descriptor of which the manager gets a duplicate. Returns when the manager has taken
    /// them, or did not say so within `patience`; while its queue is full, not before that has room.
    package func hand(_ assignments: String, _ descriptor: CInt?) async {
        let status = await withCheckedContinuation { continuation in
            handing.async { continuation.resume(returning: Self.send(assignments, descriptor)) }
        }
        check(status)
    }

    private func sendNext() {
        guard !isNotifying, let next = notifications.next() else { return }
        isNotifying = true
        let text = next.joined(separator: "\n")
        notifying.async {
            let status = sd_notify(0, text)
            Task { @ServiceLoop in self.sent(status) }
        }
    }

    private func sent(_ status: CInt) {
        isNotifying = false
        check(status)
        sendNext()
        if isFinishing, !isNotifying { sentAll.raise() }
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

// SPDX-License-Identifier: Apache-2.0

/// What the service manager has yet to be sent, in order (sd_notify(3)).
///
/// The manager may take nothing for a long time, so the queue merges what one notification says as well as several:
/// - Of `STATUS`, `WATCHDOG` and `EXTEND_TIMEOUT_USEC`, each alone in a notification, at most one waits. A newer status
///   or extension replaces the older one, at the end of the queue. A watchdog's answer keeps its place: it comes no
///   later.
/// - `READY`, `RELOADING`, `STOPPING` and all others keep their order, and none is dropped. Only when `reloadLimit`
///   whole reloads wait is the oldest of them removed: the manager has seen neither its beginning nor its end.
package struct NotificationQueue: Sendable {
    /// Whole reloads that wait at the most.
    package static let reloadLimit = 8

    /// The assignments of one notification, such as `READY=1`.
    package typealias Notification = [String]

    private var waiting: [Notification] = []

    package init() {}

    /// Whether nothing waits.
    package var isEmpty: Bool { waiting.isEmpty }

    /// How many notifications wait.
    package var count: Int { waiting.count }

    /// Adds a notification, or merges it with one that waits.
    package mutating func add(_ notification: Notification) {
        if let name = Self.mergedName(of: notification) {
            if let index = waiting.firstIndex(where: { Self.mergedName(of: $0) == name }) {
                if name == Self.watchdog { return }
                waiting.remove(at: index)
            }
        }
        waiting.append(notification)
        removeOldReloads()
    }

    /// The notification to send next.
    package mutating func next() -> Notification? {
        waiting.isEmpty ? nil : waiting.removeFirst()
    }

    private static let watchdog = "WATCHDOG"
    private static let merged = ["STATUS", watchdog, "EXTEND_TIMEOUT_USEC"]

    /// The name that the notification consists of, if it is one of which the newest says all.
    private static func mergedName(of notification: Notification) -> String? {
        guard notification.count == 1, let name = Self.name(of: notification) else { return nil }
        return merged.contains(name) ? name : nil
    }

    private static func name(of notification: Notification) -> String? {
        notification.first.map { String($0.prefix { $0 != "=" }) }
    }

    /// A whole reload is `RELOADING` and the `READY` after it.
    private mutating func removeOldReloads() {
        let steps = waiting.indices.filter { ["READY", "RELOADING"].contains(Self.name(of: waiting[$0])) }
        let reloads = zip(steps, steps.dropFirst()).filter { first, second in
            Self.name(of: waiting[first]) == "RELOADING" && Self.name(of: waiting[second]) == "READY"
        }
        guard reloads.count > Self.reloadLimit, let (beginning, end) = reloads.first else { return }
        waiting.remove(at: end)
        waiting.remove(at: beginning)
    }
}

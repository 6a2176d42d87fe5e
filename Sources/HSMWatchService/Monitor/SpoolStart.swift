// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// Waits for the spool at the start: keeps the service manager patient, obeys an order to stop, and has a deadline.
@ServiceLoop
struct SpoolStart {
    /// How often the service manager is asked for more time.
    static let extensionInterval = Duration.seconds(5)
    /// How much more time it is asked for each time.
    static let extensionTime = Duration.seconds(30)

    let opening: SpoolOpening
    let directory: String
    let manager: ServiceManager
    let orders: Orders
    let patience: Duration

    init(
        opening: SpoolOpening, directory: String, manager: ServiceManager, orders: Orders,
        patience: Duration = SpoolOpening.patience
    ) {
        self.opening = opening
        self.directory = directory
        self.manager = manager
        self.orders = orders
        self.patience = patience
    }

    /// What there is to begin with: the open database, or why the spool begins in memory. Nil when a stop was ordered.
    ///
    /// - Throws: `SpoolRefusal` when hsmwatch must not start.
    func run() async throws(SpoolRefusal) -> Result<SpoolFile.Opened, any Error>? {
        let deadline = Instant.now + patience
        var extensionDue = Instant.now + Self.extensionInterval
        orders.onStop = { [opening] in opening.interrupt() }
        while opening.result == nil, !orders.isStopOrdered, Instant.now < deadline {
            await opening.wait(until: min(extensionDue, deadline))
            guard extensionDue <= .now else { continue }
            let microseconds = Self.extensionTime.wholeNanoseconds / 1000
            manager.notify("EXTEND_TIMEOUT_USEC=\(microseconds)", "STATUS=checking the spool in \(directory)")
            extensionDue = .now + Self.extensionInterval
        }
        orders.onStop = {}
        guard !orders.isStopOrdered else { return nil }
        if case .failure(let refusal as SpoolRefusal)? = opening.result { throw refusal }
        // Another hsmwatch may have the lock, and may poll: without an answer this one polls nothing.
        guard opening.knowsLock || opening.result != nil else {
            let reason = "the directory does not answer within \(DurationText.format(patience))"
            throw .cannotOpen(directory: directory, reason: reason)
        }
        return await opening.take()
    }
}

/// An environment variable in which systemd names the service's directories: a list, with colons between
/// (systemd.exec(5)).
enum DirectoryList {
    /// The first directory; nil when the variable is not set, or names none.
    static func first(of variable: String?) -> String? {
        variable?.split(separator: ":").first.map(String.init)
    }
}

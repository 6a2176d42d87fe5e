// SPDX-License-Identifier: Apache-2.0

/// Whether every part of the service makes progress: what the watchdog vouches for.
///
/// A part that has promised something says by when. An HSM or a Graylog that does not answer breaks no promise.
package struct Liveness: Sendable {
    package enum Part: String, CaseIterable, Sendable {
        /// The poll timer fires.
        case timers
        /// The spool finishes the job it has begun.
        case spool
    }

    /// How late the poll timer may be.
    package static let timerGrace = Duration.seconds(5)
    /// How long the spool may take for one job, on a disk that is slow but works.
    package static let spoolGrace = Duration.seconds(10)
    /// How long it may take to open a database that could not be opened before, and to check all of it.
    package static let openingGrace = Duration.seconds(300)

    private var promises: [Part: Instant] = [:]

    package init() {}

    /// The part will have made progress by then; nil: it has nothing to do.
    package mutating func expect(_ part: Part, by deadline: Instant?) {
        promises[part] = deadline
    }

    /// A part that broke its promise, if one did.
    package func overdue(at now: Instant) -> Part? {
        Part.allCases.first { part in promises[part].map { $0 < now } ?? false }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The messages that the service would send of probes, numbered as by a spool that is new.
///
/// No spool is opened: it belongs to the service. Whoever sends these messages on his own can be told from it.
package struct ProbeMessages: Sendable {
    private let encoder: MessageEncoder
    private var identity = SpoolIdentity.new()

    package init(encoder: MessageEncoder) {
        self.encoder = encoder
    }

    /// The messages of the next probe, each one JSON object on one line, without a line feed.
    package mutating func lines(of report: ProbeReport) -> [String] {
        report.events.map { String(decoding: identity.number(encoder.encode($0)), as: UTF8.self) }
    }
}

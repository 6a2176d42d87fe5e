// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

@testable import HSMWatchService

extension SpooledMessage {
    /// A message whose body tells its position, padded to a length.
    static func sample(_ position: Int64, _ kind: Event.Kind = .reading, time: Int64 = 0, length: Int = 0)
        -> SpooledMessage
    {
        let text = "\(position) \(kind.name)"
        let padding = repeatElement(UInt8(ascii: "."), count: max(0, length - text.utf8.count))
        return SpooledMessage(position: position, kind: kind, time: time, body: Array(text.utf8) + padding)
    }

    /// What Graylog would store.
    var stored: StoredMessage? {
        GELFRules.decode(body, from: "127.0.0.1", at: .now).stored
    }
}

extension Event {
    /// An event of the service that carries a number, and a text of a length.
    static func numbered(_ number: Int, length: Int = 0) -> Event {
        let text = String(repeating: "x", count: length)
        return Event(timestamp: .now, content: .service(.started(version: "0", hsms: number, reason: text)))
    }
}

extension SpoolDatabase.Commit {
    /// A commit of messages, with everything else as if nothing else had happened, and outputs that get all kinds.
    init(
        _ messages: [SpooledMessage], position: Int64? = nil, cursors: [String: Int64] = ["a": 0],
        confirmed: ConfirmedPositions? = nil, limits: SpoolConfiguration = SpoolConfiguration(), now: Int64 = 0,
        movingBehind: Int64? = nil
    ) {
        let slowest = ConfirmedPositions(
            Dictionary(uniqueKeysWithValues: Event.Kind.allCases.map { ($0, cursors.values.min() ?? 0) }))
        self.init(
            messages: messages, position: position ?? messages.last?.position ?? 0,
            identity: SpoolIdentity(instance: "i", sequence: position ?? messages.last?.position ?? 0),
            cursors: cursors, confirmed: confirmed ?? slowest, limits: limits, now: Timestamp(milliseconds: now),
            movingBehind: movingBehind)
    }
}

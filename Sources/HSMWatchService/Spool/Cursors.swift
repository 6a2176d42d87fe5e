// SPDX-License-Identifier: Apache-2.0

/// How far each output is: what it has confirmed, and what is on its way from it.
///
/// A message that a limit drops may be on its way just then. Whether it was lost is known when that way ends: with a
/// confirmation it was delivered, without one it was dropped.
struct Cursors {
    private struct Reach {
        var confirmed: Int64
        /// The last position that was sent since the last rewind.
        var sent: Int64
        /// Messages that were dropped before it had confirmed them.
        var dropped = 0
        /// Positions that were dropped while they were on their way.
        var doubtful: [Int64] = []
    }

    private var outputs: [String: Reach]
    /// Why messages were dropped that were on their way to every output that still waited for them.
    private var doubtful: [Int64: String] = [:]

    /// - Parameter confirmed: every output's last confirmed position.
    init(confirmed: [String: Int64]) {
        outputs = confirmed.mapValues { Reach(confirmed: $0, sent: $0) }
    }

    /// - Parameters:
    ///   - confirmed: the last confirmed positions that are known.
    ///   - present: where an output begins that is not among them.
    init(_ outputs: [String], confirmed: [String: Int64], present: Int64) {
        self.init(confirmed: Dictionary(uniqueKeysWithValues: outputs.map { ($0, confirmed[$0] ?? present) }))
    }

    /// Every output's last confirmed position.
    var confirmed: [String: Int64] { outputs.mapValues(\.confirmed) }

    /// The position up to which every output has confirmed; nil without outputs.
    var slowest: Int64? { outputs.values.lazy.map(\.confirmed).min() }

    /// The position up to which every output has sent; nil without outputs.
    var slowestSent: Int64? { outputs.values.lazy.map(\.sent).min() }

    /// What an output has confirmed; nil when there is no such output.
    func confirmed(by output: String) -> Int64? {
        outputs[output]?.confirmed
    }

    /// Messages that a limit dropped before an output had confirmed them.
    func dropped(by output: String) -> Int {
        outputs[output]?.dropped ?? 0
    }

    /// Forgets outputs that are no more; a new one has confirmed everything up to `present`. Answers the reasons of the
    /// drops that are certain now.
    mutating func change(_ names: [String], startingAt present: Int64) -> [String] {
        let removed = Set(outputs.keys).subtracting(names)
        let certain = removed.flatMap { rewind($0) }
        removed.forEach { outputs[$0] = nil }
        for name in names where outputs[name] == nil {
            outputs[name] = Reach(confirmed: present, sent: present)
        }
        return certain
    }

    /// Everything up to a position has arrived. Answers whether that is news.
    mutating func confirm(_ output: String, upTo position: Int64) -> Bool {
        guard var reach = outputs[output], position > reach.confirmed else { return false }
        reach.confirmed = position
        reach.sent = max(reach.sent, position)
        reach.doubtful.removeAll { $0 <= position }
        outputs[output] = reach
        if let slowest, !doubtful.isEmpty {
            doubtful = doubtful.filter { $0.key > slowest }
        }
        return true
    }

    /// An output sends everything up to a position.
    mutating func send(_ output: String, upTo position: Int64) {
        guard let reach = outputs[output], position > reach.sent else { return }
        outputs[output]?.sent = position
    }

    /// An output can never deliver one of its messages.
    mutating func refuse(_ output: String) {
        outputs[output]?.dropped += 1
    }

    /// What was on its way from an output counts as not sent. Answers the reasons of the drops that are certain now.
    mutating func rewind(_ output: String) -> [String] {
        guard var reach = outputs[output] else { return [] }
        reach.sent = reach.confirmed
        reach.dropped += reach.doubtful.count
        reach.doubtful = []
        outputs[output] = reach
        let certain = doubtful.filter { $0.key > reach.confirmed }
        certain.keys.forEach { doubtful[$0] = nil }
        return Array(certain.values)
    }

    /// Notes what a limit has dropped. Answers how many of them are lost for certain.
    mutating func drop(_ positions: [Int64], reason: String) -> Int {
        for (output, var reach) in outputs {
            let waiting = positions.filter { $0 > reach.confirmed }
            let onTheirWay = waiting.filter { $0 <= reach.sent }
            reach.dropped += waiting.count - onTheirWay.count
            reach.doubtful += onTheirWay
            outputs[output] = reach
        }
        let sent = slowestSent ?? 0
        let onTheirWay = positions.filter { $0 <= sent }
        for position in onTheirWay {
            doubtful[position] = reason
        }
        return positions.count - onTheirWay.count
    }
}

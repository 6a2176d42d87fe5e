// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// How far each output is: what it has confirmed, what is on its way from it, and up to where there is nothing for it.
///
///     ── confirmed ──┃── on its way ──┃── looked at: of its kinds nothing ──┃── not looked at yet ──▶ position
///                  cursor           given                                 seen
///
/// When all that was given is confirmed, the cursor moves on to where the search ended: past messages that the output
/// does not get.
///
/// A message that a limit drops may be on its way just then. Whether it was lost is known when that way ends: with a
/// confirmation it was delivered, without one it was dropped.
struct Cursors {
    /// A search for an output's next messages.
    struct Look {
        let output: String
        let kinds: Set<Event.Kind>
        /// Behind this position.
        var position: Int64
        /// The rewind that it came after: it says nothing about the time after the next one.
        fileprivate let rewind: Int
    }

    private struct Reach {
        var kinds: Set<Event.Kind>
        var confirmed: Int64
        /// The last position that was sent since the last rewind.
        var sent: Int64
        /// The last position that was handed out since then.
        var given: Int64
        /// The last position that was searched since then; between `given` and here is nothing for the output.
        var seen: Int64
        /// The number of the last rewind.
        var rewind: Int
        /// Whether its kinds were changed while something was on its way: a confirmation of that would also cover what
        /// it did not get before.
        var isSuperseded = false
        /// Messages that were dropped before it had confirmed them.
        var dropped = 0
        /// Positions that were dropped while they were on their way.
        var doubtful: [Int64] = []
        /// What it has confirmed and may get again.
        var window: RewindWindow

        init(kinds: Set<Event.Kind>, confirmed: Int64, window: RewindWindow, rewind: Int) {
            self.kinds = kinds
            self.confirmed = confirmed
            self.window = window
            (sent, given, seen) = (confirmed, confirmed, confirmed)
            self.rewind = rewind
        }

        var hasOnItsWay: Bool { max(given, sent) > confirmed }

        mutating func confirm(upTo position: Int64) {
            confirmed = position >= given ? max(position, seen) : position
            seen = max(seen, confirmed)
            doubtful.removeAll { $0 <= confirmed }
        }
    }

    private var outputs: [String: Reach] = [:]
    /// What was dropped on its way to every output that still waited for it, and why, by position.
    private var doubtful: [Int64: (kind: Event.Kind, reason: String)] = [:]
    private var rewinds = 0
    /// The kinds that some output gets.
    private(set) var wanted: Set<Event.Kind> = []

    /// - Parameters:
    ///   - confirmed: the last confirmed positions that are known.
    ///   - present: where an output begins that is not among them.
    init(_ subscriptions: [Subscription], confirmed: [String: Int64], present: Int64, at now: Instant = .now) {
        for subscription in subscriptions {
            outputs[subscription.name] =
                if let confirmed = confirmed[subscription.name] {
                    begin(subscription, confirmed: confirmed, floor: 0, at: now)
                } else {
                    begin(subscription, confirmed: present, floor: present, at: now)
                }
            wanted.formUnion(subscription.kinds)
        }
    }

    private func begin(_ subscription: Subscription, confirmed: Int64, floor: Int64, at now: Instant) -> Reach {
        Reach(
            kinds: subscription.kinds, confirmed: confirmed,
            window: RewindWindow(span: subscription.rewind, confirmed: confirmed, floor: floor, at: now),
            rewind: rewinds)
    }

    var names: some Collection<String> { outputs.keys }

    /// Every output's last confirmed position.
    var confirmed: [String: Int64] { outputs.mapValues(\.confirmed) }

    /// What no output may get again, kind by kind.
    func deletable(at now: Instant) -> ConfirmedPositions {
        outputs.values.reduce(into: ConfirmedPositions()) { $0.add($1.kinds, upTo: $1.window.start(at: now)) }
    }

    /// Where an output begins whose peer may have lost what it has confirmed lately.
    func rewindStart(of output: String, at now: Instant) -> Int64? {
        outputs[output].map { min($0.confirmed, $0.window.start(at: now)) }
    }

    /// An output is down: what it has confirmed lately is kept until it confirms again.
    mutating func hold(_ output: String, at now: Instant) {
        outputs[output]?.window.hold(at: now)
    }

    /// What is confirmed by all, kind by kind.
    var confirmedByAll: ConfirmedPositions {
        outputs.values.reduce(into: ConfirmedPositions()) { $0.add($1.kinds, upTo: $1.confirmed) }
    }

    /// What an output has confirmed; nil when there is no such output.
    func confirmed(by output: String) -> Int64? {
        outputs[output]?.confirmed
    }

    /// The kinds that an output gets.
    func kinds(of output: String) -> Set<Event.Kind> {
        outputs[output]?.kinds ?? []
    }

    /// The position up to which an output has sent what is for it.
    func sent(by output: String) -> Int64? {
        outputs[output].map { max($0.sent, $0.sent >= $0.given ? $0.seen : $0.confirmed) }
    }

    /// Messages that a limit dropped before an output had confirmed them.
    func dropped(by output: String) -> Int {
        outputs[output]?.dropped ?? 0
    }

    /// Forgets removed outputs; a new one has confirmed everything up to `present`. One that gets other kinds
    /// from now on begins at its cursor, as after a rewind. Answers the reasons of the drops that are certain now.
    mutating func change(
        _ subscriptions: [Subscription], startingAt present: Int64, at now: Instant = .now
    ) -> [String] {
        let kinds = Dictionary(uniqueKeysWithValues: subscriptions.map { ($0.name, $0.kinds) })
        var certain: [String] = []
        for (name, reach) in outputs where reach.kinds != kinds[name] {
            certain += rewind(name)
            outputs[name]?.isSuperseded = reach.hasOnItsWay
        }
        outputs = outputs.filter { kinds[$0.key] != nil }
        for subscription in subscriptions {
            var reach = outputs[subscription.name] ?? begin(subscription, confirmed: present, floor: present, at: now)
            if reach.kinds != subscription.kinds {
                reach.kinds = subscription.kinds
                // It has not had all of these before.
                reach.window = RewindWindow(
                    span: subscription.rewind, confirmed: reach.confirmed, floor: reach.confirmed, at: now)
            }
            reach.window.span = subscription.rewind
            outputs[subscription.name] = reach
        }
        wanted = kinds.values.reduce(into: []) { $0.formUnion($1) }
        return certain
    }

    /// Begins to look for an output's messages after a position, and skips what it has looked at before. Nil: no such
    /// output.
    func look(for output: String, after position: Int64) -> Look? {
        outputs[output].map { reach in
            Look(
                output: output, kinds: reach.kinds,
                position: position >= reach.given ? max(position, reach.seen) : position, rewind: reach.rewind)
        }
    }

    /// Whether what a look finds is still of use.
    func isCurrent(_ look: Look) -> Bool {
        outputs[look.output]?.rewind == look.rewind
    }

    /// A look has ended.
    ///
    /// - Parameters:
    ///   - last: the position of the last message that was found, and is handed out.
    ///   - end: up to where there is nothing else.
    /// - Returns: whether the cursor has moved: there was nothing, and nothing is on its way.
    mutating func found(upTo last: Int64?, by look: Look, lookingUpTo end: Int64) -> Bool {
        guard isCurrent(look), var reach = outputs[look.output], look.position <= reach.seen else { return false }
        reach.isSuperseded = false
        reach.given = max(reach.given, last ?? 0)
        reach.seen = max(reach.seen, end)
        let moves = !reach.hasOnItsWay && reach.seen > reach.confirmed
        if moves { reach.confirm(upTo: reach.seen) }
        outputs[look.output] = reach
        return moves
    }

    /// Everything up to a position has arrived. Answers whether that is news.
    mutating func confirm(_ output: String, upTo position: Int64, at now: Instant = .now) -> Bool {
        guard var reach = outputs[output], position > reach.confirmed, !reach.isSuperseded else { return false }
        reach.confirm(upTo: position)
        reach.window.confirm(upTo: reach.confirmed, at: now)
        outputs[output] = reach
        if !doubtful.isEmpty {
            let confirmedByAll = confirmedByAll
            doubtful = doubtful.filter { confirmedByAll.awaits($0.key, $0.value.kind) }
        }
        return true
    }

    /// An output sends everything up to a position.
    mutating func send(_ output: String, upTo position: Int64) {
        guard let reach = outputs[output], position > reach.sent else { return }
        outputs[output]?.sent = position
    }

    /// An output can never deliver one of its messages.
    mutating func noteUndeliverable(_ output: String) {
        outputs[output]?.dropped += 1
    }

    /// What was on its way from an output counts as not sent. Answers the reasons of the drops that are certain now.
    mutating func rewind(_ output: String) -> [String] {
        guard let old = outputs[output] else { return [] }
        rewinds += 1
        var reach = Reach(kinds: old.kinds, confirmed: old.confirmed, window: old.window, rewind: rewinds)
        reach.dropped = old.dropped + old.doubtful.count
        outputs[output] = reach
        let certain = doubtful.filter { $0.key > reach.confirmed && reach.kinds.contains($0.value.kind) }
        certain.keys.forEach { doubtful[$0] = nil }
        return certain.values.map(\.reason)
    }

    /// Notes what was dropped. Answers how many of them are lost for certain: an output that gets them had neither
    /// confirmed nor sent them.
    mutating func drop(_ messages: [DroppedMessage], reason: String) -> Int {
        var waiting: Set<DroppedMessage> = []
        var lost: Set<DroppedMessage> = []
        for (output, var reach) in outputs {
            for message in messages where reach.kinds.contains(message.kind) && message.position > reach.confirmed {
                waiting.insert(message)
                if message.position <= reach.sent {
                    reach.doubtful.append(message.position)
                } else {
                    reach.dropped += 1
                    lost.insert(message)
                }
            }
            outputs[output] = reach
        }
        for message in waiting.subtracting(lost) {
            doubtful[message.position] = (message.kind, reason)
        }
        return lost.count
    }
}

/// For each kind the position up to which every output that gets it has confirmed. A kind that no output gets is
/// confirmed wherever it is.
package struct ConfirmedPositions: Equatable, Sendable {
    /// Without the kinds that no output gets.
    package private(set) var positions: [Event.Kind: Int64]

    package init(_ positions: [Event.Kind: Int64] = [:]) {
        self.positions = positions
    }

    package subscript(kind: Event.Kind) -> Int64 { positions[kind] ?? .max }

    /// Whether an output that gets the kind has not confirmed the position.
    package func awaits(_ position: Int64, _ kind: Event.Kind) -> Bool {
        position > self[kind]
    }

    /// Whether an output that gets a message has not confirmed it.
    func awaits(_ message: SpooledMessage) -> Bool {
        awaits(message.position, message.kind)
    }

    /// The kinds that some output gets, the one that is confirmed the furthest first.
    var furthestFirst: [Event.Kind] {
        Event.Kind.allCases.filter { positions[$0] != nil }.sorted { self[$0] > self[$1] }
    }

    /// One more output gets some kinds, and has confirmed everything up to a position.
    mutating func add(_ kinds: Set<Event.Kind>, upTo position: Int64) {
        for kind in kinds {
            positions[kind] = min(self[kind], position)
        }
    }
}

/// Which messages one output gets.
package struct Subscription: Equatable, Sendable {
    /// The output's name.
    package let name: String
    package let kinds: Set<Event.Kind>
    /// How long a message that it has confirmed is kept; zero keeps none.
    package let rewind: Duration

    package init(name: String, kinds: Set<Event.Kind> = .all, rewind: Duration = .zero) {
        self.name = name
        self.kinds = kinds
        self.rewind = rewind
    }

    package init(_ output: OutputConfiguration) {
        self.init(name: output.name, kinds: output.kinds, rewind: output.effectiveRewind)
    }
}

extension Set<Event.Kind> {
    /// Every kind that there is.
    package static let all = Set(Event.Kind.allCases)
}

/// What an output has confirmed so recently that it may have to be sent again: Graylog loses what it has read when it
/// is killed.
///
///     ── may be deleted ──┃── confirmed within `rewind`, at most `messageLimit` ──┃── not confirmed ──▶ position
///                       start                                                  confirmed
///
/// While the output is down the start stands still, so that an outage of hours changes nothing.
struct RewindWindow {
    /// Messages that are kept at the most, so that a large fleet does not flood a Graylog that has just come back.
    static let messageLimit: Int64 = 10_000
    /// Steps of the span. Confirmations within one step count as made at the last of them.
    private static let steps = 60

    private struct Mark {
        var position: Int64
        var confirmedAt: Instant
    }

    var span: Duration
    /// Up to here the output has never had a message.
    private let floor: Int64
    /// The oldest first; the last one is the cursor.
    private var marks: [Mark]
    private var heldStart: Int64?

    /// - Parameters:
    ///   - span: how long a confirmed message is kept; zero keeps none.
    ///   - confirmed: what an earlier process has confirmed. When it did is not known, so it counts as confirmed now.
    ///   - floor: where a new output begins.
    init(span: Duration, confirmed: Int64, floor: Int64 = 0, at now: Instant) {
        self.span = span
        self.floor = floor
        marks = [Mark(position: confirmed, confirmedAt: now)]
    }

    /// Confirmations that are remembered.
    var count: Int { marks.count }

    /// Everything up to a position is confirmed now.
    mutating func confirm(upTo position: Int64, at now: Instant) {
        heldStart = nil
        let step = span / Self.steps
        if marks.count > 1, let last = marks.last, now - marks[marks.count - 2].confirmedAt < step {
            marks[marks.count - 1] = Mark(position: max(position, last.position), confirmedAt: now)
        } else {
            marks.append(Mark(position: position, confirmedAt: now))
        }
        let expired = marks.prefix { now - $0.confirmedAt >= span }
        marks.removeFirst(max(0, expired.count - 1))
    }

    /// The output is down from now on.
    mutating func hold(at now: Instant) {
        heldStart = heldStart ?? start(at: now)
    }

    /// Messages up to here need not be kept.
    func start(at now: Instant) -> Int64 {
        if let heldStart { return heldStart }
        let confirmed = marks.last?.position ?? 0
        guard span > .zero else { return confirmed }
        let expired = marks.last { now - $0.confirmedAt >= span }
        return max(expired?.position ?? 0, confirmed - Self.messageLimit, floor)
    }
}

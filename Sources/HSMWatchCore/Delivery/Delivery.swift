// SPDX-License-Identifier: Apache-2.0

/// Delivers on one connection after the other, and says what the peer has read.
///
///     the first:        opening ─▶ active ─successor settled─▶ draining ─clean end─▶ proving ─250 ms─▶ confirmed
///     its successor:                 opening ─▶ settling 250 ms ─▶ active                │
///     the next one:                                                                    opening ─▶ settling …
///
/// An end, a failure or a standstill of any of them ends the delivery.
///
/// Graylog answers nothing on TCP. A write that returned, even bytes that its kernel acknowledged, are lost when it
/// stops before it has read them. What can be known is that it closes a connection when it has read it to the end:
///
/// 1. *The successor is opened first*, to the same address, and gets what comes from now on: no message waits for a
///    confirmation, and there is a second connection that can tell whether the peer goes on. Only for a moment it waits
///    for the old connection's end, since a peer reads two connections in any order.
/// 2. *The successor settles for 250 ms*: a peer that stops closes the connections that it knows, and one that it was
///    just about to accept may outlive the stop. By now it would have closed the old one, without our half-close.
/// 3. *The old connection is half-closed.* Only after our own end of stream does the peer's say that all was read.
/// 4. *The peer's end must be clean:* no reset, everything acknowledged, with TLS a close_notify. A reset says that
///    something was not read. It may follow the end, so the old connection is examined until step 5 is over.
/// 5. *The successor must still stand 250 ms later.* A peer that stops closes all its connections, and the end of the
///    old one then looks as in step 4, whatever it has read. It takes the successor with it.
/// 6. Else *nothing is confirmed*: all that is unconfirmed is sent again, on the next delivery.
///
/// The next successor may be opened as soon as step 5 begins, since what it settles beside is the active connection,
/// which is not half-closed. None is opened within 250 ms of the one before, the first of the delivery included. So the
/// peer sees four new connections a second at the most.
///
/// What is unconfirmed when a delivery ends comes twice. So for a while after a loss messages wait in the spool until
/// the end of step 5, a second at the most, and then leave together, no more than the peer reads in a short time. A
/// backlog does not wait.
///
/// *Time.* A deadline proves nothing while the peer's last packets are unread. So the caller handles all that the
/// kernel has before it calls with `deadline`, and the two spans of 250 ms pass only while the event loop runs
/// (`RunningSpan`). A process that was stopped for a second has not watched the peer for a second.
///
/// A proxy that ends connections on its own account makes all this as good as the proxy.
///
/// Without confirmation (`confirm: off`) there is one connection for as long as it stands, and what the peer's kernel
/// has acknowledged counts as arrived.
package struct Delivery: Sendable {
    /// One connection of the chain, in the order of their making.
    package struct Leg: Hashable, Sendable {
        package let number: Int
    }

    /// How a connection came to its end.
    package enum Ending: Equatable, Sendable {
        /// By the peer, after our own end of stream, with all acknowledged and no reset.
        case clean
        /// In any other way.
        case broken(Loss)
    }

    package enum Event: Equatable, Sendable {
        /// The connection that was asked for last is open.
        case opened
        /// It could not be opened.
        case failed(Loss)
        /// Messages were written on the active connection; at the most so many wait behind them.
        case sent(count: Int, bytes: Int, upTo: Int64, waiting: Int)
        /// So many bytes the kernel has not delivered yet, of all that was written.
        case held(Leg, bytes: Int)
        case ended(Leg, Ending)
        /// No reset has followed the end of a connection that ended cleanly.
        case intact(Leg)
        /// There is no time for the interval: confirm as soon as anything is unconfirmed.
        case hurry
        case deadline
    }

    package enum Action: Equatable, Sendable {
        case connect(Leg)
        case halfClose(Leg)
        case close(Leg)
        /// Ask the kernel how many bytes it holds; the answer is `held`.
        case measure(Leg)
        /// Ask the kernel whether a reset has followed the clean end; the answer is `intact` or `ended`.
        case examine(Leg)
        /// Everything up to this position has arrived.
        case confirm(Int64)
        /// Nothing more happens; what is not confirmed must be sent again.
        case over(Loss)
    }

    /// How long the successor stands before it counts as one that the peer knows.
    package static let settling = Duration.milliseconds(250)
    /// How long the first message on the successor waits for the connection before it.
    package static let orderLimit = Duration.seconds(1)
    /// How long the successor must stand after the end of the connection before it.
    package static let probation = Duration.milliseconds(250)
    /// How long messages gather on a connection that may be half-closed at once, while more of them wait.
    package static let gathering = Duration.milliseconds(50)
    /// Messages that wait and are more than what came since the last rotation.
    package static let backlog = 500
    /// Messages on one connection after which its confirmation does not wait for the interval.
    package static let messageLimit = 10_000
    /// How often the kernel is asked what has arrived, when that is all that confirms.
    package static let measureInterval = Duration.milliseconds(250)

    /// What this peer has taught; for the next delivery.
    package private(set) var caution: Caution

    private let confirm: Duration?
    private let patience: Duration
    private var quota = ReadingQuota()
    /// Nil until the first connection is open, and when it is over.
    private var chain: DeliveryChain?
    private var isOver = false
    private var hasConfirmed = false
    private var legCount = 1
    /// No connection is opened before.
    private var nextOpening: Instant
    private var measuredAt: Instant
    private var isHurried = false

    /// Begins with the first connection, `firstLeg`, being opened.
    ///
    /// - Parameters:
    ///   - confirm: how long a message may wait for its confirmation to begin; nil for `confirm: off`.
    ///   - caution: what the deliveries before have taught.
    ///   - patience: how long a connection may stand still.
    package init(confirm: Duration?, caution: Caution = Caution(), patience: Duration, at now: Instant) {
        self.confirm = confirm
        self.caution = caution
        self.patience = patience
        nextOpening = now
        measuredAt = now
    }

    package static let firstLeg = Leg(number: 1)

    /// Where to send now, and how many messages at the most; nil while none may be sent.
    package var active: (leg: Leg, allowance: Int)? {
        guard let chain, chain.old?.holdsUntil == nil else { return nil }
        guard let budget else { return quotaLeft > 0 ? (chain.active.leg, quotaLeft) : nil }
        // To a peer that is not trusted nothing is sent that could not be half-closed at once.
        guard chain.old == nil, case .settled = chain.successor?.phase else { return nil }
        return (chain.active.leg, budget)
    }

    /// When to call with `deadline`, unless something happens before.
    package var deadline: Instant? {
        [successorDue, settlingEnd, halfCloseDue, holdEnd, probationEnd, measurementDue].compactMap(\.self).min()
    }

    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .opened: opened(at: now)
        case .failed(let loss): over(loss, at: now)
        case .sent(let count, let bytes, let position, let waiting):
            sent(count, bytes, upTo: position, waiting: waiting, at: now)
        case .held(let leg, let bytes): held(leg, bytes, at: now)
        case .ended(let leg, let ending): ended(leg, ending, at: now)
        case .intact(let leg): intact(leg, at: now)
        case .hurry: hurry(at: now)
        case .deadline: deadlinePassed(at: now)
        }
    }

    /// Messages that may be unconfirmed at a time; nil does not limit them.
    private var budget: Int? { confirm == nil ? nil : caution.budget }

    /// Messages that the active connection may still take.
    private var quotaLeft: Int {
        quota.messages.map { max(0, $0 - (chain?.active.count ?? 0)) } ?? .max
    }

    // MARK: Deadlines

    private var successorDue: Instant? {
        guard confirm != nil, let chain, chain.successor == nil, !chain.isDraining else { return nil }
        // To a peer that is not trusted nothing is sent without a successor that has settled. What waits for a proof
        // shall be half-closed as soon as it was sent.
        if budget != nil || chain.old?.holdsForProof == true { return nextOpening }
        let active = chain.active
        let due = isHurried || active.count >= Self.messageLimit ? active.firstSentAt : active.rotationDue
        return due.map { max($0, nextOpening) }
    }

    private var settlingEnd: Instant? {
        if case .settling(let span) = chain?.successor?.phase { span.deadline } else { nil }
    }

    /// A successor that has settled may wait: for the proof of the last one, for a first message, or for more of them.
    private var halfCloseDue: Instant? {
        guard let chain, chain.old == nil, case .settled = chain.successor?.phase else { return nil }
        return budget != nil || quotaLeft == 0 || chain.active.waiting == 0
            ? chain.active.firstSentAt : chain.active.firstSentAt.map { $0 + Self.gathering }
    }

    private var holdEnd: Instant? { chain?.old?.holdsUntil }

    private var probationEnd: Instant? {
        if case .proving(let span) = chain?.old?.phase { span.deadline } else { nil }
    }

    private var measurementDue: Instant? {
        guard let chain, chain.stretches.contains(where: { !$0.window.isComplete }) else { return nil }
        return measuredAt + (confirm == nil ? Self.measureInterval : patience / 3)
    }

    private mutating func deadlinePassed(at now: Instant) -> [Action] {
        var actions: [Action] = []
        if let measurementDue, measurementDue <= now {
            measuredAt = now
            actions = chain?.stretches.map { .measure($0.leg) } ?? []
        }
        if let holdEnd, holdEnd <= now {
            chain?.old?.holdsUntil = nil
            // What has waited so long waits for nothing more.
            quota = ReadingQuota()
        }
        if case .settling(var span) = chain?.successor?.phase {
            chain?.successor?.phase = span.pass(at: now) ? .settled : .settling(span)
        }
        if let probationEnd, probationEnd <= now, let old = chain?.old { actions.append(.examine(old.stretch.leg)) }
        return actions + advance(at: now)
    }

    /// A beat of the probation ends with every look at the old connection that finds no reset.
    private mutating func intact(_ leg: Leg, at now: Instant) -> [Action] {
        guard let old = chain?.old, old.stretch.leg == leg, case .proving(var span) = old.phase else { return [] }
        guard span.pass(at: now) else {
            chain?.old?.phase = .proving(span)
            return []
        }
        chain?.old = nil
        hasConfirmed = true
        caution.confirmed()
        return [.close(leg)] + (old.stretch.last.map { [.confirm($0)] } ?? []) + advance(at: now)
    }

    private mutating func hurry(at now: Instant) -> [Action] {
        isHurried = true
        return advance(at: now)
    }

    // MARK: Connections

    private mutating func opened(at now: Instant) -> [Action] {
        nextOpening = now + Self.settling
        if case .opening = chain?.successor?.phase {
            chain?.successor?.phase = .settling(RunningSpan(Self.settling, at: now))
        } else if chain == nil, !isOver {
            chain = DeliveryChain(active: DeliveryStretch(Self.firstLeg, patience: patience, at: now))
        }
        return advance(at: now)
    }

    private mutating func ended(_ leg: Leg, _ ending: Ending, at now: Instant) -> [Action] {
        guard legs.contains(leg) else { return [] }
        switch ending {
        case .broken(let loss):
            return over(loss, at: now)
        case .clean:
            guard let old = chain?.old, old.stretch.leg == leg else { return over(.closed, at: now) }
            guard case .draining = old.phase else { return [] }
            chain?.old?.phase = .proving(RunningSpan(Self.probation, at: now))
            if old.holdsForProof {
                quota.drained(old.stretch.count, in: now - old.halfClosedAt)
            } else {
                chain?.old?.holdsUntil = nil
            }
            return advance(at: now)
        }
    }

    /// Opens the next successor, or half-closes the active connection, when it is time for it.
    private mutating func advance(at now: Instant) -> [Action] {
        guard let chain, !chain.isDraining else { return [] }
        guard let successor = chain.successor else {
            return successorDue.map { $0 <= now } ?? false ? open() : []
        }
        guard let halfCloseDue, halfCloseDue <= now else { return [] }
        return halfClose(chain.active, successor: successor.leg, at: now)
    }

    private mutating func open() -> [Action] {
        legCount += 1
        let successor = Leg(number: legCount)
        chain?.successor = DeliveryChain.Successor(leg: successor)
        return [.connect(successor)]
    }

    private mutating func halfClose(_ active: DeliveryStretch, successor: Leg, at now: Instant) -> [Action] {
        var old = active
        old.window.halfClosed(at: now)
        measuredAt = now
        let isPatient = caution.isAlert(at: now) && old.waiting < Self.backlog
        if !isPatient { quota = ReadingQuota() }
        chain = DeliveryChain(
            old: DeliveryChain.Old(
                stretch: old, phase: .draining, halfClosedAt: now, holdsUntil: now + Self.orderLimit,
                holdsForProof: isPatient),
            active: DeliveryStretch(successor, patience: patience, at: now))
        return [.halfClose(old.leg)]
    }

    private mutating func over(_ loss: Loss, at now: Instant) -> [Action] {
        guard !isOver else { return [] }
        let open = legs
        if chain?.hasSent == true { caution.lost(confirmedNothing: !hasConfirmed, at: now) }
        chain = nil
        isOver = true
        return open.map { .close($0) } + [.over(loss)]
    }

    // MARK: Messages

    private mutating func sent(
        _ count: Int, _ bytes: Int, upTo position: Int64, waiting: Int, at now: Instant
    ) -> [Action] {
        if chain?.stretches.allSatisfy(\.window.isComplete) == true { measuredAt = now }
        let rotation = confirm.map { max(.zero, caution.rotation(within: $0, at: now) - Self.settling) }
        chain?.active.sent(
            count, bytes: bytes, upTo: position, waiting: waiting, rotation: rotation, at: now)
        return advance(at: now)
    }

    private mutating func held(_ leg: Leg, _ bytes: Int, at now: Instant) -> [Action] {
        let arrived = chain?.held(leg, bytes: bytes, at: now)
        var actions: [Action] = []
        if confirm == nil, let arrived { actions.append(.confirm(arrived)) }
        if chain?.stretches.contains(where: { $0.leg == leg && $0.window.isStalled(at: now) }) == true {
            actions += over(Loss(.failed, "nothing moved for \(DurationText.format(patience))"), at: now)
        }
        return actions
    }

    /// All that are open or being opened, the oldest first.
    private var legs: [Leg] {
        isOver ? [] : chain?.legs ?? [Self.firstLeg]
    }
}

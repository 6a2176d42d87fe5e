// SPDX-License-Identifier: Apache-2.0

/// Delivers on one connection after the other, and says what the peer has read.
///
///     opening ─▶ sending ─due─▶ rotating ─opened, 250 ms─▶ draining ─clean end─▶ proving ─250 ms─▶ confirm, sending
///        │          │              │                          │                     │
///        └──────────┴──────────────┴──────────────────────────┴──── an end, a failure, a standstill ─────▶ over
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
/// *Time.* A deadline proves nothing while the peer's last packets are unread. So the caller handles all that the kernel
/// has before it calls with `deadline`, and the two spans of 250 ms pass only while the event loop runs (`RunningSpan`). A process that was stopped for a second has not watched the peer for a second.
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
        /// Messages were written on the active connection.
        case sent(count: Int, bytes: Int, upTo: Int64)
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
    /// How long the first message on the successor waits for the end of the connection before it.
    package static let orderLimit = Duration.seconds(1)
    /// How long the successor must stand after the end of the connection before it.
    package static let probation = Duration.milliseconds(250)
    /// Messages on one connection after which its confirmation does not wait for the interval.
    package static let messageLimit = 10_000
    /// How often the kernel is asked what has arrived, when that is all that confirms.
    package static let measureInterval = Duration.milliseconds(250)

    private enum Successor: Sendable {
        case opening
        case settling(RunningSpan)
        /// The old one waits for its few messages, so that it can be half-closed with them.
        case ready
    }

    private enum State: Sendable {
        case opening(Leg)
        case sending(DeliveryStretch)
        case rotating(DeliveryStretch, successor: Leg, Successor)
        case draining(DeliveryStretch, active: DeliveryStretch, holdsUntil: Instant?)
        case proving(DeliveryStretch, active: DeliveryStretch, RunningSpan)
        case over
    }

    /// What this peer has taught; for the next delivery.
    package private(set) var caution: Caution

    private let confirm: Duration?
    private let patience: Duration
    private var state: State
    private var hasConfirmed = false
    private var legs = 1
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
        state = .opening(Self.firstLeg)
        measuredAt = now
    }

    package static let firstLeg = Leg(number: 1)

    /// Where to send now, and how many messages at the most; nil while none may be sent.
    package var active: (leg: Leg, allowance: Int)? {
        switch state {
        case .opening, .over: nil
        case .sending(let stretch): budget == nil ? (stretch.leg, .max) : nil
        case .rotating(let stretch, _, .ready): (stretch.leg, budget ?? .max)
        case .rotating(let stretch, _, _): budget == nil ? (stretch.leg, .max) : nil
        case .draining(_, let active, nil), .proving(_, let active, _): budget == nil ? (active.leg, .max) : nil
        case .draining: nil
        }
    }

    /// When to call with `deadline`, unless something happens before.
    package var deadline: Instant? {
        [rotationDue, settlingEnd, holdEnd, probationEnd, measurementDue].compactMap(\.self).min()
    }

    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .opened: opened(at: now)
        case .failed(let loss): over(loss, at: now)
        case .sent(let count, let bytes, let position): sent(count, bytes, upTo: position, at: now)
        case .held(let leg, let bytes): held(leg, bytes, at: now)
        case .ended(let leg, let ending): ended(leg, ending, at: now)
        case .intact(let leg): intact(leg, at: now)
        case .hurry: hurry(at: now)
        case .deadline: deadlinePassed(at: now)
        }
    }

    /// Messages that may be unconfirmed at a time; nil does not limit them.
    private var budget: Int? { confirm == nil ? nil : caution.budget }

    // MARK: Deadlines

    private var rotationDue: Instant? {
        guard confirm != nil, case .sending(let stretch) = state else { return nil }
        return isHurried || stretch.count >= Self.messageLimit ? stretch.firstSentAt : stretch.rotationDue
    }

    private var settlingEnd: Instant? {
        if case .rotating(_, _, .settling(let span)) = state { span.deadline } else { nil }
    }

    private var holdEnd: Instant? {
        if case .draining(_, _, let holdsUntil) = state { holdsUntil } else { nil }
    }

    private var probationEnd: Instant? {
        if case .proving(_, _, let span) = state { span.deadline } else { nil }
    }

    private var measurementDue: Instant? {
        guard stretches.contains(where: { !$0.window.isComplete }) else { return nil }
        return measuredAt + (confirm == nil ? Self.measureInterval : patience / 3)
    }

    private mutating func deadlinePassed(at now: Instant) -> [Action] {
        var actions: [Action] = []
        if let measurementDue, measurementDue <= now {
            measuredAt = now
            actions = stretches.map { .measure($0.leg) }
        }
        switch state {
        case .rotating(let old, let successor, .settling(var span)):
            let isSettled = span.pass(at: now)
            state = .rotating(old, successor: successor, .settling(span))
            if isSettled { actions += settled(old, successor, at: now) }
        case .draining(let old, let active, let until?) where until <= now:
            state = .draining(old, active: active, holdsUntil: nil)
        case .proving(let old, _, let span) where span.deadline <= now:
            actions.append(.examine(old.leg))
        case .opening, .sending, .rotating, .draining, .proving, .over:
            break
        }
        return actions + rotateIfDue(at: now)
    }

    /// A beat of the probation ends with every look at the old connection that finds no reset.
    private mutating func intact(_ leg: Leg, at now: Instant) -> [Action] {
        guard case .proving(let old, let active, var span) = state, old.leg == leg else { return [] }
        guard span.pass(at: now) else {
            state = .proving(old, active: active, span)
            return []
        }
        state = .sending(active)
        hasConfirmed = true
        caution.confirmed()
        return [.close(leg)] + (old.last.map { [.confirm($0)] } ?? []) + rotateIfDue(at: now)
    }

    private mutating func hurry(at now: Instant) -> [Action] {
        isHurried = true
        return rotateIfDue(at: now)
    }

    // MARK: Connections

    private mutating func opened(at now: Instant) -> [Action] {
        switch state {
        case .opening(let leg):
            state = .sending(DeliveryStretch(leg, patience: patience, at: now))
            // To a peer that is not trusted nothing is sent without a successor that has settled.
            return budget == nil ? [] : rotate()
        case .rotating(let old, let successor, _):
            state = .rotating(old, successor: successor, .settling(RunningSpan(Self.settling, at: now)))
            return []
        case .sending, .draining, .proving, .over:
            return []
        }
    }

    private mutating func settled(_ old: DeliveryStretch, _ successor: Leg, at now: Instant) -> [Action] {
        guard old.last != nil else {
            state = .rotating(old, successor: successor, .ready)
            return []
        }
        return halfClose(old, successor: successor, at: now)
    }

    private mutating func ended(_ leg: Leg, _ ending: Ending, at now: Instant) -> [Action] {
        guard stretches.contains(where: { $0.leg == leg }) || leg == openingLeg || leg == provingLeg else { return [] }
        switch ending {
        case .clean:
            if case .draining(let old, let active, _) = state, old.leg == leg {
                state = .proving(old, active: active, RunningSpan(Self.probation, at: now))
                return []
            }
            return leg == provingLeg ? [] : over(.closed, at: now)
        case .broken(let loss):
            return over(loss, at: now)
        }
    }

    private mutating func rotateIfDue(at now: Instant) -> [Action] {
        if budget != nil, case .sending = state { return rotate() }
        guard let rotationDue, rotationDue <= now else { return [] }
        return rotate()
    }

    private mutating func rotate() -> [Action] {
        guard case .sending(let stretch) = state else { return [] }
        legs += 1
        let successor = Leg(number: legs)
        state = .rotating(stretch, successor: successor, .opening)
        return [.connect(successor)]
    }

    private mutating func halfClose(_ old: DeliveryStretch, successor: Leg, at now: Instant) -> [Action] {
        var old = old
        old.window.halfClosed(at: now)
        measuredAt = now
        let active = DeliveryStretch(successor, patience: patience, at: now)
        state = .draining(old, active: active, holdsUntil: now + Self.orderLimit)
        return [.halfClose(old.leg)]
    }

    private mutating func over(_ loss: Loss, at now: Instant) -> [Action] {
        let open = [provingLeg].compactMap(\.self) + stretches.map(\.leg) + [openingLeg].compactMap(\.self)
        guard !open.isEmpty else { return [] }
        if hasSent { caution.lost(confirmedNothing: !hasConfirmed, at: now) }
        state = .over
        return open.map { .close($0) } + [.over(loss)]
    }

    // MARK: Messages

    private mutating func sent(_ count: Int, _ bytes: Int, upTo position: Int64, at now: Instant) -> [Action] {
        if stretches.allSatisfy(\.window.isComplete) { measuredAt = now }
        let rotation = confirm.map { max(.zero, caution.rotation(within: $0, at: now) - Self.settling) }
        changeActive { $0.sent(count, bytes: bytes, upTo: position, rotation: rotation, at: now) }
        if case .rotating(let old, let successor, .ready) = state {
            return halfClose(old, successor: successor, at: now)
        }
        return rotateIfDue(at: now)
    }

    private mutating func held(_ leg: Leg, _ bytes: Int, at now: Instant) -> [Action] {
        var arrived: Int64?
        change(leg) { arrived = $0.window.held(bytes: bytes, at: now) }
        var actions: [Action] = []
        if confirm == nil, let arrived { actions.append(.confirm(arrived)) }
        if stretches.contains(where: { $0.leg == leg && $0.window.isStalled(at: now) }) {
            actions += over(Loss(.failed, "nothing moved for \(DurationText.format(patience))"), at: now)
        }
        return actions
    }

    // MARK: What is open

    private var hasSent: Bool {
        if case .proving = state { true } else { stretches.contains { $0.last != nil } }
    }

    /// Open connections, the older first.
    private var stretches: [DeliveryStretch] {
        switch state {
        case .opening, .over: []
        case .sending(let stretch), .rotating(let stretch, _, _): [stretch]
        case .draining(let old, let active, _): [old, active]
        case .proving(_, let active, _): [active]
        }
    }

    /// The connection that has ended cleanly and may still be reset.
    private var provingLeg: Leg? {
        if case .proving(let old, _, _) = state { old.leg } else { nil }
    }

    /// The connection that is being opened, or open without having had a message.
    private var openingLeg: Leg? {
        switch state {
        case .opening(let leg), .rotating(_, let leg, _): leg
        case .sending, .draining, .proving, .over: nil
        }
    }

    private mutating func changeActive(_ body: (inout DeliveryStretch) -> Void) {
        if let active { change(active.leg, body) }
    }

    private mutating func change(_ leg: Leg, _ body: (inout DeliveryStretch) -> Void) {
        switch state {
        case .sending(var stretch) where stretch.leg == leg:
            body(&stretch)
            state = .sending(stretch)
        case .rotating(var stretch, let successor, let progress) where stretch.leg == leg:
            body(&stretch)
            state = .rotating(stretch, successor: successor, progress)
        case .draining(var old, let active, let hold) where old.leg == leg:
            body(&old)
            state = .draining(old, active: active, holdsUntil: hold)
        case .draining(let old, var active, let hold) where active.leg == leg:
            body(&active)
            state = .draining(old, active: active, holdsUntil: hold)
        case .proving(let old, var active, let span) where active.leg == leg:
            body(&active)
            state = .proving(old, active: active, span)
        case .opening, .sending, .rotating, .draining, .proving, .over:
            break
        }
    }
}

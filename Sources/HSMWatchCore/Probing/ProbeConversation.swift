// SPDX-License-Identifier: Apache-2.0

/// The conversation with one HSM: what to do next, on its one connection, and what the probe observed in the end.
///
///     vacant ──start──▶ resolving ──resolved──▶ connecting ──connected──▶ listening ──quiet──▶ asking
///       ▲                   ▲                       │ failed: next address    ▲               ▲  │ │ reply
///       │                   └── kept connection ended before any byte, once ──┤   next query ─┘  │ ▼
///       │                                                             start ──┘◀─────────────── checking
///       └──── a failure, the deadline, an end while idle               idle ◀── last reply, quiet ──┘
///
/// A probe has one deadline, from `start` on. Each address has its share of what is left. What follows from an event
/// that a busy loop has seen after the deadline, another question or another connection, has the timeout anew.
///
/// It may begin with a connection that another process has used: settling, which is idle but for one reply to the
/// question that was open when that process died, and for nothing being asked before `settledAt`.
///
/// Every failure of the connection ends the probe and closes the connection, so that a late reply can never answer the
/// next question. Late events are ordinary: what no state expects is `.none`.
///
/// It listens before it believes, for bytes without a question: `UnaskedReply` says how.
package struct ProbeConversation: Sendable {
    private let queries: [Query]
    private let requests: [Query: Request]
    private let mode: ConnectionMode
    /// One deadline for a whole probe; it may change between two probes.
    package var timeout: Duration
    private var rejections = Rejections()
    private var state: ProbeState
    /// When the probe must have ended; nil while none runs.
    private var expiry: Instant?
    /// When the connection was taken up that another process has used; nil without one.
    let takenUpAt: Instant?
    private var caution = ProbeCaution()

    package init(hsm: HSMConfiguration, takenUpAt: Instant? = nil) {
        queries = hsm.queries
        requests = Dictionary(uniqueKeysWithValues: queries.map { ($0, Request($0, lineEnding: hsm.lineEnding)) })
        mode = hsm.connection
        timeout = hsm.timeout
        self.takenUpAt = takenUpAt
        state = takenUpAt == nil ? .vacant : .settling(FrameDecoder())
    }

    /// Whether a question is open, or its reply not yet certain.
    package var isAsking: Bool { state.isAsking }
    /// Whether a connection stands without an outstanding request.
    package var isIdle: Bool { state.isIdle }
    /// Whether the reply to a question of the process before may still come.
    package var isSettling: Bool { state.isSettling }

    /// Whether a reply that is read now is so late that its bytes may have waited in the kernel.
    package func isAgeWorthAsking(at now: Instant) -> Bool { state.isAgeWorthAsking(at: now) }

    /// When to look at the network and then to say `deadline`; nil while no probe runs.
    package var deadline: Instant? {
        if case .connecting(_, let turn) = state, let end = turn.end { min(end, expiry ?? end) } else { expiry }
    }

    package mutating func handle(_ event: Event, at now: Moment) -> Action {
        let action = react(to: event, at: now)
        switch action {
        case .resolve, .connect, .listen, .send: makeUp(at: now.instant)
        case .finish, .finishAndClose, .finishAndReset: expiry = nil
        case .none, .close: break
        }
        return action
    }

    /// Gives what follows from an event its time, when the event was seen only after the deadline.
    private mutating func makeUp(at now: Instant) {
        if let expiry, expiry <= now { self.expiry = now + timeout }
    }

    private mutating func react(to event: Event, at now: Moment) -> Action {
        switch event {
        case .start: start(at: now)
        case .resolved(let addresses): resolved(addresses, at: now)
        case .unresolved(let detail, let cause): unresolved(detail, cause, at: now)
        case .connected: connected(at: now)
        case .notConnected(let failure): notConnected(failure, at: now)
        case .received(let bytes, let age): received(bytes, age: age, at: now)
        case .quiet: quiet(at: now)
        case .ended(let detail): ended(detail, at: now)
        case .deadline: deadlinePassed(at: now)
        }
    }

    private mutating func start(at now: Moment) -> Action {
        let due = queries.filter { rejections.allow($0, at: now.instant) }
        switch state {
        case .resolving, .connecting, .listening, .asking, .checking:
            return .none
        case .vacant, .idle, .settling:
            guard !due.isEmpty, isSettled(at: now) else { return .finish([]) }
        }
        if let (failure, cameAt) = caution.takeUnreported() {
            let probe = ProbeProgress(due, startedAt: cameAt.instant)
            return .finish(probe.concluded(trusting: 0, with: failure, at: cameAt))
        }
        let probe = ProbeProgress(due, startedAt: now.instant)
        expiry = now.instant + timeout
        guard isIdle else {
            state = .resolving(probe, isExtended: false)
            return .resolve
        }
        // A look at the network costs more than a poll may. It is worth it where a wrong port could be believed.
        guard listensAround(at: now) else { return ask(probe, .newConnection, at: now) }
        return listen(for: .zero, probe, .newConnection, at: now)
    }

    private mutating func resolved(_ addresses: Int, at now: Moment) -> Action {
        guard case .resolving(let probe, _) = state else { return .none }
        return connect(probe, AddressTurn(index: 0, count: addresses), at: now)
    }

    private mutating func unresolved(_ detail: String, _ cause: LocalCause?, at now: Moment) -> Action {
        guard case .resolving = state else { return .none }
        return fail(cause.map { Failure($0, detail) } ?? Failure(.dns, detail), at: now)
    }

    /// An address that does not answer leaves their share of the time to those after it.
    private mutating func connect(_ probe: ProbeProgress, _ turn: AddressTurn, at now: Moment) -> Action {
        makeUp(at: now.instant)
        var turn = turn
        let untried = turn.count - turn.index
        turn.end = untried > 1 ? expiry.map { now.instant + ($0 - now.instant) / untried } : nil
        state = .connecting(probe, turn)
        return .connect(address: turn.index)
    }

    private mutating func connected(at now: Moment) -> Action {
        guard case .connecting(let probe, let turn) = state else { return .none }
        return listen(for: listensAround(at: now) ? quietTime : .zero, probe, .addressAfter(turn), at: now)
    }

    /// The next address is tried after this one has failed, never beside it: one connection at most.
    private mutating func notConnected(_ failure: Failure, at now: Moment) -> Action {
        guard case .connecting(let probe, let turn) = state else { return .none }
        return turn.next.map { connect(probe, $0, at: now) } ?? fail(failure, at: now)
    }

    private mutating func listen(
        for time: Duration, _ probe: ProbeProgress, _ fallback: ProbeFallback, _ heard: UnaskedBytes = UnaskedBytes(),
        at now: Moment
    ) -> Action {
        state = .listening(probe, fallback, heard, until: now.instant + time)
        return .listen(time)
    }

    private mutating func received(_ bytes: [UInt8], age: Duration, at now: Moment) -> Action {
        switch state {
        case .idle(var heard):
            guard !heard.hear(bytes) || heard.isHeard else { return stay(.idle(heard)) }
            state = .vacant
            // Until then it may be a reply to the process before.
            if isSettled(at: now) { caution.reportLater(bytes, at: now) }
            return .close
        case .settling(var decoder):
            let progress = decoder.decode(bytes)
            return settle(progress, decoder)
        case .listening(let probe, let fallback, var heard, let until):
            let isBearable = heard.hear(bytes)
            guard heard.isHeard || !isBearable else { return stay(.listening(probe, fallback, heard, until: until)) }
            guard isBearable, isCautious(at: now) else { return distrust(heard.beginning, probe, trusting: 0, at: now) }
            caution.renew(at: now.instant)
            return listen(for: quietTime, probe, fallback, heard, at: now)
        case .asking(let probe, let fallback, var decoder, let askedAt):
            switch decoder.decode(bytes) {
            case .partial:
                return stay(.asking(probe, fallback, decoder, askedAt: askedAt))
            case .overflow:
                return fail(Failure(.malformed, "no end of a frame within \(FrameDecoder.limit) bytes"), at: now)
            case .frame(let frame, let rest):
                let age = KernelAge.counted(age)
                // The kernel had it before the question.
                let isUnasked = age > now.instant - askedAt + KernelAge.tolerance
                guard !isUnasked else { return distrust(frame, probe, trusting: probe.answers.count, at: now) }
                return replied(frame, rest, to: probe, askedAt: askedAt, age: age, at: now)
            }
        case .checking(let probe, let repeated, let until):
            return check(bytes, probe, repeated, until: until, at: now)
        case .vacant, .resolving, .connecting:
            return .none
        }
    }

    /// A whole reply and no more puts the connection in step again, since one question at most was open. It answers no
    /// question of this process. Anything else, the rest of a reply among it, ends the connection.
    private mutating func settle(_ progress: FrameDecoder.Progress, _ decoder: FrameDecoder) -> Action {
        switch progress {
        case .partial where decoder.noise == 0:
            return stay(.settling(decoder))
        case .frame(_, let rest) where decoder.noise == 0 && FrameDecoder.isLineEnding(rest):
            return stay(.idle(UnaskedBytes()))
        case .partial, .frame, .overflow:
            state = .vacant
            return .close
        }
    }

    private mutating func replied(
        _ frame: [UInt8], _ rest: ArraySlice<UInt8>, to probe: ProbeProgress, askedAt: Instant, age: Duration,
        at now: Moment
    ) -> Action {
        var probe = probe
        let came = now.earlier(by: min(age, now.instant - askedAt))
        let outcome = Reply.interpret(frame)
        probe.answer(outcome, at: came, latency: came.instant - askedAt)
        guard !outcome.isMalformed else {
            let failure = Failure(.malformed, "the reply before was not what the protocol allows")
            return finish(probe.concluded(with: failure, asked: 0, at: now), keepsConnection: false)
        }
        let isLast = probe.queries.isEmpty
        if isCautious(at: now) || (isLast && queries.count > 1) {
            let time = max(quietTime, probe.firstLatency)
            let until = now.instant + time
            let repeated = RepeatedReply(of: frame)
            state = .checking(probe, repeated, until: until)
            guard FrameDecoder.isLineEnding(rest) else { return check(rest, probe, repeated, until: until, at: now) }
            return .listen(time)
        }
        guard FrameDecoder.isLineEnding(rest) else {
            // No answer is doubtful if nothing else was asked.
            guard isLast else { return distrust(rest, probe, trusting: 1, at: now) }
            caution.reportLater(rest, at: came)
            return finish(probe.answers, keepsConnection: false)
        }
        return isLast ? finish(probe.answers, keepsConnection: true) : ask(probe, .nothing, at: now)
    }

    /// Bytes after a reply.
    private mutating func check(
        _ bytes: some Sequence<UInt8>, _ probe: ProbeProgress, _ repeated: RepeatedReply, until: Instant, at now: Moment
    ) -> Action {
        var repeated = repeated
        let isSame = repeated.hear(bytes)
        guard repeated.isHeard || !isSame else { return stay(.checking(probe, repeated, until: until)) }
        let isCautious = isCautious(at: now)
        guard isSame, isCautious else {
            let certain = isCautious ? probe.answers.count - 1 : 1
            return distrust(repeated.beginning, probe, trusting: certain, at: now)
        }
        caution.renew(at: now.instant)
        let until = max(until, now.instant + quietTime)
        state = .checking(probe, repeated, until: until)
        return .listen(until - now.instant)
    }

    private mutating func quiet(at now: Moment) -> Action {
        switch state {
        case .listening(let probe, let fallback, let heard, let until):
            guard until <= now.instant else { return .none }
            // The rest of the frame would come after the question.
            guard !heard.isWithinFrame else { return distrust(heard.beginning, probe, trusting: 0, at: now) }
            return ask(probe, fallback, at: now)
        case .checking(let probe, let repeated, let until):
            guard until <= now.instant else { return .none }
            guard !probe.queries.isEmpty, !repeated.isWithinFrame else {
                return conclude(probe, repeated, keepsConnection: true, at: now)
            }
            return ask(probe, .nothing, at: now)
        case .vacant, .idle, .settling, .resolving, .connecting, .asking:
            return .none
        }
    }

    private mutating func ended(_ detail: String, at now: Moment) -> Action {
        let closed = FrameDecoder().failure(ofEnd: detail)
        switch state {
        case .idle, .settling:
            state = .vacant
            return .close
        case .connecting(let probe, let turn):
            return tryAgain(probe, .addressAfter(turn), at: now) ?? fail(closed, at: now)
        case .listening(let probe, let fallback, let heard, _):
            return (heard.isHeard ? nil : tryAgain(probe, fallback, at: now)) ?? fail(closed, at: now)
        case .asking(let probe, let fallback, let decoder, _):
            let again = decoder.isUntouched ? tryAgain(probe, fallback, at: now) : nil
            return again ?? fail(decoder.failure(ofEnd: detail), at: now)
        case .checking(let probe, let repeated, _):
            // Nothing more can come, so nothing more can be an answer.
            guard !probe.queries.isEmpty else { return conclude(probe, repeated, keepsConnection: false, at: now) }
            return finish(probe.concluded(with: closed, asked: 0, at: now), keepsConnection: false)
        case .vacant, .resolving:
            return .none
        }
    }

    private mutating func tryAgain(_ probe: ProbeProgress, _ fallback: ProbeFallback, at now: Moment) -> Action? {
        switch fallback {
        case .newConnection:
            state = .resolving(probe, isExtended: false)
            return .resolve
        case .addressAfter(let turn):
            return turn.next.map { connect(probe, $0, at: now) }
        case .nothing:
            return nil
        }
    }

    private mutating func deadlinePassed(at now: Moment) -> Action {
        guard let deadline, let expiry, deadline <= now.instant else { return .none }
        if case .connecting(let probe, let turn) = state, let end = turn.end, let next = turn.next {
            // As late as this was seen, it is not at the expense of the others.
            self.expiry = expiry + (now.instant - end)
            return connect(probe, next, at: now)
        }
        return expired(now.instant - expiry, at: now)
    }

    /// - Parameter late: how long ago the probe's time was over.
    private mutating func expired(_ late: Duration, at now: Moment) -> Action {
        let limit = DurationText.format(timeout)
        let passed = now.earlier(by: late)
        switch state {
        case .vacant, .idle, .settling:
            return .none
        case .resolving(let probe, isExtended: false) where late > KernelAge.tolerance:
            // The resolver is part of this process, and stood still with it.
            state = .resolving(probe, isExtended: true)
            expiry = now.instant + late
            return .none
        case .resolving:
            return fail(Failure(.dns, "the resolver did not answer within \(limit)"), at: passed)
        case .connecting:
            return fail(Failure(.timeout, "no connection within \(limit)"), at: passed)
        case .listening(let probe, _, let heard, _):
            if heard.isHeard { return distrust(heard.beginning, probe, trusting: 0, at: passed) }
            return fail(Failure(.noReply, "connected too late to get a reply within \(limit)"), at: passed)
        case .asking(_, _, let decoder, _):
            return fail(decoder.failure(ofDeadline: limit), at: passed)
        case .checking(let probe, let repeated, _):
            guard !probe.queries.isEmpty else { return conclude(probe, repeated, keepsConnection: true, at: passed) }
            let failure = Failure(.noReply, "no time was left within \(limit)")
            return finish(probe.concluded(with: failure, asked: 0, at: passed), keepsConnection: false)
        }
    }

    private mutating func ask(_ probe: ProbeProgress, _ fallback: ProbeFallback, at now: Moment) -> Action {
        guard let query = probe.queries.first, let request = requests[query] else { return .none }
        state = .asking(probe, fallback, FrameDecoder(), askedAt: now.instant)
        return .send(request)
    }

    /// Ends the probe: what was not answered has failed this way.
    private mutating func fail(_ failure: Failure, at moment: Moment) -> Action {
        let answers: [Answer]
        switch state {
        case .vacant, .idle, .settling, .checking:
            return .none
        case .resolving(let probe, _), .connecting(let probe, _), .listening(let probe, _, _, _):
            answers = probe.concluded(with: failure, asked: probe.queries.count, at: moment)
        case .asking(let probe, _, _, _):
            answers = probe.concluded(with: failure, asked: 1, at: moment)
        }
        let action = finish(answers, keepsConnection: false)
        return failure.kind == .noReply ? .finishAndReset(answers) : action
    }

    /// Ends the probe: unasked bytes came, and all answers but the first ones may be for another query.
    private mutating func distrust(
        _ bytes: some Sequence<UInt8>, _ probe: ProbeProgress, trusting certain: Int, at moment: Moment
    ) -> Action {
        caution.renew(at: moment.instant)
        let failure = UnaskedReply.failure(bytes)
        return finish(probe.concluded(trusting: certain, with: failure, at: moment), keepsConnection: false)
    }

    /// Ends the probe after its last reply. A reply of which only a part came again was no repetition.
    private mutating func conclude(
        _ probe: ProbeProgress, _ repeated: RepeatedReply, keepsConnection: Bool, at moment: Moment
    ) -> Action {
        guard !repeated.isWithinFrame else {
            return distrust(repeated.beginning, probe, trusting: probe.answers.count - 1, at: moment)
        }
        return finish(probe.answers, keepsConnection: keepsConnection)
    }

    private mutating func finish(_ answers: [Answer], keepsConnection: Bool) -> Action {
        for answer in answers { rejections.note(answer) }
        guard keepsConnection, mode == .persistent else {
            state = .vacant
            return .finishAndClose(answers)
        }
        state = .idle(UnaskedBytes())
        return .finish(answers)
    }

    /// Nothing is to be done, for the state has what it has heard.
    private mutating func stay(_ state: ProbeState) -> Action {
        self.state = state
        return .none
    }

    private func isSettled(at now: Moment) -> Bool { settledAt.map { $0 <= now.instant } ?? true }
    private func isCautious(at now: Moment) -> Bool { caution.isOn(at: now.instant) }
    private func listensAround(at now: Moment) -> Bool { queries.count > 1 || isCautious(at: now) }
    private var quietTime: Duration { min(UnaskedReply.quietTime, timeout / 10) }
}

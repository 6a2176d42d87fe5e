// SPDX-License-Identifier: Apache-2.0

/// The conversation with one HSM: what to do next, on its one connection, and what the probe observed in the end.
///
///     vacant ──start──▶ resolving ──resolved──▶ connecting ──connected──▶ asking ──last reply──▶ idle (or vacant)
///       ▲                   ▲                       │ refused: next address  │ ▲
///       │                   └──── kept connection ended before any byte, once ┘ └─start── idle
///       └──── a failure, a deadline, an end while idle
///
/// It may begin with a connection that another process has used: settling, which is idle but for one reply to the question
/// that was open when that process died, and for nothing being asked before `settledAt`.
///
/// Every failure of the connection ends the probe and closes the connection, so that a late reply can never answer the
/// next question. Late events are ordinary: what no state expects is `.none`.
package struct ProbeConversation: Sendable {
    /// How long a command that the HSM does not know is not asked again. Option 41 logs every rejected command in the
    /// HSM's own error log.
    package static let rejectedPause = Duration.seconds(600)

    package enum Event: Hashable, Sendable {
        /// A tick. Its deadline is the caller's to keep.
        case start
        /// The host name has this many addresses, one at least.
        case resolved(addresses: Int)
        case unresolved(detail: String)
        case connected
        case notConnected(Failure)
        case received([UInt8])
        /// The connection is over; the detail says how, in words that follow "the HSM".
        case ended(detail: String)
        case deadline
    }

    package enum Action: Hashable, Sendable {
        case none
        /// Look the host up again; addresses are never kept.
        case resolve
        /// Open the one connection, to the address with this index.
        case connect(address: Int)
        case send(Request)
        /// The probe is over; the connection stays open.
        case finish([Answer])
        /// The probe is over; close the connection, or give up opening it.
        case finishAndClose([Answer])
        /// The probe is over; reset the connection. To an HSM that hangs, an ordinary end looks like a half-close, and the
        /// socket might stay taken.
        case finishAndReset([Answer])
        /// No probe runs; close the connection.
        case close
    }

    /// What one query brought.
    package struct Answer: Hashable, Sendable {
        package let query: Query
        package let observation: Observation
    }

    private enum State {
        case vacant
        case idle
        case settling(FrameDecoder)
        case resolving(Probe)
        case connecting(Probe, address: Int, of: Int)
        case asking(Probe, FrameDecoder, isKept: Bool, askedAt: Instant)
    }

    private struct Probe {
        let startedAt: Instant
        /// The first is the one being asked.
        var queries: ArraySlice<Query>
        var answers: [Answer] = []

        /// All answers, with the failure for each query that has none; what was not asked says so.
        func concluded(with failure: Failure, asked: Int, at now: Moment) -> [Answer] {
            let unasked = Failure(failure.kind, "not asked: \(failure.detail)", errorCode: failure.errorCode)
            return answers
                + queries.enumerated().map { index, query in
                    let outcome = Outcome.failure(index < asked ? failure : unasked)
                    return Answer(
                        query: query,
                        observation: Observation(outcome: outcome, at: now, latency: now.instant - startedAt))
                }
        }
    }

    private let queries: [Query]
    private let requests: [Query: Request]
    private let mode: ConnectionMode
    private let timeout: Duration
    private var rejectedUntil: [Query: Instant] = [:]
    private var state: State
    private let takenUpAt: Instant?

    /// - Parameter takenUpAt: when the connection was taken up that another process has used; nil without one.
    package init(hsm: HSMConfiguration, takenUpAt: Instant? = nil) {
        queries = hsm.queries
        requests = Dictionary(uniqueKeysWithValues: queries.map { ($0, Request($0, lineEnding: hsm.lineEnding)) })
        mode = hsm.connection
        timeout = hsm.timeout
        self.takenUpAt = takenUpAt
        state = takenUpAt == nil ? .vacant : .settling(FrameDecoder())
    }

    /// Whether a question is open.
    package var isAsking: Bool {
        if case .asking = state { true } else { false }
    }

    /// Whether a connection stands on which nothing is under way that was asked from here.
    package var isIdle: Bool {
        switch state {
        case .idle: true
        case .settling(let decoder): !decoder.hasBegun
        case .vacant, .resolving, .connecting, .asking: false
        }
    }

    /// Whether the reply to a question of the process before may still come.
    package var isSettling: Bool {
        if case .settling = state { true } else { false }
    }

    /// Before this a probe asks nothing; nil when it may ask at any time.
    ///
    /// The process before may have died between a question and its reply. By then the reply has come, or that process
    /// would have given it up.
    package var settledAt: Instant? {
        takenUpAt.map { $0 + timeout }
    }

    package mutating func handle(_ event: Event, at now: Moment) -> Action {
        switch event {
        case .start: start(at: now)
        case .resolved(let addresses): resolved(addresses)
        case .unresolved(let detail): fail(Failure(.dns, detail), at: now)
        case .connected: connected(at: now)
        case .notConnected(let failure): notConnected(failure, at: now)
        case .received(let bytes): received(bytes, at: now)
        case .ended(let detail): ended(detail, at: now)
        case .deadline: deadline(at: now)
        }
    }

    private mutating func start(at now: Moment) -> Action {
        let due = queries.filter { rejectedUntil[$0].map { $0 <= now.instant } ?? true }
        switch state {
        case .resolving, .connecting, .asking:
            return .none
        case .vacant, .idle, .settling:
            guard !due.isEmpty, settledAt.map({ $0 <= now.instant }) ?? true else { return .finish([]) }
        }
        let probe = Probe(startedAt: now.instant, queries: due[...])
        if isIdle {
            return ask(probe, isKept: true, at: now)
        }
        state = .resolving(probe)
        return .resolve
    }

    private mutating func resolved(_ addresses: Int) -> Action {
        guard case .resolving(let probe) = state else { return .none }
        state = .connecting(probe, address: 0, of: addresses)
        return .connect(address: 0)
    }

    private mutating func connected(at now: Moment) -> Action {
        guard case .connecting(let probe, _, _) = state else { return .none }
        return ask(probe, isKept: false, at: now)
    }

    /// The next address is tried after this one has failed, never beside it: one connection at most.
    private mutating func notConnected(_ failure: Failure, at now: Moment) -> Action {
        guard case .connecting(let probe, let address, let count) = state else { return .none }
        guard address + 1 < count else { return fail(failure, at: now) }
        state = .connecting(probe, address: address + 1, of: count)
        return .connect(address: address + 1)
    }

    private mutating func received(_ bytes: [UInt8], at now: Moment) -> Action {
        switch state {
        case .idle:
            guard !FrameDecoder.isLineEnding(bytes) else { return .none }
            state = .vacant
            return .close
        case .settling(var decoder):
            let progress = decoder.decode(bytes)
            return settle(progress, decoder)
        case .asking(let probe, var decoder, let isKept, let askedAt):
            switch decoder.decode(bytes) {
            case .partial:
                state = .asking(probe, decoder, isKept: isKept, askedAt: askedAt)
                return .none
            case .overflow:
                return fail(Failure(.malformed, "no end of a frame within \(FrameDecoder.limit) bytes"), at: now)
            case .frame(let frame, let isFollowed):
                return replied(frame, isFollowed: isFollowed, to: probe, askedAt: askedAt, at: now)
            }
        case .vacant, .resolving, .connecting:
            return .none
        }
    }

    /// A whole reply and no more puts the connection in step again, since one question at most was open. It is nobody's
    /// answer. Anything else, the rest of a reply among it, ends the connection.
    private mutating func settle(_ progress: FrameDecoder.Progress, _ decoder: FrameDecoder) -> Action {
        switch progress {
        case .partial where decoder.noise == 0:
            state = .settling(decoder)
            return .none
        case .frame(_, isFollowed: false) where decoder.noise == 0:
            state = .idle
            return .none
        case .partial, .frame, .overflow:
            state = .vacant
            return .close
        }
    }

    private mutating func replied(
        _ frame: [UInt8], isFollowed: Bool, to probe: Probe, askedAt: Instant, at now: Moment
    ) -> Action {
        var probe = probe
        guard let query = probe.queries.popFirst() else { return .none }
        let outcome = Reply.interpret(frame)
        probe.answers.append(
            Answer(query: query, observation: Observation(outcome: outcome, at: now, latency: now.instant - askedAt)))
        note(outcome, of: query, at: now)

        // What stands behind a frame might answer the next question before it was asked: nothing more is asked here.
        let isInStep = !isFollowed && !outcome.isMalformed
        if isInStep, !probe.queries.isEmpty {
            return ask(probe, isKept: false, at: now)
        }
        let answers = probe.concluded(
            with: Failure(.malformed, "the reply before was not what the protocol allows"), asked: 0, at: now)
        guard isInStep, mode == .persistent else {
            state = .vacant
            return .finishAndClose(answers)
        }
        state = .idle
        return .finish(answers)
    }

    private mutating func note(_ outcome: Outcome, of query: Query, at now: Moment) {
        if case .failure(let failure) = outcome, failure.isRejection {
            rejectedUntil[query] = now.instant + Self.rejectedPause
        } else {
            rejectedUntil[query] = nil
        }
    }

    private mutating func ended(_ detail: String, at now: Moment) -> Action {
        switch state {
        case .idle, .settling:
            state = .vacant
            return .close
        case .asking(let probe, let decoder, let isKept, _):
            if isKept, !decoder.hasBegun, decoder.noise == 0 {
                state = .resolving(probe)
                return .resolve
            }
            if decoder.noise > 0, !decoder.hasBegun {
                let noise = "\(decoder.noise) bytes without a frame, then the HSM \(detail)"
                return fail(Failure(.malformed, noise), at: now)
            }
            let phase = decoder.hasBegun ? "within the reply" : "before it replied"
            return fail(Failure(.closed, "the HSM \(detail) \(phase)"), at: now)
        case .vacant, .resolving, .connecting:
            return .none
        }
    }

    private mutating func deadline(at now: Moment) -> Action {
        let limit = DurationText.format(timeout)
        return switch state {
        case .vacant, .idle, .settling:
            .none
        case .resolving:
            fail(Failure(.dns, "the resolver did not answer within \(limit)"), at: now)
        case .connecting:
            fail(Failure(.timeout, "no connection within \(limit)"), at: now)
        case .asking(_, let decoder, _, _) where decoder.noise > 0 && !decoder.hasBegun:
            fail(Failure(.malformed, "\(decoder.noise) bytes without a frame within \(limit)"), at: now)
        case .asking(_, let decoder, _, _):
            fail(
                Failure(.noReply, (decoder.hasBegun ? "the reply did not end" : "no reply") + " within \(limit)"),
                at: now)
        }
    }

    private mutating func ask(_ probe: Probe, isKept: Bool, at now: Moment) -> Action {
        guard let query = probe.queries.first, let request = requests[query] else { return .none }
        state = .asking(probe, FrameDecoder(), isKept: isKept, askedAt: now.instant)
        return .send(request)
    }

    /// Ends the probe: what was not answered has failed this way.
    private mutating func fail(_ failure: Failure, at now: Moment) -> Action {
        switch state {
        case .vacant, .idle, .settling:
            return .none
        case .resolving(let probe), .connecting(let probe, _, _):
            state = .vacant
            return .finishAndClose(probe.concluded(with: failure, asked: probe.queries.count, at: now))
        case .asking(let probe, _, _, _):
            state = .vacant
            let answers = probe.concluded(with: failure, asked: 1, at: now)
            return failure.kind == .noReply ? .finishAndReset(answers) : .finishAndClose(answers)
        }
    }
}

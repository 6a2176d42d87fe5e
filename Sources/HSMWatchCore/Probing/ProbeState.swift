// SPDX-License-Identifier: Apache-2.0

/// Where a `ProbeConversation` stands.
enum ProbeState {
    case vacant
    /// The bytes since the last reply.
    case idle(UnaskedBytes)
    case settling(FrameDecoder)
    case resolving(ProbeProgress, isExtended: Bool)
    case connecting(ProbeProgress, AddressTurn)
    case listening(ProbeProgress, ProbeFallback, UnaskedBytes, until: Instant)
    case asking(ProbeProgress, ProbeFallback, FrameDecoder, askedAt: Instant)
    /// A reply has come. Whether it is the answer is certain when the connection was quiet.
    case checking(ProbeProgress, RepeatedReply, until: Instant)

    var isAsking: Bool {
        switch self {
        case .asking, .checking: true
        case .vacant, .idle, .settling, .resolving, .connecting, .listening: false
        }
    }

    var isIdle: Bool {
        switch self {
        case .idle: true
        case .settling(let decoder): !decoder.hasBegun
        case .listening(_, .newConnection, let heard, _): !heard.isHeard
        case .vacant, .resolving, .connecting, .listening, .asking, .checking: false
        }
    }

    func isAgeWorthAsking(at now: Instant) -> Bool {
        if case .asking(_, _, _, let askedAt) = self { now - askedAt >= KernelAge.longLatency } else { false }
    }

    var isSettling: Bool {
        if case .settling = self { true } else { false }
    }
}

/// A probe under way: the queries that are left, and the answers so far.
struct ProbeProgress {
    typealias Answer = ProbeConversation.Answer

    let startedAt: Instant
    /// The queries without an answer. The first is asked next, or is being asked.
    private(set) var queries: ArraySlice<Query>
    private(set) var answers: [Answer] = []

    init(_ queries: [Query], startedAt: Instant) {
        self.queries = queries[...]
        self.startedAt = startedAt
    }

    /// The latency of the first answer: about what an answer of this HSM takes.
    var firstLatency: Duration { answers.first?.observation.latency ?? .zero }

    /// Takes the outcome of the query that was asked.
    mutating func answer(_ outcome: Outcome, at moment: Moment, latency: Duration) {
        guard let query = queries.popFirst() else { return }
        let observation = Observation(outcome: outcome, at: moment, latency: latency)
        answers.append(Answer(query: query, observation: observation))
    }

    /// All answers, with the failure for each query that has none. Queries that were not asked say so.
    func concluded(with failure: Failure, asked: Int, at moment: Moment) -> [Answer] {
        let unasked = failure.unasked
        return answers
            + queries.enumerated().map { index, query in
                failed(query, index < asked ? failure : unasked, at: moment)
            }
    }

    /// The first `certain` answers. Every other query has the failure instead, answered or not.
    func concluded(trusting certain: Int, with failure: Failure, at moment: Moment) -> [Answer] {
        let doubtful = answers.dropFirst(certain).map { answer in
            let observation = Observation(
                outcome: .failure(failure), instant: answer.observation.instant,
                timestamp: answer.observation.timestamp, latency: answer.observation.latency)
            return Answer(query: answer.query, observation: observation)
        }
        return Array(answers.prefix(certain)) + doubtful + queries.map { failed($0, failure, at: moment) }
    }

    private func failed(_ query: Query, _ failure: Failure, at moment: Moment) -> Answer {
        let latency = moment.instant - startedAt
        return Answer(query: query, observation: Observation(outcome: .failure(failure), at: moment, latency: latency))
    }
}

/// What is left to try when the connection ends before a byte of the reply.
enum ProbeFallback {
    /// The connection was kept: a new one.
    case newConnection
    /// The connection is new: the address after this one.
    case addressAfter(AddressTurn)
    /// The HSM has answered on this connection.
    case nothing
}

/// Which of a host's addresses is tried.
struct AddressTurn {
    let index: Int
    let count: Int
    /// When it is the next one's turn; nil for the last one, and before it has begun.
    var end: Instant?

    var next: AddressTurn? { index + 1 < count ? AddressTurn(index: index + 1, count: count) : nil }
}

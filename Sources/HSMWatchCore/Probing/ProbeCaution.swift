// SPDX-License-Identifier: Apache-2.0

/// What is known of an HSM that has sent unasked bytes.
struct ProbeCaution {
    private var endsAt: Instant?
    private var unreported: (failure: Failure, cameAt: Moment)?

    /// Whether the conversation listens around every question.
    func isOn(at now: Instant) -> Bool { endsAt.map { now < $0 } ?? false }

    /// Unasked bytes came now.
    mutating func renew(at now: Instant) { endsAt = now + UnaskedReply.caution }

    /// Leaves unasked bytes to the next probe, unless such bytes were reported not long ago.
    mutating func reportLater(_ bytes: some Sequence<UInt8>, at cameAt: Moment) {
        if !isOn(at: cameAt.instant) { unreported = (UnaskedReply.failure(bytes), cameAt) }
        renew(at: cameAt.instant)
    }

    /// What the next probe reports, once.
    mutating func takeUnreported() -> (failure: Failure, cameAt: Moment)? {
        defer { unreported = nil }
        return unreported
    }
}

/// The commands that the HSM has rejected, so that they are not asked again soon.
struct Rejections {
    private var endsAt: [Query: Instant] = [:]

    /// Whether the query may be asked.
    func allow(_ query: Query, at now: Instant) -> Bool { endsAt[query].map { $0 <= now } ?? true }

    /// Takes in what came of a query: a rejection, or the end of one.
    mutating func note(_ answer: ProbeConversation.Answer) {
        if case .failure(let failure) = answer.observation.outcome, failure.isRejection {
            endsAt[answer.query] = answer.observation.instant + ProbeConversation.rejectedPause
        } else {
            endsAt[answer.query] = nil
        }
    }
}

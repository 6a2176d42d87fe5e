// SPDX-License-Identifier: Apache-2.0

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

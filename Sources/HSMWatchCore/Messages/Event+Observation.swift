// SPDX-License-Identifier: Apache-2.0

extension Event {
    /// What there is to tell of one observation: the reading or the failure, and then the change it confirmed.
    package static func telling(
        of subject: Subject, _ observation: Observation, _ assessment: Assessment
    ) -> [Event] {
        let content: Content =
            switch observation.outcome {
            case .reading(let reading, let reply):
                .reading(subject, reading, reply: reply, latency: observation.latency, assessment)
            case .failure(let failure):
                .probeFailure(subject, failure, assessment)
            }
        let fact = Event(timestamp: observation.timestamp, content: content)
        guard let transition = assessment.transition else { return [fact] }
        let change = Content.stateChange(
            subject, transition, observation.outcome, assessment.thresholds, forecast: assessment.forecast)
        return [fact, Event(timestamp: observation.timestamp, content: change)]
    }
}

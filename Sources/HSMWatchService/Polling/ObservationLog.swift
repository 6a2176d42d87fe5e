// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging

/// What the journal is told of one HSM's observations: changes, and each failure once until it changes.
struct ObservationLog {
    private let logger: Logger
    private var failing: Fault?

    /// What makes one failure another: its words may change with every probe.
    private struct Fault: Equatable {
        let kind: Failure.Kind
        let errorCode: Int?
    }

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func note(_ events: [Event], of subject: Subject, _ observation: Observation, _ assessment: Assessment) {
        let wasFailing = failing
        switch observation.outcome {
        case .reading: failing = nil
        case .failure(let failure): failing = Fault(kind: failure.kind, errorCode: failure.errorCode)
        }
        for event in events where event.kind != .probeFailure || failing != wasFailing {
            logger.note(.event(event))
        }
        if wasFailing != nil, failing == nil, assessment.transition == nil {
            logger.note(.answersAgain(subject))
        }
        for threshold in assessment.misconfigured {
            logger.note(.thresholdNotBelowTotal(subject, threshold))
        }
    }
}

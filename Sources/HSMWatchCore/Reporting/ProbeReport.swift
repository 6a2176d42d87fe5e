// SPDX-License-Identifier: Apache-2.0

/// One probe in full: what happened, what came of it, and what that means. Its words are in the extensions.
package struct ProbeReport: Sendable {
    /// What one query of the HSM has come to.
    package struct Finding: Sendable {
        /// An observation and the opinion about it.
        package struct Judged: Sendable {
            package let observation: Observation
            package let assessment: Assessment

            package init(_ observation: Observation, _ assessment: Assessment) {
                self.observation = observation
                self.assessment = assessment
            }

            /// The state that this probe stands for.
            var verdict: HSMState { assessment.verdict(on: observation.outcome) }
        }

        package let subject: Subject
        /// Nil when it was not asked: the HSM had rejected the command (`ProbeConversation.rejectedPause`).
        package let judged: Judged?

        package init(_ subject: Subject, _ judged: Judged?) {
            self.subject = subject
            self.judged = judged
        }

        /// The state that this probe stands for.
        var verdict: HSMState { judged?.verdict ?? .unknown }
    }

    package let address: HostPort
    /// What the HSM is called; one that no configuration names goes by its host.
    package let name: String
    package let timeout: Duration
    /// When the probe began.
    package let startedAt: Timestamp
    /// What happened, in its order.
    package let phases: [ProbePhase]
    /// What came of each query, in the order of the questions.
    package let findings: [Finding]

    package init(of hsm: HSMConfiguration, startedAt: Timestamp, phases: [ProbePhase], findings: [Finding]) {
        address = hsm.address
        name = hsm.name
        timeout = hsm.timeout
        self.startedAt = startedAt
        self.phases = phases
        self.findings = findings
    }

    /// The worst of the findings.
    package var status: ProbeStatus { findings.map { ProbeStatus($0.verdict) }.max() ?? .unknown }

    /// What the service would tell Graylog of this probe.
    package var events: [Event] {
        findings.flatMap { finding in
            finding.judged.map { Event.telling(of: finding.subject, $0.observation, $0.assessment) } ?? []
        }
    }
}

/// What a monitoring plugin says of a service, the least bad first (monitoring-plugins.org, development guidelines).
package enum ProbeStatus: CaseIterable, Comparable, Sendable {
    case ok
    case warning
    case unknown
    case critical

    init(_ state: HSMState) {
        switch state {
        case .ok: self = .ok
        case .warning: self = .warning
        case .critical, .unreachable: self = .critical
        case .unknown: self = .unknown
        }
    }

    /// The exit code that stands for it.
    package var exitCode: Int32 {
        switch self {
        case .ok: 0
        case .warning: 1
        case .critical: 2
        case .unknown: 3
        }
    }

    /// Its name, in lower case.
    var name: String { "\(self)" }
}

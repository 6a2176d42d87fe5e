// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A report of one probe, put together by hand.
struct ProbeReportSample {
    var hsm = HSMConfiguration(name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010))
    var phases: [ProbePhase] = []
    /// What each query brought; nil: it was not asked.
    var outcomes: [Outcome?] = []

    /// One that was answered with this reading.
    static func reading(_ available: Int, of total: Int = 64) -> ProbeReportSample {
        ProbeReportSample(outcomes: [.reading(Reading(available, of: total), reply: frame(available, of: total))])
    }

    /// One that failed.
    static func failure(_ kind: Failure.Kind, _ detail: String, errorCode: Int? = nil) -> ProbeReportSample {
        ProbeReportSample(outcomes: [.failure(Failure(kind, detail, errorCode: errorCode))])
    }

    static func frame(_ available: Int, of total: Int) -> String {
        "<2223#\(available)#\(total)#\(total - available)#>"
    }

    func with(_ edit: (inout HSMConfiguration) -> Void) -> ProbeReportSample {
        var sample = self
        edit(&sample.hsm)
        return sample
    }

    /// The report, after each query has seen what came `before`.
    func report(after before: [Outcome] = []) -> ProbeReport {
        let findings = zip(hsm.queries, outcomes).map { query, outcome in
            var assessor = Assessor(alert: hsm.alert, startedAt: .seconds(0))
            for outcome in before { _ = assessor.assess(Self.observation(outcome)) }
            return ProbeReport.Finding(
                Subject(hsm, query),
                outcome.map { .init(Self.observation($0), assessor.assess(Self.observation($0))) })
        }
        return ProbeReport(
            of: hsm, startedAt: Timestamp(milliseconds: 1_785_432_180_123), phases: phases, findings: findings)
    }

    private static func observation(_ outcome: Outcome) -> Observation {
        Observation(
            outcome: outcome, instant: .seconds(1), timestamp: Timestamp(milliseconds: 1_785_432_180_125),
            latency: .microseconds(421))
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

extension Event {
    /// An event of a kind, whose message has some more bytes than a length.
    static func sample(_ kind: Event.Kind, length: Int = 0) -> Event {
        let subject = Subject(
            name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010), queryPort: nil,
            fields: length > 0 ? [Field(name: "padding", value: String(repeating: "x", count: length))] : [])
        let failure = Failure(.refused, "connection refused")
        let thresholds = AppliedThresholds(warning: nil, critical: 50)
        let assessment = Assessment(state: .ok, transition: nil, thresholds: thresholds, misconfigured: [])
        let transition = Transition(from: .ok, to: .unreachable, lasted: .seconds(1))
        let content: Content =
            switch kind {
            case .reading:
                Reading(available: 60, total: 64).map {
                    .reading(subject, $0, reply: "<2223#60#64#>", latency: .zero, assessment)
                } ?? .probeFailure(subject, failure, assessment)
            case .probeFailure: .probeFailure(subject, failure, assessment)
            case .heartbeat:
                .heartbeat(
                    Heartbeat(
                        states: [.ok: 1], probes: 1, probesFailed: 0, probesSkipped: 0, spooled: 0, dropped: 0,
                        uptime: .zero))
            case .service:
                .service(.started(version: "0", hsms: 1, reason: String(repeating: "x", count: length)))
            case .stateChange: .stateChange(subject, transition, .failure(failure), thresholds)
            case .reminder:
                .reminder(
                    subject,
                    Reminder(
                        state: .unreachable, lasted: .seconds(200), isWhole: true, outcome: .failure(failure),
                        thresholds: thresholds))
            }
        return Event(timestamp: .now, content: content)
    }
}

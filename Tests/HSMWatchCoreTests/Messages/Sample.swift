// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// One event of each kind, by the name of its golden file.
struct Sample: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let event: Event

    static let instance = "0f3c9a52d1e84b67"

    init(_ name: String, _ content: Event.Content) {
        testDescription = name
        event = Event(timestamp: Timestamp(milliseconds: 1_785_432_180_123), content: content)
    }

    /// The finished message.
    var message: [UInt8] {
        MessageEncoder(source: "monitor-1.example.net").encode(event).numbered(instance: Self.instance, sequence: 4711)
    }

    static let all: [Sample] = [
        Sample(
            "reading",
            .reading(subject, Reading(50, of: 64), reply: "<2223#50#64#14#>", latency: .microseconds(421), ok)),
        Sample(
            "reading_forecast",
            .reading(
                askedSubject, Reading(60, of: 256), reply: "<2223#60#256#196#>", latency: .microseconds(421), falling)),
        Sample("probe_failure", .probeFailure(askedSubject, refused, failed(.unreachable))),
        Sample(
            "hsm_error",
            .probeFailure(
                subject,
                Failure(.hsmError, "HSM error 22 (command not enabled): <00#220000#>", errorCode: 22), failed(.unknown))
        ),
        Sample(
            "state_change",
            .stateChange(
                askedSubject, Transition(from: .ok, to: .critical, lasted: .seconds(7380)),
                .reading(Reading(12, of: 256), reply: "<2223#12#256#244#>"),
                AppliedThresholds(warning: 100, critical: 50))),
        Sample(
            "state_change_failure",
            .stateChange(
                subject, Transition(from: .warning, to: .unreachable, lasted: .milliseconds(59_999)),
                .failure(refused), AppliedThresholds(warning: nil, critical: 50))),
        Sample(
            "state_change_forecast",
            .stateChange(
                askedSubject, Transition(from: .ok, to: .warning, lasted: .seconds(7380), reason: .foreseen),
                .reading(Reading(60, of: 256), reply: "<2223#60#256#196#>"),
                AppliedThresholds(warning: nil, critical: 50), forecast: forecast)),
        Sample(
            "reminder",
            .reminder(
                askedSubject,
                Reminder(
                    state: .critical, lasted: .seconds(1530), isWhole: true,
                    outcome: .reading(Reading(12, of: 256), reply: ""),
                    thresholds: AppliedThresholds(warning: 100, critical: 50),
                    forecast: Forecast(untilCritical: nil, untilExhaustion: .seconds(4320))))),
        Sample(
            "reminder_failure",
            .reminder(
                subject,
                Reminder(
                    state: .unreachable, lasted: .seconds(183), isWhole: false, outcome: .failure(refused),
                    thresholds: AppliedThresholds(warning: nil, critical: 50)))),
        Sample("heartbeat", .heartbeat(heartbeat)),
        Sample("service_started", .service(.started(version: "1.0.0", hsms: 4, reason: nil))),
        Sample(
            "service_started_with_reason",
            .service(.started(version: "1.0.0", hsms: 1, reason: "the spool was damaged and has been replaced"))),
        Sample(
            "service_reloaded",
            .service(
                .reloaded(
                    ConfigurationChanges(
                        from: configuration(hsms: ["khi-1", "khi-2"]),
                        to: configuration(hsms: ["khi-1", "khi-3", "khi-4", "khi-5", "khi-6"]))))),
        Sample(
            "service_reload_failed",
            .service(.reloadFailed(reason: "/etc/hsmwatch/hsmwatch.yaml:3:5: error: hsms[0]: unknown key 'adress'"))),
        Sample("service_stopping", .service(.stopping(waiting: 1))),
        Sample(
            "service_messages_dropped", .service(.messagesDropped(count: 1200, reason: "the spool reached 256 MiB"))),
        Sample(
            "service_messages_missing",
            .service(
                .messagesDropped(
                    count: nil,
                    reason:
                        "the last run did not close the spool; messages since 2026-07-30 17:22:58 UTC may be missing"
                ))),
        Sample(
            "service_output_down",
            .service(.outputDown(output: "graylog", endpoint: "10.10.5.7:12201", reason: "connection refused"))),
        Sample(
            "service_output_down_lasting",
            .service(
                .outputDown(
                    output: "graylog", endpoint: "10.10.5.7:12201", reason: "connection refused",
                    lasted: .seconds(68)))),
        Sample(
            "service_output_up_short",
            .service(
                .outputUp(
                    output: "graylog", endpoint: "10.10.5.7:12201", outage: .seconds(17), waiting: 12, resent: 3,
                    rewound: 0, dropped: 0))),
        Sample(
            "service_output_up",
            .service(
                .outputUp(
                    output: "graylog", endpoint: "10.10.5.8:12201", outage: .seconds(95_000), waiting: 310, resent: 12,
                    rewound: 0, dropped: 0, wasLasting: true))),
        Sample(
            "service_output_up_dropped",
            .service(
                .outputUp(
                    output: "graylog", endpoint: "10.10.5.8:12201", outage: .seconds(95_000), waiting: 310, resent: 0,
                    rewound: 0, dropped: 1200, wasLasting: true))),
        Sample("service_local_fault_started", .service(.localFaultStarted(.descriptors))),
        Sample("service_local_fault_ended", .service(.localFaultEnded(.ports, lasted: .seconds(75)))),
        Sample(
            "service_probes_overdue",
            .service(.probesOverdue(OverdueProbes.Report(names: ["khi-1", "khi-2", "lhe-1"], count: 15)))),
        Sample("service_clock_unsynchronised", .service(.clockUnsynchronised(lasted: .seconds(600)))),
        Sample("service_send_test", .service(.sendTest(output: "graylog", endpoint: "10.10.5.7:12201"))),
        Sample(
            "service_certificate_expiring",
            .service(
                .certificateExpiring(
                    output: "graylog", endpoint: "10.10.5.7:12201", .peer,
                    CertificateTerm(
                        serialNumber: "3A01", notBefore: Timestamp(milliseconds: 0),
                        notAfter: Timestamp(milliseconds: 1_800_000_000_000)), days: 13))),
    ]

    private static func configuration(hsms: [String]) -> Configuration {
        Configuration(
            hsms: hsms.map { HSMConfiguration(name: $0, address: HostPort(host: "10.10.5.6", port: 9010)) },
            outputs: [OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "10.10.5.7", port: 12201)])])
    }

    static let subject = Subject(
        name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010), queryPort: nil,
        fields: [Field(name: "site", value: "khi"), Field(name: "environment", value: "production")])
    static let askedSubject = Subject(
        name: "khi-2", address: HostPort(host: "2001:db8::7", port: 9011), queryPort: 9010, fields: [])
    static let refused = Failure(.refused, "connection refused")
    static let forecast = Forecast(untilCritical: .seconds(432), untilExhaustion: .seconds(4320))
    static let heartbeat = Heartbeat(
        states: [.ok: 3, .warning: 0, .critical: 1, .unreachable: 0, .unknown: 0], probes: 86_400, probesFailed: 17,
        probesSkipped: 2, spooled: 1, dropped: 0, hsmsOverdue: 2, uptime: .milliseconds(3_723_900))

    private static let ok = Assessment(
        state: .ok, transition: nil, thresholds: AppliedThresholds(warning: 13, critical: 5), misconfigured: [])
    private static let falling = Assessment(
        state: .warning, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50), misconfigured: [],
        forecast: forecast)
    private static func failed(_ state: HSMState) -> Assessment {
        Assessment(
            state: state, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50), misconfigured: [])
    }
}

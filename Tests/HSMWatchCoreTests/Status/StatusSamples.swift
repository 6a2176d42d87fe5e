// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

extension Snapshot {
    /// 2026-07-30 17:23:00 UTC, the moment of all samples.
    static let moment = Moment(
        instant: Instant(nanoseconds: 0), timestamp: Timestamp(milliseconds: 1_785_432_180_000))

    static func sample(
        _ hsms: [HSMSnapshot], outputs: [OutputSnapshot] = [], storage: Storage = .disk, dropped: Int = 0,
        overdue: Int = 0, clockUnsynchronised: Duration? = nil
    ) -> Snapshot {
        var states = Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, 0) })
        for hsm in hsms { states[hsm.state, default: 0] += 1 }
        return Snapshot(
            takenAt: moment,
            process: Process(
                version: "0.1.0", identifier: 4711, startedAt: .ago(seconds: 11_000),
                configuration: "/etc/hsmwatch/hsmwatch.yaml"),
            counts: Heartbeat(
                states: states, probes: 13_200, probesFailed: 12, probesSkipped: 1, spooled: 3, dropped: dropped,
                hsmsOverdue: overdue, uptime: .seconds(11_000)),
            storage: storage, clockUnsynchronised: clockUnsynchronised, hsms: hsms, outputs: outputs)
    }

    /// One HSM of each kind, and two outputs.
    static func mixed() throws -> Snapshot {
        var filling = try HSMSnapshot.sample(
            "khi-2", port: 5, state: .critical, [60, 50, 40, 30, 20, 12], of: 256, for: 9
        ).status
        filling.exhaustionSeconds = 130
        filling.criticalSeconds = 0
        return .sample(
            [
                try .sample("khi-1", port: 4, state: .ok, [250, 250, 249, 251], of: 256, for: 11_000),
                HSMSnapshot(
                    name: "khi-2", address: HostPort(host: "10.10.5.6", port: 9015), queryPort: nil, status: filling),
                try .sample("lhe-1", port: 6, query: 9011, state: .warning, [99, 98, nil, 97], of: 256, for: 90_000),
                try .sample(
                    "isb-1", port: 7, state: .unreachable, [64, nil, nil], of: 64, for: 7,
                    failure: Failure(.noReply, "no reply within 500ms")),
                try .sample(
                    "isb-2", port: 8, state: .unknown, [nil], of: nil, for: 3700,
                    failure: Failure(.hsmError, "the HSM answered with error 22", errorCode: 22)),
                HSMSnapshot(
                    name: "new", address: HostPort(host: "2001:db8::7", port: 9010), queryPort: nil,
                    status: QueryStatus(since: .ago(seconds: 1))),
            ],
            outputs: [.connected(), .down()])
    }
}

extension HSMSnapshot {
    static func sample(
        _ name: String, port: Int, query: UInt16? = nil, state: HSMState, _ readings: [Int?], of total: Int?,
        for seconds: Int, failure: Failure? = nil
    ) throws -> HSMSnapshot {
        var status = QueryStatus(since: .ago(seconds: seconds))
        status.state = state
        for reading in readings { status.history.add(reading) }
        let hasFailed = readings.last == .some(nil)
        status.available = readings.last ?? nil
        status.failure = hasFailed ? failure ?? Failure(.timeout, "no connection in time") : nil
        status.total = readings.contains { $0 != nil } ? total ?? 0 : nil
        status.latency = .microseconds(1234)
        status.probedAt = .ago(seconds: 2)
        status.thresholds = AppliedThresholds(warning: 100, critical: 50)
        if failure != nil { status.total = total }
        return HSMSnapshot(
            name: name, address: HostPort(host: "10.10.5.6", port: UInt16(9010 + port)), queryPort: query,
            status: status)
    }
}

extension OutputSnapshot {
    static func connected() -> OutputSnapshot {
        let endpoint = HostPort(host: "10.10.5.7", port: 12201)
        var status = OutputStatus(endpoint: endpoint, at: .ago(seconds: 11_000))
        status.connected(to: endpoint, tls: "TLS 1.3", at: .ago(seconds: 10_999))
        status.confirmed(at: .ago(seconds: 10_999))
        status.confirmed(at: .ago(seconds: 4))
        return OutputSnapshot(name: "graylog", status: status, spooled: 3, dropped: 0)
    }

    static func down() -> OutputSnapshot {
        let endpoint = HostPort(host: "10.10.5.9", port: 12201)
        var status = OutputStatus(endpoint: endpoint, at: .ago(seconds: 11_000))
        status.lost(endpoint, reason: "connection refused", at: .ago(seconds: 11_000))
        status.lost(endpoint, reason: "connection\nrefused \u{1B}[2J", at: .ago(seconds: 30))
        return OutputSnapshot(name: "archive", status: status, spooled: 12_345, dropped: 7)
    }
}

extension Timestamp {
    /// So many seconds before the moment of the samples.
    static func ago(seconds: Int) -> Timestamp {
        Moment.ago(seconds: seconds).timestamp
    }
}

extension Moment {
    /// So many seconds before the moment of the samples, on both clocks.
    static func ago(seconds: Int) -> Moment { Snapshot.moment.earlier(by: .seconds(seconds)) }
}

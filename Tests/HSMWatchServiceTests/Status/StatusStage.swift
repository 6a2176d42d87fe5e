// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import Logging
import NIOCore
import TestSupport
import Testing

/// A status server on a socket of its own, with snapshots of as many HSMs as a test wants.
@ServiceLoop
final class StatusStage {
    let path: String
    let notes = Notes()
    /// How many clients were served, after each change.
    private(set) var counts: [Int] = []
    /// How many snapshots were taken.
    private(set) var taken = 0
    private let folder: TemporaryFolder
    private let hsms: Int
    private let changed = WakeUp()

    init(hsms: Int = 3) throws {
        folder = try TemporaryFolder()
        self.hsms = hsms
        path = folder.path + "/status.sock"
    }

    /// Many HSMs make an answer that no kernel holds for a client that does not read.
    static func large() throws -> StatusStage { try StatusStage(hsms: 3000) }

    /// A server that listens; to be run.
    func server(clientTimeout: Duration = .seconds(60), path other: String? = nil) -> StatusServer {
        let server = StatusServer(
            path: other ?? path, logger: notes.logger, clientTimeout: clientTimeout,
            serving: { [self] in
                counts.append($0)
                changed.raise()
            },
            snapshot: { [self] in
                taken += 1
                return snapshot
            })
        server.listen()
        return server
    }

    /// Waits until something holds of the clients that are served; looks whenever there is one more or less.
    func wait(until isMet: () -> Bool) async throws {
        let deadline = Instant.now + limit
        let timer = ServiceLoop.after(limit) { self.changed.raise() }
        defer { timer.cancel() }
        while !isMet() {
            try #require(Instant.now < deadline, "served: \(counts)")
            await changed.wait()
        }
    }

    var snapshot: Snapshot {
        let now = Moment(
            instant: Instant(nanoseconds: 0), timestamp: Timestamp(milliseconds: 1_785_432_180_125))
        var status = QueryStatus(since: now)
        status.state = .critical
        status.available = 12
        status.total = 256
        status.latency = .microseconds(1234)
        status.probedAt = now.timestamp
        status.thresholds = AppliedThresholds(warning: 100, critical: 50)
        status.exhaustionSeconds = 600
        status.criticalSeconds = 0
        for reading in [nil, 0, 12] { status.history.add(reading) }
        var failed = QueryStatus(since: now)
        failed.state = .critical
        failed.failure = Failure(.hsmError, "error \"22\"", errorCode: 22)
        var output = OutputStatus(endpoint: HostPort(host: "2001:db8::1", port: 12201), at: now)
        output.lost(output.endpoint, reason: "refused\n", at: now)
        output.confirmed(at: now)
        return Snapshot(
            takenAt: now,
            process: Snapshot.Process(
                version: "0.1.0", identifier: 7, startedAt: now.timestamp, configuration: "/etc/hsmwatch/hsmwatch.yaml"),
            counts: Heartbeat(
                states: Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, $0 == .critical ? hsms : 0) }),
                probes: 3, probesFailed: 2, probesSkipped: 1, spooled: 4, dropped: 5, uptime: .seconds(6)),
            storage: .memory,
            hsms: (0..<hsms).map {
                HSMSnapshot(
                    name: "khi-\($0)", address: HostPort(host: "10.10.5.6", port: 9010),
                    queryPort: $0 == 1 ? 9011 : nil, status: $0 == 2 ? failed : status)
            },
            outputs: [OutputSnapshot(name: "graylog", status: output, spooled: 4, dropped: 5)])
    }
}

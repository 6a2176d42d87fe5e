// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Reading history")
struct ReadingHistoryTests {
    @Test("keeps the last readings, oldest first, and failed probes among them", arguments: [0, 1, 23, 24, 25, 100])
    func keepsTheLast(count: Int) {
        var history = ReadingHistory()
        let all = (0..<count).map { $0.isMultiple(of: 7) ? nil : $0 }
        for reading in all { history.add(reading) }
        #expect(history.readings == Array(all.suffix(ReadingHistory.capacity)))
    }

    @Test("a number that no HSM has is kept as the greatest that fits")
    func greatest() {
        var history = ReadingHistory()
        history.add(9_999_999_999)
        history.add(ReadingHistory.greatest)
        #expect(history.readings == [ReadingHistory.greatest, ReadingHistory.greatest])
    }

    @Test("takes at most 100 bytes, and all that is kept of a query at most 300")
    func size() {
        #expect(MemoryLayout<ReadingHistory>.size <= 100)
        #expect(MemoryLayout<QueryStatus>.size <= 300)
    }
}

@Suite("Query status")
struct QueryStatusTests {
    @Test("a failed probe leaves no sockets available behind, but what the total is")
    func failure() throws {
        let status = try HSMSnapshot.sample("a", port: 1, state: .ok, [64, nil], of: 64, for: 1).status
        #expect(status.available == nil)
        #expect(status.total == 64)
        #expect(status.failure?.kind == .timeout)
        #expect(status.history.readings == [64, nil])
        #expect(status.thresholds == AppliedThresholds(warning: 100, critical: 50))
        #expect(status.probedAt == .ago(seconds: 2))
    }

    @Test("a reading ends the failure")
    func reading() throws {
        let status = try HSMSnapshot.sample("a", port: 1, state: .ok, [nil, 63], of: 64, for: 1).status
        #expect(status.available == 63)
        #expect(status.failure == nil)
        #expect(status.latency == .microseconds(1234))
    }
}

@Suite("Output status")
struct OutputStatusTests {
    private static let (first, second) = (HostPort(host: "a", port: 1), HostPort(host: "b", port: 2))

    @Test("stays connected over the connections that follow each other, and down over all attempts")
    func since() {
        var status = OutputStatus(endpoint: Self.first, at: .ago(seconds: 90))
        #expect(status.state == .connecting)
        status.lost(Self.first, reason: "refused", at: .ago(seconds: 80))
        status.lost(Self.second, reason: "reset", at: .ago(seconds: 70))
        #expect(status.state == .down)
        #expect(status.since == .ago(seconds: 80))
        #expect(status.endpoint == Self.second)
        #expect(status.lastError == "reset")
        status.connected(to: Self.first, tls: "TLS 1.3", at: .ago(seconds: 65))
        #expect(status.state == .unconfirmed)
        status.confirmed(at: .ago(seconds: 60))
        status.connected(to: Self.first, tls: "TLS 1.3", at: .ago(seconds: 50))
        #expect(status.state == .connected)
        #expect(status.since == .ago(seconds: 60))
        #expect(status.lastErrorAt == .ago(seconds: 70))
        status.lost(Self.first, reason: "closed", at: .ago(seconds: 40))
        #expect(status.tls == nil)
    }
}

@Suite("Snapshot")
struct SnapshotTests {
    @Test("is one JSON object on one line, without what is not known")
    func json() throws {
        let mixed = try Snapshot.mixed()
        let text = String(
            decoding: Snapshot.sample([mixed.hsms[2], mixed.hsms[4], mixed.hsms[5]], outputs: [.connected()]).json,
            as: UTF8.self)
        #expect(
            text == """
                {"version":1,"hsmwatch":"0.1.0","pid":4711,"configuration":"/etc/hsmwatch/hsmwatch.yaml",\
                "taken_at":1785432180.000,"started_at":1785421180.000,"uptime_seconds":11000,"probes":13200,\
                "probes_failed":12,"probes_skipped":1,"hsms_overdue":0,\
                "states":{"ok":0,"warning":1,"critical":0,"unreachable":0,"unknown":2},\
                "spool":{"waiting":3,"dropped":0,"storage":"disk"},"hsms":[\
                {"name":"lhe-1","address":"10.10.5.6:9016","query_port":9011,"state":"warning",\
                "since":1785342180.000,"since_seconds":90000,"available":97,"total":256,"latency_ms":1.234,\
                "last_probe_at":1785432178.000,"threshold_warning":100,"threshold_critical":50,\
                "readings":[99,98,null,97]},\
                {"name":"isb-2","address":"10.10.5.6:9018","state":"unknown","since":1785428480.000,"since_seconds":3700,\
                "latency_ms":1.234,"failure":"hsm_error","failure_detail":"the HSM answered with error 22",\
                "hsm_error_code":22,"last_probe_at":1785432178.000,"threshold_warning":100,\
                "threshold_critical":50,"readings":[null]},\
                {"name":"new","address":"[2001:db8::7]:9010","state":"unknown","since":1785432179.000,"since_seconds":1,\
                "readings":[]}],\
                "outputs":[{"name":"graylog","type":"gelf-tcp","confirmation":"read",\
                "endpoint":"10.10.5.7:12201","state":"connected",\
                "since":1785421181.000,"since_seconds":10999,"tls":"TLS 1.3","spooled":3,\
                "confirmed_at":1785432176.000,"confirmed_seconds":4,\
                "dropped":0}]}

                """)
    }

    @Test("tells how many HSMs are overdue, and how long the clock has not been synchronised while that lasts")
    func overdueAndClock() throws {
        let text = String(
            decoding: Snapshot.sample([], overdue: 2, clockUnsynchronised: .milliseconds(600_900)).json, as: UTF8.self)
        #expect(text.contains("\"probes_skipped\":1,\"hsms_overdue\":2,\"clock_unsynchronised_seconds\":600,"))
    }

    @Test("an empty one has empty lists")
    func empty() {
        let text = String(decoding: Snapshot.sample([]).json, as: UTF8.self)
        #expect(text.hasSuffix("\"hsms\":[],\"outputs\":[]}\n"))
    }
}

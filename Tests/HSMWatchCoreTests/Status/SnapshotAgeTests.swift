// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import HSMWatchCore

@Suite("Ages in a snapshot")
struct SnapshotAgeTests {
    /// A decade: what a machine without a battery is off when it starts.
    private static let decade: Int64 = 10 * 365 * 86_400_000

    /// A snapshot of an HSM and an output whose states began 75 s ago, by a civil clock that was set by `step` since.
    private static func snapshot(step: Int64) -> Snapshot {
        let ago = Moment.ago(seconds: 75)
        let then = Moment(
            instant: ago.instant, timestamp: Timestamp(milliseconds: ago.timestamp.milliseconds - step))
        let address = HostPort(host: "10.10.5.6", port: 9010)
        var output = OutputStatus(endpoint: address, at: then)
        output.lost(address, reason: "refused", at: then)
        return .sample(
            [HSMSnapshot(name: "khi-1", address: address, queryPort: nil, status: QueryStatus(since: then))],
            outputs: [OutputSnapshot(name: "graylog", status: output, spooled: 0, dropped: 0)])
    }

    @Test(
        "a state lasts as long as it really does, whatever the civil clock was set to", arguments: [0, decade, -decade])
    func step(step: Int64) throws {
        let read = try JSONDecoder().decode(Snapshot.self, from: Data(Self.snapshot(step: step).json))
        #expect(read == Self.snapshot(step: step))
        let lines = StatusReport(read, columns: nil).lines().map { $0.text(isColoured: false) }
        let row = try #require(lines.first { $0.hasPrefix("khi-1") })
        #expect(row.split(separator: " ").suffix(2) == ["1m", "-"])
        #expect(lines.last == "  last error 1m ago: refused")
    }

    @Test("an answer made before 1970 is read")
    func before1970() throws {
        let snapshot = Self.snapshot(step: Snapshot.moment.timestamp.milliseconds + 1)
        let read = try JSONDecoder().decode(Snapshot.self, from: Data(snapshot.json))
        #expect(read.hsms.first?.status.since.timestamp.milliseconds == -75_001)
    }

    @Test("an answer of hsmwatch 0.1.0, which tells no ages, is read by its civil times")
    func withoutAges() throws {
        let text = String(decoding: Self.snapshot(step: 0).json, as: UTF8.self)
            .replacing(/"(?:since|confirmed|last_error)_seconds":[0-9]+,?/, with: "")
            .replacing(",}", with: "}")
        #expect(!text.contains("_seconds\":75"))
        let read = try JSONDecoder().decode(Snapshot.self, from: Data(text.utf8))
        #expect(read == Self.snapshot(step: 0))
    }
}

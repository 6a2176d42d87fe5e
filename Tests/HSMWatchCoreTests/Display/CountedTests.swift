// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Numbers with their nouns")
struct CountedTests {
    @Test("one is singular, and everything else plural", arguments: [(0, "0 probes"), (1, "1 probe"), (2, "2 probes")])
    func counts(count: Int, text: String) {
        #expect(counted(count, "probe") == text)
    }

    @Test("the head of the table counts one probe and one message")
    func status() {
        let counts = Heartbeat(
            states: [.ok: 1], probes: 1, probesFailed: 0, probesSkipped: 0, spooled: 1, dropped: 0, uptime: .seconds(1))
        let snapshot = Snapshot(
            takenAt: Snapshot.moment,
            process: .init(version: "1", identifier: 1, startedAt: .ago(seconds: 1), configuration: nil),
            counts: counts, storage: .disk, hsms: [], outputs: [])
        let lines = StatusReport(snapshot, columns: nil).head.map { $0.text(isColoured: false) }
        #expect(lines[1] == "1 HSM: 1 ok")
        #expect(lines[2] == "1 probe, 0 failed, 0 skipped; 1 message spooled, 0 dropped")
    }

    @Test("bytes without a frame, and the sockets of an HSM that has one")
    func bytes() throws {
        var decoder = FrameDecoder()
        _ = decoder.decode([0x41])
        #expect(decoder.failure(ofDeadline: "2s").detail == "1 byte without a frame within 2s")
        let reading = try #require(Reading(available: 0, total: 1))
        #expect(Outcome.reading(reading, reply: "").sentencePart == "0 of 1 socket available")
    }
}

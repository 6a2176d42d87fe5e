// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import ServiceLifecycle
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Status server, over a Unix socket", .timeLimit(.minutes(1)))
struct StatusServerTests {
    @Test("gives one snapshot a connection: JSON that Foundation reads, and that means the same again")
    func snapshot() async throws {
        let stage = try StatusStage()
        try await running(stage.server()) {
            let client = try await RawClient.connected(toSocket: stage.path)
            let received = try await client.received { $0.end != nil }
            #expect(received.end == .closed)
            #expect(received.bytes.last == UInt8(ascii: "\n"))
            let object = try JSONSerialization.jsonObject(with: Data(received.bytes))
            let hsms = try #require((object as? [String: Any])?["hsms"] as? [[String: Any]])
            #expect(hsms.map { $0["name"] as? String } == ["khi-0", "khi-1", "khi-2"])
            #expect(try await StatusClient.snapshot(path: stage.path) == stage.snapshot)
            #expect(try await StatusClient.json(path: stage.path) == received.bytes)
        }
    }

    @Test("what was never asked or connected means the same again, and what hsmwatch never writes is refused")
    func unknown() throws {
        // A machine without a clock may begin before 1970.
        let then = Moment(instant: Instant(nanoseconds: 0), timestamp: Timestamp(milliseconds: -1_500))
        let address = HostPort(host: "h.example", port: 1)
        let empty = Snapshot(
            takenAt: then, process: .init(version: "1", identifier: 1, startedAt: then.timestamp, configuration: nil),
            counts: Heartbeat(
                states: Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, 0) }), probes: 0,
                probesFailed: 0, probesSkipped: 0, spooled: 0, dropped: 0, uptime: .zero),
            storage: .disk,
            hsms: [
                HSMSnapshot(
                    name: "a", address: address, queryPort: nil, status: QueryStatus(since: then))
            ],
            outputs: [
                OutputSnapshot(
                    name: "b", status: OutputStatus(endpoint: address, at: then), spooled: 0, dropped: 0)
            ])
        #expect(try JSONDecoder().decode(Snapshot.self, from: Data(empty.json)) == empty)
        let text = String(decoding: empty.json, as: UTF8.self)
        for wrong in [
            text.replacing("\"version\":1", with: "\"version\":2"), text.replacing("unknown\",", with: "fine\","),
            text.replacing("\"pid\":1", with: "\"pid\":-1"), text.replacing("h.example:1", with: "nowhere"),
            text.replacing("-1.500", with: "1e300"), text.replacing("-1.500", with: "-1e300"),
            text.replacing("\"since_seconds\":0", with: "\"since_seconds\":-1"),
        ] {
            #expect(throws: DecodingError.self, "\(wrong)") {
                try JSONDecoder().decode(Snapshot.self, from: Data(wrong.utf8))
            }
        }
    }

    @Test("a client that sends before it reads gets the whole answer and a clean end", arguments: [1, 1000, 60_000])
    func question(length: Int) async throws {
        let stage = try StatusStage.large()
        try await running(stage.server()) {
            let client = try await RawClient.connected(toSocket: stage.path, reads: false)
            try await client.send(Array(repeating: 0x0A, count: length))
            try await client.startReading()
            let received = try await client.received { $0.end != nil }
            #expect(received.bytes == stage.snapshot.json)
            #expect(received.end == .closed)
            try await stage.wait { stage.counts.last == 0 }
        }
    }

    @Test("a client that never closes is let go shortly after its answer")
    func staying() async throws {
        let stage = try StatusStage()
        try await running(stage.server()) {
            let client = try await RawClient.connected(toSocket: stage.path, mayHalfClose: true)
            let received = try await client.received { !$0.bytes.isEmpty }
            #expect(received.bytes == stage.snapshot.json)
            try await stage.wait { stage.counts.last == 0 }
        }
    }

    @Test("whatever a client says is ignored, and kept out of memory")
    func garbage() async throws {
        let stage = try StatusStage()
        try await running(stage.server()) {
            let client = try await RawClient.connected(toSocket: stage.path)
            await client.startSending(Array(repeating: 0xFF, count: 10 << 20))
            let received = try await client.received { $0.end != nil }
            #expect(received.bytes == stage.snapshot.json)
        }
    }

    @Test("clients that come together share a snapshot, and are accepted at a distance")
    func flood() async throws {
        let stage = try StatusStage()
        let count = 40
        try await running(stage.server()) {
            _ = try await StatusClient.json(path: stage.path)
            let begin = Instant.now
            try await withThrowingTaskGroup { group in
                for _ in 0..<count { group.addTask { _ = try await StatusClient.json(path: stage.path) } }
                try await group.waitForAll()
            }
            let elapsed = Instant.now - begin
            #expect(elapsed >= StatusServer.acceptInterval * (count - 1))
            #expect(stage.taken <= 2 + Int(elapsed / StatusServer.sharing))
            #expect(try #require(stage.counts.max()) <= StatusServer.clientsLimit)
        }
    }

    @Test("only so many are served at once; the others wait, and get their turn when one goes")
    func limit() async throws {
        let stage = try StatusStage.large()
        try await running(stage.server()) {
            var slow: [RawClient] = []
            for _ in 0..<StatusServer.clientsLimit + 2 {
                slow.append(try await RawClient.connected(toSocket: stage.path, reads: false))
            }
            try await stage.wait { stage.counts.last == StatusServer.clientsLimit }
            async let answer = StatusClient.json(path: stage.path)
            // The two that wait come before it.
            for client in slow.prefix(3) { try await client.close() }
            #expect(try await answer == stage.snapshot.json)
            #expect(stage.counts.max() == StatusServer.clientsLimit)
            for client in slow.dropFirst(3) { try await client.close() }
            try await stage.wait { stage.counts.last == 0 }
        }
    }

    @Test("a client that does not take its answer is given up after a time, and delays no other")
    func slow() async throws {
        let stage = try StatusStage.large()
        try await running(stage.server(clientTimeout: .milliseconds(500))) {
            let begin = Instant.now
            let slow = try await RawClient.connected(toSocket: stage.path, reads: false)
            try await stage.wait { stage.counts.last == 1 }
            #expect(try await StatusClient.json(path: stage.path) == stage.snapshot.json)
            try await stage.wait { stage.counts.last == 0 }
            #expect(Instant.now - begin >= .milliseconds(500))
            #expect(try await slow.received { $0.end != nil }.bytes.count < stage.snapshot.json.count)
        }
    }

    @Test("a client that disconnects at once costs nothing")
    func gone() async throws {
        let stage = try StatusStage.large()
        try await running(stage.server()) {
            for _ in 0..<20 {
                try await RawClient.connected(toSocket: stage.path).close()
            }
            #expect(try await StatusClient.json(path: stage.path) == stage.snapshot.json)
            try await stage.wait { stage.counts.last == 0 }
        }
    }

    @Test("shutdown disconnects active clients")
    func end() async throws {
        let stage = try StatusStage.large()
        let slow = try await running(stage.server()) {
            let slow = try await RawClient.connected(toSocket: stage.path, reads: false)
            try await stage.wait { stage.counts.last == 1 }
            return slow
        }
        try await stage.wait { stage.counts.last == 0 }
        #expect(!FileManager.default.fileExists(atPath: stage.path))
        _ = try await slow.received { $0.end != nil }
    }
}

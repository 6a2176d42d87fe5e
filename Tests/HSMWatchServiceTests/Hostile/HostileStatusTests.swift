// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("A hostile neighbour at the status socket", .timeLimit(.minutes(1)))
struct HostileStatusTests {
    private static let seeds: UInt64 = 8
    private static let refusal = "the answer is no text, or has control characters"

    private static func problem(_ ask: () async throws(StatusUnavailable) -> Void) async -> String? {
        do {
            try await ask()
            return nil
        } catch {
            return error.description
        }
    }

    @Test("whatever a client says, and however it leaves, the next one is answered")
    func clients() async throws {
        let stage = try StatusStage()
        try await running(stage.server()) {
            for seed in 0..<Self.seeds {
                let client = try await RawClient.connected(toSocket: stage.path)
                await client.startSending(HostilePeer.bytes(seed: seed))
                switch seed % 3 {
                case 0: #expect(try await client.received { $0.end != nil }.bytes == stage.snapshot.json)
                case 1: try? await client.halfClose()
                default: try? await client.close()
                }
                #expect(try await StatusClient.json(path: stage.path) == stage.snapshot.json)
            }
            try await stage.wait { stage.counts.last == 0 }
        }
        #expect(stage.notes.all.isEmpty)
    }

    @Test("what answers instead of a service is refused in visible words, and none of it is handed on")
    func answers() async throws {
        let folder = try TemporaryFolder()
        for seed in 0..<Self.seeds {
            let path = folder.path + "/s\(seed)"
            // A line feed at the end is what tells a whole answer.
            let peer = try await HostilePeer.start(
                .greets, atSocket: path, says: HostilePeer.bytes(seed: seed) + Array("\u{1B}\n".utf8))
            let decoded = await Self.problem { () throws(StatusUnavailable) in
                _ = try await StatusClient.snapshot(path: path)
            }
            #expect(try #require(decoded).isVisible, "seed \(seed)")
            let copied = await Self.problem { () throws(StatusUnavailable) in
                _ = try await StatusClient.json(path: path)
            }
            #expect(copied == "\(path): \(Self.refusal)", "seed \(seed)")
            try await peer.stop()
        }
    }

    @Test(
        "an answer with anything that a terminal may obey is not handed on",
        arguments: [[0x1B], [0x7F], [0xC2, 0x9B], [0x9B], [0x0A], [0x0D], [0]])
    func control(bytes: [UInt8]) async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let answer = Array("{\"a\":\"".utf8) + bytes + Array("\"}\n".utf8)
        let peer = try await HostilePeer.start(.greets, atSocket: path, says: answer)
        let problem = await Self.problem { () throws(StatusUnavailable) in _ = try await StatusClient.json(path: path) }
        #expect(problem == "\(path): \(Self.refusal)")
        try await peer.stop()
    }

    @Test("an answer that is no snapshot is reported in visible text, whatever escapes it has")
    func escapes() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let answer = #"{"version":"\u001b[2J\n\u202e\u2028\u009b","\u001b[2J\n\u202e":1}"# + "\n"
        let peer = try await HostilePeer.start(.greets, atSocket: path, says: Array(answer.utf8))
        let problem = try #require(
            await Self.problem { () throws(StatusUnavailable) in _ = try await StatusClient.snapshot(path: path) })
        #expect(problem.hasPrefix("\(path): the answer cannot be read: "))
        #expect(problem.isVisible, "\(problem.debugDescription)")
        try await peer.stop()
    }
}

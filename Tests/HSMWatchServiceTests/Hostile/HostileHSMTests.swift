// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("A hostile HSM, over loopback", .timeLimit(.minutes(1)))
struct HostileHSMTests {
    private static let seeds: UInt64 = 60

    private static func probe(_ peer: HostilePeer, _ mode: ConnectionMode) async -> [ProbeConversation.Answer] {
        let hsm = HSMConfiguration(name: "khi-1", address: peer.address, timeout: limit, connection: mode)
        let prober = Prober(hsm: hsm, resolver: Resolver())
        defer { prober.stop() }
        return await prober.probe()
    }

    /// That nothing of what a peer has said commands whoever reads about it: in a log, in the journal's fields, in Graylog.
    private static func expectVisible(_ observation: Observation, from peer: HostilePeer, _ comment: Comment) throws {
        let subject = Subject(name: "khi-1", address: peer.address, queryPort: nil, fields: [])
        var assessor = Assessor(alert: AlertConfiguration(), startedAt: .now)
        let events = Event.telling(of: subject, observation, assessor.assess(observation))
        try #require(!events.isEmpty)
        let notes = Notes()
        for event in events {
            notes.logger.note(.event(event))
            #expect(event.sentence.isVisible, comment)
            let body = MessageEncoder(source: "monitor-1").encode(event).body
            #expect(body.allSatisfy { (0x20...0x7E).contains($0) }, comment)
        }
        #expect(notes.areVisible, comment)
    }

    @Test("whatever it answers, the probe ends with one outcome, and its text is visible")
    func random() async throws {
        var kinds: Set<Failure.Kind> = []
        for seed in 0..<Self.seeds {
            let peer = try await HostilePeer.start(.answersOnce, says: HostilePeer.bytes(seed: seed))
            let answers = await Self.probe(peer, seed % 2 == 0 ? .persistent : .perProbe)
            let observation = try #require(answers.first?.observation)
            #expect(answers.count == 1)
            try Self.expectVisible(observation, from: peer, "seed \(seed)")
            if case .failure(let failure) = observation.outcome { kinds.insert(failure.kind) }
            try await peer.stop()
        }
        // The seeds do reach the ways in which a reply can be wrong.
        #expect(kinds.isSuperset(of: [.malformed, .closed]), "\(kinds)")
    }

    @Test(
        "a reply forges no line and commands no terminal",
        arguments: ["\n", "\r", "\u{1B}[2J", "\u{2028}", "\u{9B}2J", "\u{202E}", "\0", "\u{7F}"])
    func forged(text: String) async throws {
        let replies = [
            "<2223#50#64#\(text)forged#>", "<2223#\(text)#64#>", "<00#29\(text)#>", "<9999#\(text)#>", "\(text)<>",
        ]
        for reply in replies {
            let peer = try await HostilePeer.start(.answersOnce, says: Array(reply.utf8))
            let observation = try #require(await Self.probe(peer, .perProbe).first?.observation)
            try Self.expectVisible(observation, from: peer, "\(reply.debugDescription)")
            try await peer.stop()
        }
    }

    @Test(
        "a reply without an end is given up at its limit, however much would come",
        arguments: [UInt8(ascii: "<"), UInt8(ascii: "\n"), 0xFF])
    func endless(byte: UInt8) async throws {
        let peer = try await HostilePeer.start(.floods(byte), says: [])
        let answers = await Self.probe(peer, .persistent)
        let failure = Failure(.malformed, "no end of a frame within \(FrameDecoder.limit) bytes")
        #expect(answers.map(\.observation.outcome) == [.failure(failure)])
        let taken = try #require(await peer.flooded())
        #expect(taken < HostilePeer.floodLimit)
        try await peer.stop()
    }

    @Test("what comes behind a reply ends the connection, however much it is", arguments: ConnectionMode.allCases)
    func talkative(mode: ConnectionMode) async throws {
        let peer = try await HostilePeer.start(.floods(0xFF), says: Array("<2223#50#64#>".utf8))
        let prober = Prober(
            hsm: HSMConfiguration(name: "khi-1", address: peer.address, timeout: limit, connection: mode),
            resolver: Resolver())
        defer { prober.stop() }
        let answers = await prober.probe()
        #expect(answers.count == 1)
        let taken = try #require(await peer.flooded())
        #expect(taken < HostilePeer.floodLimit)
        try await peer.stop()
    }
}

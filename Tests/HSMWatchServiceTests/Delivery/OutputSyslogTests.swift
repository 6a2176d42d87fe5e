// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output of syslog, and of some events", .timeLimit(.minutes(1)))
struct OutputSyslogTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// Cuts what was sent by the lengths in it; nil when they do not fit.
    private static func messages(_ bytes: [UInt8]) -> [String]? {
        var messages: [String] = []
        var rest = bytes[...]
        while let space = rest.firstIndex(of: UInt8(ascii: " ")) {
            guard let length = Int(String(decoding: rest[..<space], as: UTF8.self)), rest.count > length else {
                return nil
            }
            let end = space + 1 + length
            guard end <= rest.endIndex else { return nil }
            messages.append(String(decoding: rest[(space + 1)..<end], as: UTF8.self))
            rest = rest[end...]
        }
        return rest.isEmpty ? messages : nil
    }

    @Test("counts octets, and confirms as GELF does: connection after connection, each read to its end")
    func octets() async throws {
        let (peer, address) = try await Peer.start(.reads)
        let delivery = OutputStage(in: folder, outputs: "a")
        let configuration = OutputConfiguration(
            name: "a", kind: .syslogTCP, endpoints: [address], confirm: .milliseconds(100))
        try await running(delivery.spool, delivery.output(configuration)) {
            for round in 0..<3 {
                delivery.append((round * 50 + 1)...(round * 50 + 50), length: 300)
                try await delivery.delivered()
            }
        }
        let facts = try await peer.facts { $0.open == 0 }
        let messages = try #require(Self.messages(facts.bytes))
        #expect(messages.count == 150)
        for (index, message) in messages.enumerated() {
            #expect(message.hasPrefix("<188>1 2"))
            #expect(message.contains(" sequence=\"\(index + 1)\"] hsmwatch 0 started, watching \(index + 1) HSM"))
        }
        #expect(facts.accepted >= 4)
        #expect(!delivery.notes.has("Output"))
        try await peer.stop()
    }

    @Test("an output of some events gets these and no others, and its cursor is not left behind")
    func events() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(
            in: folder,
            subscriptions: [
                Subscription(name: "a", kinds: [.service]), Subscription(name: "b", kinds: [.heartbeat]),
            ])
        let (a, b) = (Self.output("a", to: address), Self.output("b", to: address))
        try await running(delivery.spool, delivery.output(a), delivery.output(b)) {
            for number in 1...20 {
                delivery.append(number...number)
                delivery.spool.append(.heartbeat)
            }
            try await delivery.delivered("a")
            try await delivery.delivered("b")
        }
        let texts = try await peer.datagrams(40).map { String(decoding: $0, as: UTF8.self) }
        #expect(texts.count == 40)
        #expect(texts.count { $0.contains("app-a - - ") && $0.contains("event_type=\"service\"") } == 20)
        #expect(texts.count { $0.contains("app-b - - ") && $0.contains("event_type=\"heartbeat\"") } == 20)
        try await peer.stop()
    }

    @Test("an output that has nothing to deliver is not back before something was confirmed")
    func nothingWaits() async throws {
        let receiver = try await Receiver.started()
        try await receiver.stop()
        let delivery = OutputStage(
            in: folder, subscriptions: [Subscription(name: "a", kinds: [.heartbeat]), Subscription(name: "b")])
        delivery.append(1...5)
        let output = delivery.output(to: receiver.hostPort)
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to \(receiver.hostPort): connection refused")
            try await receiver.start()
            _ = try await receiver.facts(within: limit) { $0.accepted > 0 }
            delivery.append(6...6)
            #expect(!delivery.notes.has("Output a delivers again"))
            delivery.spool.append(.heartbeat)
            try await delivery.noted("Output a delivers again to \(receiver.hostPort) after ")
        }
        #expect(await receiver.facts.stored == 1)
        await receiver.shutDown()
    }

    private static func output(_ name: String, to address: HostPort) -> OutputConfiguration {
        OutputConfiguration(
            name: name, kind: .syslogUDP, endpoints: [address], syslog: SyslogConfiguration(appName: "app-\(name)"))
    }
}

extension Event {
    fileprivate static let heartbeat = Event(
        timestamp: .now,
        content: .heartbeat(
            Heartbeat(
                states: [:], probes: 0, probesFailed: 0, probesSkipped: 0, spooled: 0, dropped: 0, uptime: .zero)))
}

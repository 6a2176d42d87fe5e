// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output, when things go wrong", .timeLimit(.minutes(1)))
struct OutputFailureTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a peer that takes connections and closes them at once is one output_down, and no output_up")
    func flapping() async throws {
        let (peer, address) = try await Peer.start(.closes)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        try await running(delivery.spool, delivery.output(to: address, drainTimeout: .zero)) {
            _ = try await peer.facts { $0.accepted == 3 }
        }
        #expect(delivery.notes.count("Output a cannot deliver") == 1)
        #expect(delivery.notes.count("Output a delivers again") == 0)
        #expect(delivery.spool.last == 4)
        try await peer.stop()
    }

    @Test("a connection on which nothing moves is given up, and all is delivered to the next endpoint")
    func patience() async throws {
        let (peer, address) = try await Peer.start(.ignores)
        let receiver = try await Receiver.started()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...600, length: 4000)
        try await running(
            delivery.spool, delivery.output(to: address, receiver.hostPort, patience: .seconds(2))
        ) {
            try await delivery.noted("Output a cannot deliver to \(address): nothing moved for 2s")
            let confirmed = Int(delivery.spool.cursor(of: "a"))
            let taken = try await receiver.take((confirmed + 1)...602)
            #expect(taken.actions == ["output_down", "output_up"])
            let up = try #require(taken.first { $0.string("action") == "output_up" })
            #expect(try #require(up.integer("resent")) > 0)
            #expect(try #require(up.integer("waiting")) <= 601)
        }
        try await peer.stop()
        await receiver.shutDown()
    }

    @Test("a lasting outage is reported once more, as a problem, also through another output; so is its end")
    func lasting() async throws {
        let (graylog, siem) = (try await Receiver.started(), try await Receiver.started())
        try await graylog.stop()
        let delivery = OutputStage(in: folder, outputs: "a", "siem")
        try await running(
            delivery.spool, delivery.output(to: graylog.hostPort, lasting: .milliseconds(100)),
            delivery.output("siem", to: siem.hostPort)
        ) {
            let told = try await siem.take(1...2)
            #expect(told.map { $0.integer("level") } == [5, 4])
            #expect(told.actions == ["output_down", "output_down"])
            #expect(told.map { $0.integer("outage_seconds") != nil } == [false, true])
            let words = "Output a still cannot deliver to \(graylog.hostPort) after "
            #expect(told.last?.string("message")?.hasPrefix(words) == true)
            try await graylog.start()
            let end = try await siem.take(3...3)
            #expect(end.actions == ["output_up"])
            #expect(end.first?.integer("level") == 4)
        }
        #expect(delivery.notes.count("Output a still cannot deliver") == 1)
        await graylog.shutDown()
        await siem.shutDown()
    }

    @Test("an output that is back says how much it has lost meanwhile, and no other outage's loss")
    func lossInOutage() async throws {
        let receiver = try await Receiver.started()
        let delivery = OutputStage(
            in: folder, subscriptions: [Subscription(name: "a")], limits: SpoolConfiguration(maxSize: 256 << 10))
        try await running(delivery.spool, delivery.output(to: receiver.hostPort)) {
            for (outage, count) in [(1, 400), (2, 1)] {
                delivery.append(1...1)
                try await delivery.delivered()
                try await receiver.stop()
                try await delivery.noted("Output a cannot deliver", times: outage)
                delivery.append(1...count, length: 4000)
                if outage == 1 { try await delivery.noted("hsmwatch dropped ") }
                try await receiver.start()
                try await delivery.noted("Output a delivers again", times: outage)
            }
        }
        #expect(delivery.notes.count("Output a delivers again to \(receiver.hostPort) after ") == 2)
        let told = "\(delivery.notes)".matches(of: /sent again, (\d+) dropped/).compactMap { Int($0.1) }
        #expect(told.count == 1)
        let lost = delivery.spool.dropped(by: "a")
        #expect(told.allSatisfy { $0 > 0 && $0 <= lost }, "\(told) of \(lost)")
        await receiver.shutDown()
    }

    @Test("what was lost before the outage was noticed is lost in it")
    func lossBeforeNotice() async throws {
        let receiver = try await Receiver.started()
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(receiver.hostPort.port))
        let delivery = OutputStage(
            in: folder, subscriptions: [Subscription(name: "a")], limits: SpoolConfiguration(maxSize: 256 << 10))
        var first: ((Resolver.Resolution) -> Void)?
        let output = delivery.output(to: receiver.hostPort) { _, _, answer in
            if first == nil { first = answer } else { answer(.addresses([address])) }
        }
        try await running(delivery.spool, output) {
            delivery.append(1...400, length: 4000)
            try await delivery.noted("hsmwatch dropped ")
            first?(.failed("no such name"))
            try await delivery.noted("Output a delivers again to \(receiver.hostPort)")
        }
        #expect("\(delivery.notes)".contains(/sent again, [1-9]\d* dropped/), "\(delivery.notes)")
        await receiver.shutDown()
    }

    @Test("the name is resolved at each connect, and its addresses are tried one after the other")
    func resolves() async throws {
        let first = try await Receiver.started()
        let second = try await Receiver.started()
        let refusing = try await Receiver.started()
        try await refusing.stop()
        var answers = [[refusing, first], [second]]
        var asked: [String] = []
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: HostPort(host: "graylog.example.net", port: 12_201)) { host, port, answer in
            asked.append("\(host):\(port)")
            guard !answers.isEmpty else { return answer(.failed("cannot resolve")) }
            let addresses = answers.removeFirst().compactMap {
                try? SocketAddress(ipAddress: $0.hostPort.host, port: Int($0.hostPort.port))
            }
            answer(.addresses(addresses))
        }
        delivery.append(1...5)
        try await running(delivery.spool, output) {
            _ = try await first.take(1...5)
            #expect(!delivery.notes.has("Output"))
            try await delivery.delivered()
            try await first.stop()
            _ = try await second.take(6...6)
        }
        #expect(asked == ["graylog.example.net:12201", "graylog.example.net:12201"])
        await first.shutDown()
        await second.shutDown()
        await refusing.shutDown()
    }

    @Test("a name that cannot be resolved is an outage with the resolver's words")
    func unresolved() async throws {
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: HostPort(host: "h", port: 1), drainTimeout: .zero) { _, _, answer in
            answer(.failed("cannot resolve h: name or service not known"))
        }
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to h:1: cannot resolve h: name or service not known")
        }
    }

    @Test("no address at all is an outage too")
    func noAddress() async throws {
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: HostPort(host: "h", port: 1), drainTimeout: .zero) { $2(.addresses([])) }
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to h:1: no address")
        }
    }

    @Test(
        "a peer that answers takes no messages: the output is down, says what it heard, and confirms nothing",
        arguments: [
            (.greets("220 mail.example.net ESMTP\r\n"), "is not Graylog", #""220 mail.example.net ESMTP\r\n""#),
            (.greets("HTTP/1.1 400 Bad Request\r\n"), "is not Graylog", #""HTTP/1.1 400 Bad Request\r\n""#),
            (.greets("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{32}"), "speaks TLS", #""\x15\x03\x03\x00\x02\x022""#),
            (.greets(String(repeating: "x", count: 500)), "is not Graylog", "\"\(String(repeating: "x", count: 60))\""),
            (.echoes, "is not Graylog", #""{"version":"1.1""#),
        ] as [(Peer.Habit, String, String)])
    func answers(habit: Peer.Habit, problem: String, shown: String) async throws {
        let (peer, address) = try await Peer.start(habit)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...10)
        let output = delivery.output(to: address, drainTimeout: .zero)
        try await running(delivery.spool, output) {
            _ = try await peer.facts { $0.accepted == 3 }
        }
        #expect(delivery.notes.count("Output a cannot deliver to \(address): the peer \(problem)") == 1)
        #expect("\(delivery.notes)".contains("it says \(shown.dropLast())"), "\(delivery.notes)")
        #expect(delivery.spool.cursor(of: "a") == 0)
        #expect(!delivery.notes.has("Output a delivers again"))
        try await peer.stop()
    }
}

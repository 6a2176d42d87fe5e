// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchSimulation

@Suite("Receiver's inputs", .timeLimit(.minutes(1)))
struct ReceiverInputTests {
    private static let syslog = "<14>1 2026-01-02T03:04:05.006Z h app 7 - [hsm@32473 a=\"1\"] text"

    private func gelf(_ text: String) -> String {
        #"{"host":"h","short_message":"\#(text)","timestamp":1}"#
    }

    private func texts(_ messages: [ReceivedMessage]) -> [String?] {
        messages.map { $0.stored?.string("message") }
    }

    private func chunks(_ text: String, id: UInt8, count: Int) -> [[UInt8]] {
        let bytes = Array(text.utf8)
        let length = (bytes.count + count - 1) / count
        return (0..<count).map { number in
            [0x1E, 0x0F] + Array(repeating: id, count: 8) + [UInt8(number), UInt8(count)]
                + bytes.dropFirst(number * length).prefix(length)
        }
    }

    private func post(_ body: String, path: String = "/gelf", headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nhost: h\r\ncontent-length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    private func answer(_ status: String, connection: String = "keep-alive") -> String {
        "HTTP/1.1 \(status)\r\ncontent-length: 0\r\nconnection: \(connection)\r\n\r\n"
    }

    // MARK: UDP

    @Test("GELF UDP takes messages and chunks from any sender, and tells what it drops")
    func gelfUDP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfUDP)
        let (first, second) = (
            try await DatagramClient.connected(to: receiver.address),
            try await DatagramClient.connected(to: receiver.address)
        )
        try await first.send(gelf("whole"))
        try await first.send("x")
        #expect(texts(try await receiver.take(2, within: limit)) == ["whole", nil])
        let long = gelf(String(repeating: "long ", count: 4000) + "end")
        for (number, chunk) in chunks(long, id: 1, count: 3).enumerated() {
            try await (number == 1 ? second : first).send(chunk)
        }
        let message = try await receiver.take(1, within: limit)[0].stored
        #expect(message?.string("message")?.utf8.count == 20_003)
        try await first.send([0x1F, 0x8B, 8, 0])
        let reason = try await receiver.take(1, within: limit)[0].dropReason
        #expect(reason == "compressed: Graylog would decode it, this receiver does not")
        await receiver.shutDown()
    }

    @Test("GELF UDP reports a message that stays incomplete, and what came of it")
    func expires() async throws {
        var input = ReceiverInput(.gelfUDP, on: anyPort)
        input.chunkLifetime = .milliseconds(1)
        let receiver = try await Receiver.start([input])
        let sender = try await DatagramClient.connected(to: receiver.address)
        try await sender.send(chunks(gelf("lost"), id: 1, count: 2)[1])
        let reason = try await receiver.take(1, within: limit)[0].dropReason
        #expect(reason == "1 of 2 chunks came: the others not within 1ms of the first")
        await receiver.shutDown()
    }

    @Test("a datagram of the greatest length arrives whole")
    func takesGreatDatagrams() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfUDP)
        let sender = try await DatagramClient.connected(to: receiver.address)
        // What IPv4 leaves of 65,535 bytes beside its header and UDP's.
        let maximum = 65_507
        let text = String(repeating: "x", count: maximum - gelf("").utf8.count)
        try await sender.send(gelf(text))
        #expect(try await receiver.take(1, within: limit)[0].stored?.string("message") == text)
        await receiver.shutDown()
    }

    @Test("syslog UDP takes a datagram as a message, without chunks")
    func syslogUDP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .syslogUDP)
        let sender = try await DatagramClient.connected(to: receiver.address)
        try await sender.send(Self.syslog)
        try await sender.send([])
        try await sender.send("no header")
        let messages = try await receiver.take(3, within: limit)
        #expect(messages[0].stored?.string("a") == "1")
        #expect(messages[1].dropReason == "an empty message")
        #expect(messages[2].stored?.string("source") == "127.0.0.1")
        await receiver.shutDown()
    }

    @Test("a UDP port is refused while the receiver is stopped, and served again when it starts")
    func stopsUDP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .syslogUDP)
        let sender = try await DatagramClient.connected(to: receiver.address)
        try await receiver.stop()
        try await sender.send(Self.syslog)
        #expect(try await sender.refusal() == ECONNREFUSED)
        await #expect(throws: ListenFailure.self) {
            _ = try await Receiver.start(on: receiver.address, type: .gelfUDP)
        }
        try await receiver.start()
        try await sender.send(Self.syslog)
        #expect(texts(try await receiver.take(1, within: limit)) == ["text"])
        await receiver.shutDown()
    }

    @Test("a paused receiver leaves datagrams to the kernel, also after it was stopped")
    func pausesUDP() async throws {
        let receiver = try await Receiver.start([
            ReceiverInput(.gelfUDP, on: anyPort), ReceiverInput(.gelfTCP, on: anyPort),
        ])
        await receiver.pauseReading()
        try await receiver.stop()
        try await receiver.start()
        let sender = try await DatagramClient.connected(to: receiver.address)
        try await sender.send(gelf("a"))
        // Whoever is accepted now is so after a datagram that was there before.
        let other = try await RawClient.connected(to: receiver.addresses[1])
        #expect(try await receiver.facts(within: limit) { $0.accepted == 1 }.byteCount == 0)
        await receiver.resumeReading()
        #expect(texts(try await receiver.take(1, within: limit)) == ["a"])
        try await other.close()
        await receiver.shutDown()
    }

    // MARK: Syslog TCP

    @Test("syslog TCP takes lines and counted frames, each connection its own")
    func syslogTCP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .syslogTCP)
        let (lines, counted) = (
            try await RawClient.connected(to: receiver.address), try await RawClient.connected(to: receiver.address)
        )
        try await lines.send(Self.syslog + "\n")
        #expect(texts(try await receiver.take(1, within: limit)) == ["text"])
        try await counted.send("\(Self.syslog.utf8.count + 5) \(Self.syslog)\nmore")
        #expect(texts(try await receiver.take(1, within: limit)) == ["text\nmore"])
        try await lines.send("<14>unfinished")
        try await lines.halfClose()
        let reason = try await receiver.take(1, within: limit)[0].dropReason
        #expect(reason == "the last line has no end: Graylog discards it")
        #expect(try await lines.received { $0.end != nil } == RawClient.Received(end: .closed))
        try await counted.send("\nwrong ")
        #expect(try await counted.received { $0.end != nil }.bytes == [])
        #expect(try await receiver.take(1, within: limit)[0].dropReason?.hasPrefix("\"\nwrong\" where") == true)
        await receiver.shutDown()
    }

    // MARK: HTTP

    @Test("GELF HTTP answers 202 and takes one request after the other")
    func gelfHTTP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP)
        let client = try await RawClient.connected(to: receiver.address)
        try await client.send(post(gelf("a")) + post(gelf("b"), path: "/gelf?") + post(gelf("c")))
        let expected = answer("202 Accepted") + answer("404 Not Found") + answer("202 Accepted")
        let answers = try await client.received { $0.bytes.count >= expected.utf8.count }
        #expect(answers == RawClient.Received(bytes: Array(expected.utf8)))
        let messages = try await receiver.take(3, within: limit)
        #expect(texts(messages) == ["a", nil, "c"])
        #expect(messages[1].dropReason == "404: the path is /gelf?, not /gelf")
        try await client.halfClose()
        #expect(try await client.received { $0.end != nil }.end == .closed)
        await receiver.shutDown()
    }

    @Test("GELF HTTP closes the connection when the client wants it, or sends what is no HTTP")
    func closesHTTP() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP)
        let client = try await RawClient.connected(to: receiver.address)
        try await client.send(post(gelf("a"), headers: "connection: close\r\n"))
        let last = try await client.received { $0.end != nil }
        #expect(last.text == answer("202 Accepted", connection: "close"))
        let stranger = try await RawClient.connected(to: receiver.address)
        try await stranger.send(gelf("b") + "\0\r\n\r\n")
        let reply = try await stranger.received { $0.end != nil }
        #expect(reply.text.hasPrefix("HTTP/1.0 405 Method Not Allowed\r\n"))
        #expect(texts(try await receiver.take(2, within: limit)) == ["a", nil])
        await receiver.shutDown()
    }

    @Test("GELF HTTP refuses a body that is announced too long before it comes, and one that grows too long")
    func refusesLongBodies() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP)
        let body = String(repeating: "x", count: HTTPRules.maximumBodyLength + 1)
        let client = try await RawClient.connected(to: receiver.address)
        try await client.send(post(body) + post(gelf("next")))
        let expected = answer("413 Payload Too Large") + answer("202 Accepted")
        #expect(try await client.received { $0.bytes.count >= expected.utf8.count }.text == expected)
        let chunked = try await RawClient.connected(to: receiver.address)
        try await chunked.send("POST /gelf HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n10001\r\n" + body)
        #expect(
            try await chunked.received { $0.end != nil }.text == answer("413 Payload Too Large", connection: "close"))
        #expect(texts(try await receiver.take(3, within: limit)) == [nil, "next", nil])
        await receiver.shutDown()
    }

    @Test("GELF HTTP with bulk glues the last line to the next request, and gives it away at the end")
    func bulk() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP, http: HTTPRules(isBulk: true))
        let client = try await RawClient.connected(to: receiver.address)
        try await client.send(post(gelf("a") + "\n" + gelf("b")))
        let expected = answer("202 Accepted")
        #expect(try await client.received { $0.bytes.count >= expected.utf8.count }.text == expected)
        try await client.send(post(gelf("c") + "\n" + gelf("d")))
        #expect(try await client.received { $0.bytes.count >= 2 * expected.utf8.count }.text == expected + expected)
        // Of two objects in one line, only the first is stored.
        #expect(texts(try await receiver.take(2, within: limit)) == ["a", "b"])
        #expect(await receiver.facts.waiting == 0)
        try await client.halfClose()
        #expect(texts(try await receiver.take(1, within: limit)) == ["d"])
        await receiver.shutDown()
    }

    @Test("GELF HTTP closes a connection that is idle for too long")
    func closesIdle() async throws {
        let rules = HTTPRules(idleLimit: .milliseconds(1))
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP, http: rules)
        let client = try await RawClient.connected(to: receiver.address)
        #expect(try await client.received { $0.end != nil } == RawClient.Received(end: .closed))
        await receiver.shutDown()
    }

    @Test("with a limit of 1, a 202 is sent when the message was taken and the next one is asked for")
    func answersWhenTaken() async throws {
        let receiver = try await Receiver.start(on: anyPort, type: .gelfHTTP, waitingLimit: 1)
        let client = try await RawClient.connected(to: receiver.address)
        try await client.send(post(gelf("a")))
        _ = try await receiver.facts(within: limit) { $0.waiting == 1 }
        #expect(await receiver.next()?.stored?.string("message") == "a")
        // Whoever is answered now is so after the answer that must not have been sent.
        let other = try await RawClient.connected(to: receiver.address)
        #expect(try await receiver.facts(within: limit) { $0.accepted == 2 }.open == 2)
        #expect(try await client.received { _ in true }.bytes == [])
        let asking = Task { await receiver.next() }
        #expect(try await client.received { !$0.bytes.isEmpty }.text == answer("202 Accepted"))
        asking.cancel()
        #expect(await asking.value == nil)
        try await other.close()
        await receiver.shutDown()
    }

    // MARK: Several

    @Test("several inputs share one index, and each message says on which it came")
    func several() async throws {
        let receiver = try await Receiver.start([
            ReceiverInput(.gelfTCP, on: anyPort), ReceiverInput(.syslogUDP, on: anyPort),
        ])
        let gelf = try await RawClient.connected(to: receiver.addresses[0])
        try await gelf.send(#"{"host":"h","short_message":"m","timestamp":1,"_a":1}"# + "\0")
        #expect(await receiver.nextArrival()?.input == 0)
        let syslog = try await DatagramClient.connected(to: receiver.addresses[1])
        try await syslog.send(Self.syslog)
        let arrival = await receiver.nextArrival()
        #expect(arrival?.input == 1)
        #expect(arrival?.message.stored?.warnings == ["a came as a string, but is an integer in the index"])
        await receiver.shutDown()
    }

    @Test("of several inputs that cannot all listen, none does")
    func allOrNothing() async throws {
        let taken = try await Receiver.start(on: anyPort)
        let first = try await Receiver.start(on: anyPort)
        await first.shutDown()
        await #expect(throws: ListenFailure.self) {
            _ = try await Receiver.start([
                ReceiverInput(.gelfTCP, on: first.address), ReceiverInput(.syslogTCP, on: taken.address),
            ])
        }
        let again = try await Receiver.start(on: first.address)
        await again.shutDown()
        await taken.shutDown()
    }
}

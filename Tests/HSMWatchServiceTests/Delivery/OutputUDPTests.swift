// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output over UDP, over loopback", .timeLimit(.minutes(1)))
struct OutputUDPTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static func output(to endpoints: HostPort..., kind: OutputKind = .gelfUDP, size: Int = 1420)
        -> OutputConfiguration
    {
        OutputConfiguration(name: "a", kind: kind, endpoints: endpoints, datagramSize: size)
    }

    /// The `_sequence` of each message.
    private static func sequences(_ messages: [[UInt8]]) -> [Int] {
        messages.compactMap { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            return text.split(separator: "\"_sequence\":").last.flatMap { Int($0.dropLast()) }
        }
    }

    @Test("a message that fits is one datagram; in order, each once, and then delivered")
    func inOrder() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...500)
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            try await delivery.delivered()
            #expect(Self.sequences(try await peer.datagrams(500)) == Array(1...500))
        }
        #expect(!delivery.notes.has("Output"))
        try await peer.stop()
    }

    @Test("a kernel whose buffer stays full is an end with the reason, and is tried rarely until then")
    func full() async throws {
        let (peer, address) = try await DatagramPeer.start()
        var tries = 0
        let transport = try Self.transport(to: address, patience: .milliseconds(300)) { _, _ in
            tries += 1
            return .full
        }
        await transport.send([Self.message], waiting: 0)
        #expect(transport.end?.reason == "the kernel's send buffer was full for 300ms")
        #expect((2...6).contains(tries))
        try await peer.stop()
    }

    @Test("a kernel whose buffer stays full holds up no end")
    func fullAtEnd() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let isTried = WakeUp()
        let transport = try Self.transport(to: address, patience: .seconds(3600)) { _, _ in
            isTried.raise()
            return .full
        }
        async let sending: Void = transport.send([Self.message], waiting: 0)
        await isTried.wait()
        transport.close()
        await sending
        try await peer.stop()
    }

    private static let message = SpooledMessage(position: 1, kind: .service, time: 0, body: Array("{}".utf8))

    private static func transport(
        to address: HostPort, patience: Duration, offer: @escaping UDPTransport.Offer
    ) throws -> UDPTransport {
        let packing = DatagramPacking(
            format: MessageFormat(of: output(to: address)), chunks: GELFChunks(datagramSize: 1420))
        return UDPTransport(
            to: [try SocketAddress(ipAddress: address.host, port: Int(address.port))], packing: packing,
            patience: patience, offer: offer
        ) { _ in }
    }

    @Test("a longer one is chunks, whose id no other message has")
    func chunks() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...2, length: 1000)
        try await running(delivery.spool, delivery.output(Self.output(to: address, size: 512))) {
            let datagrams = try await peer.datagrams(10)
            #expect(datagrams.allSatisfy { $0.starts(with: [0x1E, 0x0F]) && $0.count <= 512 && $0[11] == 5 })
            let (first, second) = (datagrams[..<5], datagrams[5...])
            #expect(Set(first.map { $0[2..<10] }).count == 1)
            #expect(Set(datagrams.map { $0[2..<10] }).count == 2)
            let parts = [first, second].map { Array($0.map { $0.dropFirst(12) }.joined()) }
            #expect(Self.sequences(parts) == [1, 2])
        }
        try await peer.stop()
    }

    @Test("a closed port is an outage, reported once; when it opens, every message arrives")
    func unreachable() async throws {
        let (first, address) = try await DatagramPeer.start()
        try await first.stop()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...20)
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            try await delivery.noted("Output a cannot deliver to \(address): connection refused")
            #expect(delivery.spool.cursor(of: "a") == 0)
            let (peer, _) = try await DatagramPeer.start(on: address.port)
            try await delivery.noted("Output a delivers again to \(address)")
            try await delivery.delivered()
            let messages = try await peer.datagrams(22)
            #expect(Self.sequences(messages) == Array(1...22))
            #expect(messages.last.map { String(decoding: $0, as: UTF8.self) }?.contains("output_up") == true)
            try await peer.stop()
        }
        #expect(delivery.notes.count("Output a cannot") == 1)
    }

    @Test(
        "what a firewall forbids is an outage as well, and the message counts as sent to nobody",
        .enabled(if: ForbiddingRouter.isPossible, "only root may write ICMP"))
    func forbidden() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        try await running(delivery.spool, delivery.output(Self.output(to: address))) {
            _ = try await peer.datagrams(1)
            try ForbiddingRouter.forbid(from: await peer.sender, to: address.port)
            try await delivery.noted("Output a cannot deliver to \(address): no route to host")
            try await delivery.delivered()
            // The first one again, now that nobody forbids it.
            #expect(Self.sequences(try await peer.datagrams(5)).prefix(5) == [1, 1, 2, 3, 4])
        }
        try await peer.stop()
    }

    @Test("what is refused goes to the next endpoint")
    func failover() async throws {
        let (gone, nobody) = try await DatagramPeer.start()
        try await gone.stop()
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        try await running(delivery.spool, delivery.output(Self.output(to: nobody, address))) {
            try await delivery.noted("Output a delivers again to \(address)")
            try await delivery.delivered()
            #expect(Self.sequences(try await peer.datagrams(7)) == Array(1...7))
        }
        try await peer.stop()
    }

    @Test("a name's next address is tried when one refuses")
    func addresses() async throws {
        let (gone, nobody) = try await DatagramPeer.start()
        try await gone.stop()
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        let name = HostPort(host: "graylog.example.net", port: 12_201)
        let output = delivery.output(Self.output(to: name)) { _, _, answer in
            let addresses = [nobody, address].compactMap { try? SocketAddress(ipAddress: $0.host, port: Int($0.port)) }
            answer(.addresses(addresses))
        }
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a delivers again to \(name)")
            try await delivery.delivered()
            #expect(Self.sequences(try await peer.datagrams(7)) == Array(1...7))
        }
        try await peer.stop()
    }

    @Test("a message that 128 chunks do not hold is not sent; that is reported, once, and the others arrive")
    func tooLong() async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        delivery.spool.append(.long(number: 2))
        delivery.append(3...3)
        try await running(delivery.spool, delivery.output(Self.output(to: address, size: 512))) {
            try await delivery.noted("hsmwatch dropped 1 message before delivery: output a: longer than the 64000 ")
            try await delivery.delivered()
            let datagrams = try await peer.datagrams(3)
            #expect(Self.sequences(datagrams.filter { $0.first == UInt8(ascii: "{") }).starts(with: [1, 3]))
            #expect(!datagrams.contains { $0.count > 512 })
        }
        #expect(delivery.notes.count("hsmwatch dropped 1 message") == 1)
        #expect("\(delivery.notes)".contains("the 64000 bytes of 128 chunks (datagram_size)"))
        #expect(delivery.spool.dropped(by: "a") == 1)
        try await peer.stop()
    }

    @Test("200 KB are refused at the default size, by GELF and by syslog", arguments: [OutputKind.gelfUDP, .syslogUDP])
    func refused(kind: OutputKind) throws {
        let configuration = Self.output(to: HostPort(host: "h", port: 1), kind: kind)
        let packing = DatagramPacking(
            format: MessageFormat(of: configuration), chunks: GELFChunks(datagramSize: configuration.datagramSize))
        let body = Array("{\"host\":\"h\",\"short_message\":\"\(String(repeating: "x", count: 200_000))\"}".utf8)
        let message = SpooledMessage(position: 1, kind: .reading, time: 0, body: body)
        let problem = #expect(throws: InvalidText.self) { try packing.datagrams(of: message, id: 1).get() }
        #expect(
            problem?.description.contains(
                kind == .gelfUDP ? "the 180224 bytes of 128 chunks" : "the 65507 bytes of a datagram") == true)
    }

    @Test("a syslog message is one datagram, without a frame", arguments: SyslogFormat.allCases)
    func syslog(format: SyslogFormat) async throws {
        let (peer, address) = try await DatagramPeer.start()
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3, length: 2000)
        var configuration = Self.output(to: address, kind: .syslogUDP)
        configuration.syslog.format = format
        try await running(delivery.spool, delivery.output(configuration)) {
            let texts = try await peer.datagrams(3).map { String(decoding: $0, as: UTF8.self) }
            #expect(
                texts.allSatisfy { $0.hasPrefix(format == .rfc5424 ? "<188>1 20" : "<188>") && $0.utf8.count > 2000 })
            for (number, text) in texts.enumerated() {
                #expect(text.contains("hsmwatch 0 started, watching \(number + 1) HSM"))
            }
        }
        try await peer.stop()
    }
}

extension Event {
    /// A reading whose message has the most and longest fields that a configuration can give it.
    fileprivate static func long(number: Int) -> Event {
        let value = String(repeating: "\u{1F600}", count: ConfigurationLimits.fieldValueLength)
        let subject = Subject(
            name: "long", address: HostPort(host: "h", port: 1), queryPort: nil,
            fields: (0..<ConfigurationLimits.fields).map { Field(name: "f\($0)", value: value) })
        let failure = Failure(.refused, "number \(number)")
        let assessment = Assessment(
            state: .unreachable, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50),
            misconfigured: [])
        return Event(timestamp: .now, content: .probeFailure(subject, failure, assessment))
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import TestSupport
import Testing

@testable import HSMWatchService

/// The command port of an HSM obeys what an output sends. `check` refuses the address; the service refuses what a name
/// leads to.
@ServiceLoop
@Suite("Output that leads to an HSM", .timeLimit(.minutes(1)))
struct OutputToHSMTests {
    private static let streams: [OutputKind] = [.gelfTCP, .syslogTCP, .gelfHTTP]

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static func simulator() async throws -> (HSMSimulator, UInt16) {
        let simulator = try await HSMSimulator.start(on: ListenAddress(host: "127.0.0.1", port: 0))
        return (simulator, UInt16(clamping: simulator.address.ports.lowerBound))
    }

    private static func hsm(_ host: String, _ port: UInt16) -> HSMConfiguration {
        HSMConfiguration(name: "khi-1", address: HostPort(host: host, port: port))
    }

    /// Every name leads to the loopback.
    private static func loopback(_: String, port: UInt16, then answer: @escaping (Resolver.Resolution) -> Void) {
        let address = try? SocketAddress(ipAddress: "127.0.0.1", port: Int(port))
        answer(address.map { .addresses([$0]) } ?? .failed("no loopback"))
    }

    @Test(
        "never connects to a name that resolves to the address of an HSM", arguments: OutputKind.allCases,
        ["127.0.0.1", "hsm-1.example.net"])
    func names(kind: OutputKind, host: String) async throws {
        let (simulator, port) = try await Self.simulator()
        let book = HSMAddressBook([Self.hsm(host, port)], resolve: Self.loopback)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let endpoint = HostPort(host: "graylog.example.net", port: port)
        let output = delivery.output(
            OutputConfiguration(name: "a", kind: kind, endpoints: [endpoint]), drainTimeout: .zero,
            resolve: Self.loopback, hsms: book)
        try await running(delivery.spool, output) {
            try await delivery.noted(
                "Output a cannot deliver to \(endpoint): 127.0.0.1:\(port) is a command port of HSM khi-1, "
                    + "to which no output may connect")
        }
        #expect(delivery.spool.cursor(of: "a") == 0)
        #expect(await simulator.facts.accepted == 0)
        await simulator.stop()
    }

    @Test("sends nothing to an HSM through a proxy")
    func proxied() async throws {
        let (simulator, port) = try await Self.simulator()
        let (proxy, address) = try await ConnectProxy.start()
        let book = HSMAddressBook([Self.hsm("127.0.0.1", port)], resolve: Self.loopback)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let configuration = OutputConfiguration(
            name: "a", kind: .gelfHTTP, endpoints: [HostPort(host: "graylog.example.net", port: port)],
            http: HTTPConfiguration(proxy: address))
        let output = delivery.output(configuration, drainTimeout: .zero, resolve: Self.loopback, hsms: book)
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to graylog.example.net:\(port): 127.0.0.1:\(port) is")
        }
        #expect(await simulator.facts.accepted == 0)
        try await proxy.stop()
        await simulator.stop()
    }

    @Test("opens no successor when its peer's address becomes an HSM's", arguments: [OutputKind.gelfTCP, .gelfHTTP])
    func successor(kind: OutputKind) async throws {
        let receiver = try await Receiver.start(on: anyPort, type: kind)
        let address = receiver.hostPort
        let book = HSMAddressBook([], resolve: Self.loopback)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let configuration = OutputConfiguration(
            name: "a", kind: kind, endpoints: [address], confirm: .milliseconds(100))
        try await running(delivery.spool, delivery.output(configuration, drainTimeout: .zero, hsms: book)) {
            try await delivery.delivered()
            book.change(to: [Self.hsm(address.host, address.port)])
            delivery.append(4...6)
            try await delivery.noted("Output a cannot deliver to \(address): \(address) is a command port of HSM khi-1")
        }
        await receiver.shutDown()
    }

    @Test("delivers to another port of an HSM's machine, and when no HSM's name can be resolved")
    func otherPort() async throws {
        let receiver = try await Receiver.started()
        let (host, port) = (receiver.hostPort.host, receiver.hostPort.port)
        let hsms = [Self.hsm(host, port == 1 ? 2 : 1), Self.hsm("hsm-2.example.net", port)]
        let book = HSMAddressBook(hsms) { $2(.failed("cannot resolve \($0)")) }
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let configuration = OutputConfiguration(name: "a", endpoints: [receiver.hostPort], confirm: .milliseconds(100))
        try await running(delivery.spool, delivery.output(configuration, hsms: book)) {
            try await delivery.delivered()
        }
        #expect(!delivery.notes.has("Output"))
        await receiver.shutDown()
    }

    @Test("a name server that never answers delays an output by the lookup's timeout at most")
    func silentNameServer() async throws {
        let receiver = try await Receiver.started()
        let book = HSMAddressBook([Self.hsm("hsm-2.example.net", receiver.hostPort.port)]) { _, _, _ in }
        let begin = Instant.now
        let address = try SocketAddress(ipAddress: "127.0.0.1", port: Int(receiver.hostPort.port))
        #expect(await book.refusal(of: receiver.hostPort, at: [address], isProxied: false) == nil)
        #expect(Instant.now - begin >= HSMAddressBook.lookupTimeout)
        await receiver.shutDown()
    }

    @Test("a message that 0.1.0 has spooled is sent without a frame", arguments: [Framing.null, .octetCounting])
    func spooled(framing: Framing) {
        let body =
            #"{"version":"1.1","host":"h","short_message":"m","timestamp":1.000,"level":6,"_site":"<9A#RESET#>"}"#
        let message = SpooledMessage(position: 1, kind: .reading, time: 0, body: Array(body.utf8))
        let kind = framing == .null ? OutputKind.gelfTCP : .syslogTCP
        let format = MessageFormat(of: OutputConfiguration(name: "a", kind: kind, endpoints: []))
        let sent = String(buffer: ByteBuffer([message], in: format, framing: framing))
        #expect(!sent.contains("<9A"))
        #expect(sent.contains("9A#RESET#"))
    }

    @Test("a message that 0.1.0 has spooled is posted without a frame, alone and in bulk", arguments: [false, true])
    func posted(isBulk: Bool) async throws {
        let (peer, address) = try await HTTPPeer.start()
        let wake = WakeUp()
        let transport = HTTPTransport(
            to: address, addresses: [try SocketAddress(ipAddress: "127.0.0.1", port: Int(address.port))],
            http: HTTPConfiguration(isBulk: isBulk), credentials: nil, authorization: nil, patience: .seconds(30)
        ) { _ in wake.raise() }
        while !transport.isOpen, transport.end == nil { await wake.wait() }
        let message = SpooledMessage(position: 1, kind: .reading, time: 0, body: Array(#"{"_x":"<9A#R#>"}"#.utf8))
        await transport.send([message], waiting: 0)
        let requests = try await peer.requests(1)
        #expect(requests.map { $0.text.split(separator: "\n").first } == [#"{"_x":"\u003c9A#R#\u003e"}"#])
        transport.close()
        await transport.finish()
        try await peer.stop()
    }
}

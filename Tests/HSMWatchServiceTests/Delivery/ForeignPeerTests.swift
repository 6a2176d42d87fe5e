// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import HSMWatchService

/// A peer that is not what the output expects is told as what it is.
@ServiceLoop
@Suite("A foreign peer", .timeLimit(.minutes(1)))
struct ForeignPeerTests {
    private static let alert: [UInt8] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46]
    private static let speaksTLS =
        "the peer speaks TLS on this port; set tls for this output, or use a port without TLS"

    /// What becomes of a POST to a peer, or through a peer that is the proxy.
    private func verdict(
        of habit: Peer.Habit, asProxy isProxy: Bool = false, tls: HSMWatchCore.TLSConfiguration? = nil
    ) async throws -> PostVerdict {
        let (peer, address) = try await Peer.start(habit)
        let endpoint = isProxy ? HostPort(host: "graylog.test", port: 443) : address
        let requests = HTTPRequests(
            to: endpoint, HTTPConfiguration(proxy: isProxy ? address : nil),
            credentials: tls.map { TLSCredentials($0) })
        requests.connect(by: try SocketAddress(ipAddress: address.host, port: Int(address.port)))
        let verdict = await requests.post([Array("{}".utf8)], isBulk: false, within: limit)
        await requests.shutDown()
        try await peer.stop()
        return verdict
    }

    private static func answer(_ header: String) -> Peer.Habit {
        .answers(Array("HTTP/1.1 202 Accepted\r\n\(header)\r\n\r\n".utf8))
    }

    @Test("over HTTP: SSH, TLS, and HTTP that cannot be read")
    func http() async throws {
        let cases: [(Peer.Habit, String)] = [
            (
                .answers(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)),
                "the peer does not speak HTTP: it says \"SSH-2.0-OpenSSH_9.2\""
            ),
            (.echoes, "the peer does not speak HTTP: it says \"POST /gelf HTTP/1.1\""),
            (.answers(Self.alert), Self.speaksTLS),
            (
                Self.answer("X: " + String(repeating: "x", count: 100_000)),
                "the peer's answer cannot be read as HTTP: its header is too long"
            ),
            (
                Self.answer("Content-Length: many"),
                "the peer's answer cannot be read as HTTP: its Content-Length is not a number"
            ),
        ]
        for (habit, reason) in cases {
            let verdict = try await verdict(of: habit)
            #expect(verdict == .lost(Loss(.failed, reason)))
        }
    }

    @Test("as a proxy: SSH, TLS and a status")
    func proxy() async throws {
        let cases: [(Peer.Habit, ProxyRefusal)] = [
            (.answers(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)), .foreign("SSH-2.0-OpenSSH_9.2")),
            (.answers(Self.alert), .tls),
            (.answers(Array("HTTP/1.1 503 Busy\r\n\r\n".utf8)), .status(503, "Busy")),
        ]
        for isSecure in [false, true] {
            for (habit, refusal) in cases {
                let verdict = try await verdict(
                    of: habit, asProxy: true, tls: isSecure ? HSMWatchCore.TLSConfiguration() : nil)
                #expect(verdict == .lost(refusal.loss))
            }
        }
    }

    @Test("as a proxy that closes each connection at once", arguments: [false, true])
    func closingProxy(isSecure: Bool) async throws {
        let verdict = try await verdict(
            of: .closes, asProxy: true, tls: isSecure ? HSMWatchCore.TLSConfiguration() : nil)
        // The HTTP client may see the end before it hands the connection over.
        let early = Loss(.gone, "the connection ended without an answer")
        #expect([.lost(ProxyRefusal.closed.loss), .lost(early)].contains(verdict), "\(verdict)")
    }

    @Test("over TLS and through a proxy: a port without TLS")
    func plainPort() async throws {
        let banner = Peer.Habit.greets("SSH-2.0-OpenSSH_9.2\r\n")
        let reason = Loss(.failed, "TLS: the handshake failed: the peer does not speak TLS on this port")
        #expect(try await verdict(of: banner, tls: HSMWatchCore.TLSConfiguration()) == .lost(reason))
        let tunnel = Peer.Habit.answers(Array("HTTP/1.1 200 OK\r\n\r\nSSH-2.0-OpenSSH_9.2\r\n".utf8))
        #expect(
            try await verdict(of: tunnel, asProxy: true, tls: HSMWatchCore.TLSConfiguration()) == .lost(reason))
    }

    @Test("over TCP: TLS on a port that was expected without it, and the other way round")
    func tcp() async throws {
        let cases: [(Peer.Habit, TLSConfiguration?, String)] = [
            (.answers(Self.alert), nil, Self.speaksTLS),
            (
                .greets("SSH-2.0-OpenSSH_9.2\r\n"), TLSConfiguration(),
                "TLS: the handshake failed: the peer does not speak TLS on this port"
            ),
            (
                .answers(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), TLSConfiguration(),
                "TLS: the handshake failed: the peer does not speak TLS on this port"
            ),
        ]
        for (habit, tls, reason) in cases {
            let (peer, address) = try await Peer.start(habit)
            let delivery = OutputStage(in: try TemporaryFolder(), outputs: "a")
            delivery.append(1...1)
            try await running(delivery.spool, delivery.output(to: address, tls: tls, drainTimeout: .zero)) {
                try await delivery.noted("Output a cannot deliver to \(address): \(reason)")
            }
            try await peer.stop()
        }
    }

    private typealias TLSConfiguration = HSMWatchCore.TLSConfiguration
}

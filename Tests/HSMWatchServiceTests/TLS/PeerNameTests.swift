// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing

@testable import HSMWatchService

/// Real handshakes: a peer is accepted only when its certificate carries what is expected.
@ServiceLoop
@Suite("The peer's certificate", .timeLimit(.minutes(1)))
struct PeerNameTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    private func credentials(serverName: String? = nil) -> TLSCredentials {
        TLSCredentials(HSMWatchCore.TLSConfiguration(ca: authority.certificate, serverName: serverName))
    }

    /// Why a connection over TLS is refused; nil when it is opened.
    private func refusal(
        of identity: TestAuthority.Identity, expecting serverName: String?
    ) async throws -> String? {
        try await identity.refusal(by: credentials(serverName: serverName))
    }

    @Test(
        "counts by its DNS names alone when a name is expected",
        arguments: [
            (["DNS:graylog.test"], "graylog.test", true), (["DNS:Graylog.TEST"], "graylog.test", true),
            (["DNS:other.test", "DNS:graylog.test"], "graylog.test", true),
            (["DNS:*.graylog.test"], "a.graylog.test", true), (["DNS:*.graylog.test"], "a.b.graylog.test", false),
            (["DNS:*.graylog.test"], "graylog.test", false), (["DNS:a*.graylog.test"], "ab.graylog.test", false),
            (["DNS:*.test"], "graylog.test", false), (["DNS:*"], "graylog", false),
            (["IP:127.0.0.1"], "graylog.test", false), (["DNS:other.test", "IP:127.0.0.1"], "graylog.test", false),
            (["URI:https://graylog.test"], "graylog.test", false), ([], "graylog.test", false),
        ] as [([String], String, Bool)])
    func names(carried: [String], expected: String, isAccepted: Bool) async throws {
        let identity = try authority.issue("graylog", names: carried, commonName: expected)
        let reason = try await refusal(of: identity, expecting: expected)
        #expect((reason == nil) == isAccepted, "\(reason ?? "accepted")")
        guard !isAccepted else { return }
        #expect(
            reason?.hasPrefix("TLS: Graylog's certificate does not carry the name \(expected); it carries ") == true,
            "\(reason ?? "accepted")")
    }

    @Test(
        "counts by its addresses alone when an address is expected",
        arguments: [
            (["IP:127.0.0.1"], true), (["DNS:other.test", "IP:10.0.0.1", "IP:127.0.0.1"], true),
            (["IP:127.0.0.2"], false), (["DNS:127.0.0.1"], false), (["IP:::1"], false), ([], false),
        ] as [([String], Bool)])
    func addresses(carried: [String], isAccepted: Bool) async throws {
        let identity = try authority.issue("graylog", names: carried, commonName: "127.0.0.1")
        let reason = try await refusal(of: identity, expecting: nil)
        #expect((reason == nil) == isAccepted, "\(reason ?? "accepted")")
    }

    @Test("a refusal lists what the certificate carries")
    func refusalText() async throws {
        let identity = try authority.issue("graylog", names: ["DNS:a.test", "DNS:b.test", "IP:10.0.0.1", "IP:fe80::1"])
        #expect(
            try await refusal(of: identity, expecting: "graylog.test")
                == "TLS: Graylog's certificate does not carry the name graylog.test; "
                + "it carries a.test, b.test, 10.0.0.1, fe80:0:0:0:0:0:0:1")
        #expect(
            try await refusal(of: try authority.issue("bare", names: []), expecting: nil)
                == "TLS: Graylog's certificate does not carry the endpoint's address; "
                + "it carries no name and no address (subjectAltName)")
    }

    @Test("an RSA key of less than 2048 bits is refused", arguments: [1024, 2048])
    func keySize(bits: Int) async throws {
        let identity = try authority.issue("graylog", rsaBits: bits)
        let reason = try await refusal(of: identity, expecting: nil)
        let words = "TLS: Graylog's certificate (serial 01) has an RSA key of 1024 bits; needed: at least 2048"
        #expect(reason == (bits < 2048 ? words : nil))
    }

    // MARK: Before a request

    /// A POST that a peer with another certificate must not get.
    private func post(to endpoint: HostPort, port: UInt16, _ http: HTTPConfiguration) async throws -> PostVerdict {
        let requests = HTTPRequests(to: endpoint, http, credentials: credentials())
        requests.connect(by: try SocketAddress(ipAddress: "127.0.0.1", port: Int(port)))
        let verdict = await requests.post([Array("{}".utf8)], isBulk: false, within: limit)
        await requests.shutDown()
        return verdict
    }

    private static func refusedName(_ verdict: PostVerdict) -> Bool {
        guard case .lost(let loss) = verdict else { return false }
        return loss.reason.hasPrefix(
            "TLS: Graylog's certificate does not carry the name localhost; it carries 127.0.0.1")
    }

    @Test(
        "a peer with the address but not the name gets no request, through a proxy and without",
        arguments: [true, false])
    func requests(isProxied: Bool) async throws {
        let (peer, address) = try await HTTPPeer.start(tls: authority.issue("graylog").serverContext())
        let (proxy, proxyAddress) = try await ConnectProxy.start()
        let endpoint = HostPort(host: "localhost", port: address.port)
        let verdict = try await post(
            to: endpoint, port: (isProxied ? proxyAddress : address).port,
            HTTPConfiguration(proxy: isProxied ? proxyAddress : nil))
        #expect(Self.refusedName(verdict), "\(verdict)")
        #expect(try await peer.requests(0).isEmpty)
        #expect(await peer.receivedBytes == 0)
        #expect(await proxy.requests.count == (isProxied ? 1 : 0))
        try await peer.stop()
        try await proxy.stop()
    }

    @Test("the dot at the end of an endpoint's name is in no certificate and in no Host header")
    func root() async throws {
        let (peer, address) = try await HTTPPeer.start(
            tls: authority.issue("graylog", names: ["DNS:localhost"]).serverContext())
        let endpoint = HostPort(host: "localhost.", port: address.port)
        #expect(try await post(to: endpoint, port: address.port, HTTPConfiguration()) == .delivered)
        #expect(try await peer.requests(1).first?.head.headers["host"] == ["localhost:\(address.port)"])
        try await peer.stop()
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOHTTP1
import NIOSSL
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output over HTTPS and through a proxy", .timeLimit(.minutes(1)))
struct OutputHTTPSTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    private func peer(
        _ identity: TestAuthority.Identity, clients: String? = nil
    ) async throws -> (peer: HTTPPeer, address: HostPort) {
        var configuration = NIOSSL.TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: identity.key, format: .pem)))
        if let clients {
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clients))
            configuration.certificateVerification = .noHostnameVerification
        }
        return try await HTTPPeer.start(tls: try NIOSSLContext(configuration: configuration))
    }

    private func output(
        to endpoint: HostPort, _ tls: HSMWatchCore.TLSConfiguration?, proxy: HostPort? = nil
    ) -> OutputConfiguration {
        OutputConfiguration(
            name: "a", kind: .gelfHTTP, endpoints: [endpoint], tls: tls, http: HTTPConfiguration(proxy: proxy))
    }

    @Test("the certificate carries the name that server_name says, whatever the address; both sides prove themselves")
    func names() async throws {
        let ours = try authority.issue("ours")
        let (peer, address) = try await peer(
            try authority.issue("graylog", names: ["DNS:graylog.test"]), clients: authority.certificate)
        let tls = HSMWatchCore.TLSConfiguration(
            ca: authority.certificate, certificate: ours.certificate, key: ours.key, serverName: "graylog.test")
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(output(to: address, tls))
        delivery.append(1...3)
        try await running(delivery.spool, output) {
            let requests = try await peer.requests(3)
            #expect(requests.allSatisfy { $0.head.headers["host"] == ["graylog.test:\(address.port)"] })
            try await delivery.delivered()
            #expect(output.snapshot.status.tls == "TLS 1.3")
            #expect(output.snapshot.confirmation == .answered)
        }
        #expect(!delivery.notes.has("Output"))
        try await peer.stop()
    }

    @Test("a rejected certificate is reported as over TCP, and nothing is posted")
    func refused() async throws {
        let (peer, address) = try await peer(try authority.issue("graylog", names: ["DNS:other.test"]))
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let tls = HSMWatchCore.TLSConfiguration(ca: authority.certificate, serverName: "graylog.test")
        try await running(delivery.spool, delivery.output(output(to: address, tls), drainTimeout: .zero)) {
            try await delivery.noted(
                "Output a cannot deliver to \(address): TLS: Graylog's certificate does not carry the name graylog.test"
            )
        }
        #expect(try await peer.requests(0).isEmpty)
        try await peer.stop()
    }

    @Test("the certificate is looked at again after a look that failed")
    func looksAgain() async throws {
        let good = try authority.issue("graylog", names: ["DNS:graylog.test"]).serverContext()
        let wrong = try authority.issue("other", names: ["DNS:other.test"]).serverContext()
        let (peer, address) = try await HTTPPeer.start(tls: good, wrong, good)
        let tls = HSMWatchCore.TLSConfiguration(ca: authority.certificate, serverName: "graylog.test")
        var sessions = 0
        let seen = WakeUp()
        let transport = HTTPTransport(
            to: address, addresses: [try SocketAddress(ipAddress: address.host, port: Int(address.port))],
            http: HTTPConfiguration(), credentials: TLSCredentials(tls), authorization: nil, patience: limit,
            certificateInterval: .milliseconds(1)
        ) { report in
            if case .opened = report { sessions += 1 }
            seen.raise()
        }
        while sessions < 2, transport.end == nil { await seen.wait() }
        #expect(transport.end == nil)
        transport.close()
        await transport.finish()
        try await peer.stop()
    }

    @Test("through a proxy, with TLS to Graylog itself and without", arguments: [true, false])
    func proxied(isSecure: Bool) async throws {
        let (proxy, proxyAddress) = try await ConnectProxy.start()
        let identity = try authority.issue("graylog", names: ["DNS:localhost"])
        let (peer, address) = isSecure ? try await peer(identity) : try await HTTPPeer.start()
        let endpoint = HostPort(host: "localhost", port: address.port)
        let tls = isSecure ? HSMWatchCore.TLSConfiguration(ca: authority.certificate) : nil
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...3)
        let output = delivery.output(output(to: endpoint, tls, proxy: proxyAddress))
        try await running(delivery.spool, output) {
            #expect(try await peer.requests(3).count == 3)
            try await delivery.delivered()
            #expect(output.snapshot.status.tls == (isSecure ? "TLS" : nil))
        }
        #expect(await proxy.requests == ["CONNECT \(endpoint) HTTP/1.1"])
        try await peer.stop()
        try await proxy.stop()
    }

    @Test("a certificate that is rejected through a proxy is explained as without one, and nothing is posted")
    func rejectedBehindProxy() async throws {
        let (proxy, proxyAddress) = try await ConnectProxy.start()
        let stranger = try TestAuthority(in: folder, name: "stranger")
        let (peer, address) = try await peer(try stranger.issue("graylog", names: ["DNS:localhost"]))
        let endpoint = HostPort(host: "localhost", port: address.port)
        let tls = HSMWatchCore.TLSConfiguration(ca: authority.certificate)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(output(to: endpoint, tls, proxy: proxyAddress), drainTimeout: .zero)
        try await running(delivery.spool, output) {
            try await delivery.noted(
                "Output a cannot deliver to \(endpoint): TLS: the issuer of Graylog's certificate (serial 01) is missing: "
                    + "Graylog does not send the certificate of stranger, and it is not in tls.ca")
        }
        #expect(await proxy.requests.allSatisfy { $0 == "CONNECT \(endpoint) HTTP/1.1" })
        #expect(try await peer.requests(0).isEmpty)
        try await peer.stop()
        try await proxy.stop()
    }

    @Test("a proxy that makes no tunnel is an outage with its status", arguments: [400, 403, 407, 502])
    func refusedByProxy(status: Int) async throws {
        let (proxy, proxyAddress) = try await ConnectProxy.start(answering: status)
        let endpoint = HostPort(host: "graylog.invalid", port: 443)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(output(to: endpoint, nil, proxy: proxyAddress), drainTimeout: .zero)
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to \(endpoint): ")
        }
        #expect("\(delivery.notes)".contains("the proxy answers CONNECT with HTTP \(status)"))
        #expect("\(delivery.notes)".contains("the proxy wants an authorization") == (status == 407))
        #expect(delivery.spool.cursor(of: "a") == 0)
        try await proxy.stop()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Output, with TLS", .timeLimit(.minutes(1)))
struct OutputTLSTests {
    private let folder: TemporaryFolder
    private let authority: TestAuthority

    init() throws {
        folder = try TemporaryFolder()
        authority = try TestAuthority(in: folder)
    }

    private func receiver(_ identity: TestAuthority.Identity, clients: String? = nil) async throws -> Receiver {
        let tls = try ReceiverTLS(
            certificate: identity.certificate, key: identity.key, clientAuthorities: clients)
        return try await Receiver.start(on: anyPort, tls: tls)
    }

    /// What is noted of an output that cannot deliver because of TLS.
    private func expect(
        _ reason: String, from identity: TestAuthority.Identity, _ tls: TLSConfiguration, clients: String? = nil
    ) async throws {
        let receiver = try await receiver(identity, clients: clients)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(to: receiver.hostPort, tls: tls, drainTimeout: .zero)
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver to \(receiver.hostPort): \(reason)")
        }
        #expect(await receiver.facts.stored == 0)
        #expect(delivery.spool.cursor(of: "a") == 0)
        await receiver.shutDown()
    }

    @Test("delivers and confirms, connection after connection")
    func delivers() async throws {
        let receiver = try await receiver(try authority.issue("graylog"))
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: receiver.hostPort, tls: TLSConfiguration(ca: authority.certificate))
        try await running(delivery.spool, output) {
            for round in 0..<3 {
                delivery.append(1...200)
                let taken = try await receiver.take((round * 200 + 1)...(round * 200 + 200))
                #expect(taken.count == 200)
                try await delivery.delivered()
            }
        }
        #expect(await receiver.facts.accepted >= 3)
        #expect(await receiver.facts.stored == 600)
        #expect(!delivery.notes.has("Output"))
        await receiver.shutDown()
    }

    @Test("a stream that is cut without a close_notify confirms nothing, and all is sent again")
    func truncated() async throws {
        let receiver = try await receiver(try authority.issue("graylog"))
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(
            to: receiver.hostPort, tls: TLSConfiguration(ca: authority.certificate), confirm: .seconds(3600))
        delivery.append(1...10)
        try await running(delivery.spool, output) {
            _ = try await receiver.take(1...10)
            await receiver.cut()
            try await delivery.noted(
                "Output a cannot deliver to \(receiver.hostPort): the peer ended the connection without a TLS close_notify"
            )
            #expect(delivery.spool.cursor(of: "a") == 0)
            _ = try await receiver.take(1...11)
        }
        #expect(delivery.spool.waiting == 0)
        await receiver.shutDown()
    }

    @Test("presents a certificate to a Graylog that wants one")
    func mutual() async throws {
        let receiver = try await receiver(try authority.issue("graylog"), clients: authority.certificate)
        let own = try authority.issue("hsmwatch", names: ["DNS:hsmwatch.test"])
        let tls = TLSConfiguration(ca: authority.certificate, certificate: own.certificate, key: own.key)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...5)
        try await running(delivery.spool, delivery.output(to: receiver.hostPort, tls: tls)) {
            try await delivery.delivered()
        }
        #expect(await receiver.facts.stored == 5)
        await receiver.shutDown()
    }

    @Test("a Graylog that wants a certificate and gets none is an outage that says so")
    func clientCertificateMissing() async throws {
        try await expect(
            "TLS: the peer wants a client certificate (tls.certificate)", from: try authority.issue("graylog"),
            TLSConfiguration(ca: authority.certificate), clients: authority.certificate)
    }

    @Test("the name is checked, and asked for by SNI")
    func names() async throws {
        let named = try authority.issue("graylog", names: ["DNS:graylog.test"])
        try await expect(
            "TLS: Graylog's certificate does not carry the endpoint's address", from: named,
            TLSConfiguration(ca: authority.certificate))
        try await expect(
            "TLS: Graylog's certificate does not carry the name other.test", from: named,
            TLSConfiguration(ca: authority.certificate, serverName: "other.test"))
        let receiver = try await receiver(named)
        let delivery = OutputStage(in: try TemporaryFolder(), outputs: "a")
        delivery.append(1...1)
        let tls = TLSConfiguration(ca: authority.certificate, serverName: "graylog.test")
        try await running(delivery.spool, delivery.output(to: receiver.hostPort, tls: tls)) {
            try await delivery.delivered()
        }
        await receiver.shutDown()
    }

    @Test("a certificate of an unknown authority is not accepted")
    func unknownAuthority() async throws {
        let other = try TestAuthority(in: folder, name: "other")
        try await expect(
            "TLS: the issuer of Graylog's certificate (serial 01) is missing: Graylog does not send the certificate of "
                + "other, and it is not in tls.ca",
            from: try other.issue("graylog"), TLSConfiguration(ca: authority.certificate))
        // Nor by the system's.
        try await expect(
            "TLS: the issuer of Graylog's certificate (serial 02) is missing: Graylog does not send the certificate of "
                + "other, and it is not among the system's authorities (tls.ca is not set)",
            from: try other.issue("second"), TLSConfiguration())
    }

    @Test("a certificate that has expired, or is not valid yet, is not accepted, and the reason names the date")
    func terms() async throws {
        let tls = TLSConfiguration(ca: authority.certificate)
        try await expect(
            "TLS: Graylog's certificate (serial 01) expired on 2021-01-01 00:00:00 UTC",
            from: try authority.issue("expired", term: .past), tls)
        try await expect(
            "TLS: Graylog's certificate (serial 02) is not valid before 2098-01-01 00:00:00 UTC",
            from: try authority.issue("future", term: .future), tls)
    }

    @Test("a peer that does not speak TLS is an outage that says so")
    func plainPeer() async throws {
        let (peer, address) = try await Peer.start(.closes)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let tls = TLSConfiguration(ca: authority.certificate)
        try await running(delivery.spool, delivery.output(to: address, tls: tls, drainTimeout: .zero)) {
            try await delivery.noted("Output a cannot deliver to \(address): ")
        }
        try await peer.stop()
    }

    @Test("a certificate that ends soon is a warning, once")
    func expiring() async throws {
        let receiver = try await receiver(try authority.issue("graylog", term: .days(10)))
        let delivery = OutputStage(in: folder, outputs: "a")
        let output = delivery.output(to: receiver.hostPort, tls: TLSConfiguration(ca: authority.certificate))
        delivery.append(1...1)
        try await running(delivery.spool, output) {
            let taken = try await receiver.take(1...2)
            #expect(taken.last?.string("action") == "certificate_expiring")
            #expect(taken.last?.integer("level") == 4)
            try await delivery.delivered()
            delivery.append(1...1)
            try await delivery.delivered()
        }
        #expect(
            delivery.notes.count("Output a to \(receiver.hostPort): Graylog's certificate (serial 01) ends in") == 1)
        await receiver.shutDown()
    }

    @Test("a key password that becomes unusable leaves the old key in use, and is reported once")
    func passwordChanged() async throws {
        let receiver = try await receiver(try authority.issue("graylog"), clients: authority.certificate)
        let own = try authority.issue("hsmwatch")
        let key = try authority.convert(own.key, ["pkcs8", "-topk8", "-passout", "pass:secret"], to: "encrypted.key")
        let password = folder.path + "/password"
        try Array("secret\n".utf8).write(to: password)
        let tls = TLSConfiguration(
            ca: authority.certificate, certificate: own.certificate, key: key, keyPassword: password)
        let delivery = OutputStage(in: folder, outputs: "a")
        try await running(delivery.spool, delivery.output(to: receiver.hostPort, tls: tls)) {
            delivery.append(1...5)
            try await delivery.delivered()
            try Array("größe\n".utf8).write(to: password)
            let warning = "Output a: a changed file is rejected, and its previous contents stay in use: "
            // Each message takes a new connection to be confirmed.
            for _ in 0..<2 {
                delivery.append(1...1)
                try await delivery.delivered()
            }
            try await delivery.noted("\(warning)key_password \(password) is not ASCII")
            #expect(delivery.notes.count(warning) == 1)
        }
        #expect(!delivery.notes.has("Output a cannot deliver"))
        await receiver.shutDown()
    }

    @Test("files that are replaced are read again, without a restart")
    func replaced() async throws {
        let other = try TestAuthority(in: folder, name: "other")
        let receiver = try await receiver(try other.issue("graylog"))
        let trusted = folder.path + "/trusted.pem"
        try FileManager.default.copyItem(atPath: authority.certificate, toPath: trusted)
        let delivery = OutputStage(in: folder, outputs: "a")
        delivery.append(1...1)
        let output = delivery.output(to: receiver.hostPort, tls: TLSConfiguration(ca: trusted))
        try await running(delivery.spool, output) {
            try await delivery.noted("Output a cannot deliver")
            try FileManager.default.removeItem(atPath: trusted)
            try FileManager.default.copyItem(atPath: other.certificate, toPath: trusted)
            try await delivery.delivered()
        }
        await receiver.shutDown()
    }
}

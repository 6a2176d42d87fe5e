// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL

/// Decides whether a peer is the one that was configured, by the certificate that it has proven to own.
///
/// NIOSSL verifies the chain and the dates only (`TLSFiles`). Its own look at the names also accepts the address of the
/// connection, the common name and `*`. So everything that opens a connection over TLS asks here: after the handshake,
/// and before it writes a byte.
enum PeerVerification {
    /// Why the peer is refused.
    enum Refusal: Error, Equatable {
        case name(expected: PeerIdentity, CertificateNames)
        case shortKey(serialNumber: String, bits: Int)
        case noCertificate
    }

    /// Looks at the certificate of a channel whose handshake is over.
    ///
    /// - Throws: `Refusal`
    /// - Returns: what it saw.
    @discardableResult
    static func verify(_ channel: any Channel, _ identity: PeerIdentity) throws -> NIOSSLCertificate {
        guard let certificate = try channel.pipeline.syncOperations.nioSSL_peerCertificate() else {
            throw Refusal.noCertificate
        }
        let names = CertificateNames(certificate)
        guard identity.isCarried(by: names) else { throw Refusal.name(expected: identity, names) }
        if let bits = certificate.insufficientRSABits {
            throw Refusal.shortKey(serialNumber: CertificateTerm(certificate).serialNumber, bits: bits)
        }
        return certificate
    }
}

extension PeerVerification.Refusal: CustomStringConvertible {
    /// In words that follow the endpoint's name.
    var description: String {
        switch self {
        case .name(.name(let name), let found):
            "TLS: Graylog's certificate does not carry the name \(name); it carries \(found.text)"
        case .name(.address, let found):
            "TLS: Graylog's certificate does not carry the endpoint's address; it carries \(found.text)"
        case .shortKey(let serialNumber, let bits):
            "TLS: Graylog's certificate (serial \(serialNumber)) has an RSA key of \(bits) bits; "
                + "needed: at least \(RSAKeySize.leastBits)"
        case .noCertificate:
            "TLS: the peer has shown no certificate"
        }
    }
}

extension CertificateNames {
    init(_ certificate: NIOSSLCertificate) {
        var names: [String] = []
        var addresses: [[UInt8]] = []
        for name in certificate._subjectAlternativeNames() {
            switch name.nameType {
            case .dnsName: names.append(String(decoding: name.contents, as: UTF8.self))
            case .ipAddress: addresses.append(Array(name.contents))
            default: break
            }
        }
        self.init(names: names, addresses: addresses)
    }
}

extension NIOSSLCertificate {
    /// Bits of its RSA key when they are too few; nil for a key that is long enough or of another kind.
    var insufficientRSABits: Int? {
        guard let der = try? toDERBytes(), let bits = RSAKeySize.bits(inCertificate: der) else { return nil }
        return bits < RSAKeySize.leastBits ? bits : nil
    }
}

/// Looks at the certificates of a peer that the TLS library has rejected, to find out why: the library does not tell.
///
/// It connects once more, and rejects the certificates whatever they are: nothing is ever sent on such a connection.
enum CertificateDiagnosis {
    /// How long it may take.
    private static let timeout = Duration.seconds(5)

    /// The certificates that the peer presents, its own first.
    private final class Finding {
        var chain: [CertificateFacts] = []
    }

    /// Answers on the event loop what the peer presents; nothing when it presents nothing in time, or something that is
    /// not understood.
    ///
    /// - Parameters:
    ///   - address: the peer's, or its proxy's.
    ///   - tunnel: through the proxy, without TLS; nil without a proxy.
    static func run(
        _ address: SocketAddress, through tunnel: HTTPTunnel? = nil, _ security: TCPConnection.Security,
        on loop: any EventLoop, then answer: @escaping ([CertificateFacts]) -> Void
    ) {
        let finding = Finding()
        let box = NIOLoopBound((finding: finding, answer: answer), eventLoop: loop)
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(timeout.wholeNanoseconds))
            .connect(to: address)
            .flatMap { channel in
                let limit = loop.scheduleTask(in: .nanoseconds(timeout.wholeNanoseconds)) {
                    channel.close(promise: nil)
                }
                let opened = tunnel?.open(on: channel) ?? loop.makeSucceededVoidFuture()
                opened.flatMapThrowing {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(
                            context: security.context, serverHostname: security.identity.name,
                            customVerificationCallback: { certificates, verdict in
                                let facts = certificates.compactMap(CertificateFacts.init)
                                box.value.finding.chain = facts.count == certificates.count ? facts : []
                                verdict.succeed(NIOSSLVerificationResult.failed)
                            }))
                }.whenFailure { _ in channel.close(promise: nil) }
                return channel.closeFuture.always { _ in limit.cancel() }
            }
            .whenComplete { _ in box.value.answer(box.value.finding.chain) }
    }
}

/// The authorities that the TLS library trusts when none are set.
enum SystemAuthorities {
    /// Where the TLS library looks for them.
    private static let files = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    /// Reads them, blocking; nil when they cannot be read.
    static func read() -> [CertificateFacts]? {
        let found = files.lazy.compactMap { try? NIOSSLCertificate.fromPEMFile($0) }.first
        return found?.compactMap(CertificateFacts.init)
    }
}

extension CertificateFacts {
    init?(_ certificate: NIOSSLCertificate) {
        guard let der = try? certificate.toDERBytes() else { return nil }
        self.init(der: der, term: CertificateTerm(certificate))
    }
}

/// What TLS errors mean, in words that follow the endpoint's name.
enum TLSFailure {
    /// The library's words for what a peer without TLS has answered.
    private static let plainWords = [
        "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_RECORD", "UNKNOWN_PROTOCOL",
    ]

    /// Alerts of the peer, as the library names them, and what the peer says with each (RFC 8446 section 6.2).
    private static let alerts = [
        ("CERTIFICATE_REQUIRED", "the peer wants a client certificate (tls.certificate)"),
        ("ALERT_UNKNOWN_CA", "the peer does not know the authority of our certificate (alert unknown_ca)"),
        ("ALERT_BAD_CERTIFICATE", "the peer does not accept our certificate (alert bad_certificate)"),
        ("ALERT_UNSUPPORTED_CERTIFICATE", "the peer does not accept our certificate (alert unsupported_certificate)"),
        ("ALERT_CERTIFICATE_EXPIRED", "the peer finds our certificate expired (alert certificate_expired)"),
        ("ALERT_CERTIFICATE_REVOKED", "the peer finds our certificate revoked (alert certificate_revoked)"),
        ("ALERT_CERTIFICATE_UNKNOWN", "the peer does not accept our certificate (alert certificate_unknown)"),
        ("ALERT_PROTOCOL_VERSION", "the peer speaks neither TLS 1.2 nor TLS 1.3 (alert protocol_version)"),
        ("ALERT_UNRECOGNIZED_NAME", "the peer does not know the name that it is asked for (alert unrecognized_name)"),
        ("ALERT_HANDSHAKE_FAILURE", "the peer refuses the handshake (alert handshake_failure)"),
    ]

    /// A certificate that is rejected, where no more is known.
    static let unexplained = "TLS: Graylog's certificate is rejected; the reason could not be found in time"

    /// Whether the peer's certificate was rejected, for a reason that the error does not tell.
    static func isUntrusted(_ error: any Error) -> Bool {
        "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
    }

    /// A handshake that did not end.
    static func silence(_ limit: String) -> String {
        "TLS: the handshake did not end within \(limit): the peer is slow, or this port is without TLS"
    }

    /// What ended a connection, or kept it from being made; nil when the error is none of TLS's.
    static func describe(_ error: any Error) -> String? {
        switch error {
        case let refusal as PeerVerification.Refusal:
            return refusal.description
        case NIOSSLError.uncleanShutdown:
            return "the peer ended the connection without a TLS close_notify"
        case NIOSSLError.handshakeFailed(let reason):
            return "TLS: the handshake failed: \(text(reason))"
        case let error as NIOSSLError:
            return "TLS: \(error)"
        case let error as NIOSSLExtraError:
            return "TLS: \(error)"
        case let error as BoringSSLError:
            return "TLS: \(text(error))"
        default:
            return nil
        }
    }

    /// BoringSSL's own words: `routine:REASON` of each error, without the place in its source.
    private static func text(_ error: BoringSSLError) -> String {
        let words = "\(error)"
        if words.contains("CERTIFICATE_VERIFY_FAILED") { return "Graylog's certificate is rejected" }
        if plainWords.contains(where: words.contains) { return "the peer does not speak TLS on this port" }
        if words.contains("EOF during handshake") { return "the peer closed the connection" }
        if let alert = alerts.first(where: { words.contains($0.0) }) { return alert.1 }
        let reasons = words.split(separator: ":").filter { part in
            part.allSatisfy { $0.isUppercase || $0 == "_" || $0.isNumber || $0 == " " } && part.contains("_")
        }
        return reasons.isEmpty ? words : reasons.joined(separator: ", ").lowercased()
    }
}

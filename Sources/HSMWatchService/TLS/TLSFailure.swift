// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOSSL

/// What TLS errors mean, in words that follow the endpoint's name.
enum TLSFailure {
    /// Whether the peer's certificate was not accepted, for a reason that the error does not tell.
    static func isUntrusted(_ error: any Error) -> Bool {
        "\(error)".contains("CERTIFICATE_VERIFY_FAILED")
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
        case let error as BoringSSLError:
            return "TLS: \(text(error))"
        default:
            return nil
        }
    }

    /// What the certificates say about why they are not accepted.
    ///
    /// - Parameter setting: what names the authorities that are trusted.
    static func describe(untrusted chain: [CertificateTerm], setting: String, at now: Timestamp) -> String {
        guard let own = chain.first else {
            return "TLS: Graylog's certificate is not accepted; it could not be looked at to say why"
        }
        for certificate in chain {
            if let problem = certificate.problem(at: now) {
                return "TLS: Graylog's certificate (serial \(certificate.serialNumber)) \(problem)"
            }
        }
        return "TLS: Graylog's certificate (serial \(own.serialNumber)) was not signed by an authority that is trusted "
            + "here; see \(setting)"
    }

    /// BoringSSL's own words: `routine:REASON` of each error, without the place in its source.
    private static func text(_ error: BoringSSLError) -> String {
        let words = "\(error)"
        if words.contains("WRONG_VERSION_NUMBER") { return "the peer does not speak TLS on this port" }
        if words.contains("EOF during handshake") { return "the peer closed the connection" }
        if words.contains("CERTIFICATE_REQUIRED") { return "the peer wants a client certificate (tls.certificate)" }
        if words.contains("ALERT_UNKNOWN_CA") || words.contains("ALERT_BAD_CERTIFICATE") {
            return "the peer does not accept our certificate"
        }
        let reasons = words.split(separator: ":").filter { part in
            part.allSatisfy { $0.isUppercase || $0 == "_" || $0.isNumber || $0 == " " } && part.contains("_")
        }
        return reasons.isEmpty ? words : reasons.joined(separator: ", ").lowercased()
    }
}

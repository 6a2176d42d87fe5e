// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOSSL

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

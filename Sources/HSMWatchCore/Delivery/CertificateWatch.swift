// SPDX-License-Identifier: Apache-2.0

/// When a certificate may be used, and what tells it from others.
package struct CertificateTerm: Hashable, Sendable {
    /// In hexadecimal, as openssl-x509(1) prints it, without colons.
    package let serialNumber: String
    package let notBefore: Timestamp
    package let notAfter: Timestamp

    package init(serialNumber: String, notBefore: Timestamp, notAfter: Timestamp) {
        self.serialNumber = serialNumber
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// What is wrong with the certificate's time, in words that follow its name; nil when nothing is.
    package func problem(at now: Timestamp) -> String? {
        if now < notBefore { return "is not valid before \(notBefore.utcText), and here it is \(now.utcText)" }
        if notAfter < now { return "expired on \(notAfter.utcText), and here it is \(now.utcText)" }
        return nil
    }
}

/// Warns before certificates end: of each once at 30, 14 and 7 days, also when several take turns.
package struct CertificateWatch: Sendable {
    /// Days before the end, in the order in which they pass.
    package static let warningDays = [30, 14, 7]
    /// Certificates that are remembered on each side. The one that was not in use for the longest time is forgotten
    /// first, and would be warned of again.
    package static let certificateLimit = 64

    /// Whose certificate it is.
    package enum Side: String, Hashable, Sendable {
        case own = "our own certificate"
        case peer = "Graylog's certificate"
    }

    /// A certificate that was warned of, and how many steps had passed then.
    private struct Known {
        let certificate: CertificateTerm
        var warned: Int
    }

    /// The one that was in use last stands at the end.
    private var known: [Side: [Known]] = [:]

    package init() {}

    /// Takes note of a certificate in use. Answers the whole days that are left when that is worth a warning.
    package mutating func note(_ certificate: CertificateTerm, of side: Side, at now: Timestamp) -> Int? {
        let days = (certificate.notAfter.milliseconds - now.milliseconds) / Self.millisecondsADay
        let passed = Self.warningDays.count { days < $0 }
        let index = known[side]?.firstIndex { $0.certificate == certificate }
        let warned = index.flatMap { known[side]?.remove(at: $0).warned } ?? 0
        // The clock may have been set back: a step that was warned of stays so.
        let latest = max(passed, warned)
        if latest > 0 { remember(Known(certificate: certificate, warned: latest), of: side) }
        return passed > warned ? max(0, Int(days)) : nil
    }

    private mutating func remember(_ certificate: Known, of side: Side) {
        let others = (known[side] ?? []).suffix(Self.certificateLimit - 1)
        known[side] = others + [certificate]
    }

    private static let millisecondsADay: Int64 = 86_400_000
}

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

/// Warns before certificates end: each once at 30, 14 and 7 days.
package struct CertificateWatch: Sendable {
    /// Days before the end, in the order in which they pass.
    package static let warningDays = [30, 14, 7]

    /// Whose certificate it is.
    package enum Side: String, Hashable, Sendable {
        case own = "our own certificate"
        case peer = "Graylog's certificate"
    }

    private struct Known {
        let certificate: CertificateTerm
        var warned = 0
    }

    private var known: [Side: Known] = [:]

    package init() {}

    /// Takes note of a certificate in use. Answers the whole days that are left when that is worth a warning.
    package mutating func note(_ certificate: CertificateTerm, of side: Side, at now: Timestamp) -> Int? {
        var known = known[side].flatMap { $0.certificate == certificate ? $0 : nil } ?? Known(certificate: certificate)
        let days = (certificate.notAfter.milliseconds - now.milliseconds) / Self.millisecondsADay
        let passed = Self.warningDays.count { days < $0 }
        defer { self.known[side] = known }
        guard passed > known.warned else { return nil }
        known.warned = passed
        return max(0, Int(days))
    }

    private static let millisecondsADay: Int64 = 86_400_000
}

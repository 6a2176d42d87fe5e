// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Certificate watch")
struct CertificateWatchTests {
    private static func day(_ day: Double) -> Timestamp { Timestamp(milliseconds: Int64(day * 86_400_000)) }

    private static func certificate(_ serial: String = "01", until day: Double = 100) -> CertificateTerm {
        CertificateTerm(serialNumber: serial, notBefore: Self.day(0), notAfter: Self.day(day))
    }

    @Test("warns once at 30, 14 and 7 days before the end")
    func stages() {
        var watch = CertificateWatch()
        let days: [Double] = [1, 69.9, 70.1, 71, 85, 86.1, 87, 93.1, 94, 99.9, 101]
        let warned = days.map { watch.note(Self.certificate(), of: .peer, at: Self.day($0)) }
        #expect(warned == [nil, nil, 29, nil, nil, 13, nil, 6, nil, nil, nil])
    }

    @Test("a service that starts late warns once, not for what has passed before")
    func late() {
        var watch = CertificateWatch()
        let warned = [95.5, 96].map { watch.note(Self.certificate(), of: .peer, at: Self.day($0)) }
        #expect(warned == [4, nil])
    }

    @Test("each side and each new certificate has its own warnings")
    func renewed() {
        var watch = CertificateWatch()
        let peer = watch.note(Self.certificate(), of: .peer, at: Self.day(95))
        let own = watch.note(Self.certificate(), of: .own, at: Self.day(95))
        let renewed = watch.note(Self.certificate("02", until: 200), of: .peer, at: Self.day(96))
        let again = watch.note(Self.certificate("02", until: 200), of: .peer, at: Self.day(180))
        #expect([peer, own, renewed, again] == [5, 5, nil, 20])
    }

    @Test("tells what is wrong with a certificate's time")
    func problems() {
        let certificate = CertificateTerm(serialNumber: "01", notBefore: Self.day(10), notAfter: Self.day(20))
        #expect(certificate.problem(at: Self.day(15)) == nil)
        #expect(
            certificate.problem(at: Self.day(5))
                == "is not valid before 1970-01-11 00:00:00 UTC, and here it is 1970-01-06 00:00:00 UTC")
        #expect(
            certificate.problem(at: Self.day(25))
                == "expired on 1970-01-21 00:00:00 UTC, and here it is 1970-01-26 00:00:00 UTC")
    }
}

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

    @Test("two certificates in turn are a warning each, not one at every connection")
    func alternating() {
        var watch = CertificateWatch()
        let warned = [95, 95.1, 95.2, 95.3, 96].map { day in
            ["01", "02"].map { watch.note(Self.certificate($0), of: .peer, at: Self.day(day)) }
        }
        #expect(warned == [[5, 5], [nil, nil], [nil, nil], [nil, nil], [nil, nil]])
    }

    @Test("each of two certificates in turn is warned of once a step")
    func alternatingSteps() {
        var watch = CertificateWatch()
        let warned = [75, 75.1, 90, 90.1, 95, 95.1].map { day in
            ["01", "02"].map { watch.note(Self.certificate($0), of: .peer, at: Self.day(day)) }
        }
        #expect(warned == [[25, 25], [nil, nil], [10, 10], [nil, nil], [5, 5], [nil, nil]])
    }

    @Test("remembers so many certificates a side, and forgets the one that was not in use for the longest time")
    func limit() {
        var watch = CertificateWatch()
        func note(_ number: Int, _ side: CertificateWatch.Side = .peer) -> Int? {
            watch.note(Self.certificate("\(number)"), of: side, at: Self.day(95))
        }
        let limit = CertificateWatch.certificateLimit
        #expect(note(0, .own) == 5)
        #expect((1...limit).map { note($0) } == Array(repeating: 5, count: limit))
        #expect((1...limit).map { note($0) } == Array(repeating: nil, count: limit))
        // The first is in use again, so the second goes.
        #expect(note(1) == nil)
        #expect(note(limit + 1) == 5)
        #expect([note(1), note(2)] == [nil, 5])
        #expect(note(0, .own) == nil)
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

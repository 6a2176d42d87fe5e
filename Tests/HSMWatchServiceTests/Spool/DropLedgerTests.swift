// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("Drop ledger")
struct DropLedgerTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("nothing dropped is nothing to report")
    func empty() {
        var ledger = DropLedger()
        ledger.note(0, reason: "full")
        ledger.note(-3, reason: "full")
        #expect(ledger.total == 0)
        #expect(ledger.reportDue == nil)
        #expect(ledger.takeReports(at: Self.at(100)).isEmpty)
    }

    @Test("the first drop is reported at once, the next ones together after the interval")
    func paced() {
        var ledger = DropLedger()
        ledger.note(3, reason: "full")
        #expect(ledger.takeReports(at: Self.at(100)) == [DropReport(count: 3, reason: "full")])
        #expect(ledger.reportDue == nil)
        ledger.note(2, reason: "full")
        ledger.note(5, reason: "full")
        #expect(ledger.reportDue == Self.at(110))
        #expect(ledger.takeReports(at: Self.at(109)).isEmpty)
        #expect(ledger.takeReports(at: Self.at(110)) == [DropReport(count: 7, reason: "full")])
        #expect(ledger.takeReports(at: Self.at(200)).isEmpty)
        #expect(ledger.total == 10)
    }

    @Test("each reason is reported with its own count")
    func reasons() {
        var ledger = DropLedger()
        ledger.note(3, reason: "full")
        ledger.note(1, reason: "old")
        ledger.note(4, reason: "full")
        #expect(
            ledger.takeReports(at: Self.at(0)) == [
                DropReport(count: 7, reason: "full"), DropReport(count: 1, reason: "old"),
            ])
    }

    @Test("at the end every drop is reported, whenever the last report was")
    func end() {
        var ledger = DropLedger()
        ledger.note(3, reason: "full")
        _ = ledger.takeReports(at: Self.at(100))
        ledger.note(1, reason: "old")
        #expect(ledger.takeAll() == [DropReport(count: 1, reason: "old")])
        #expect(ledger.takeAll().isEmpty)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Outage")
struct OutageTests {
    private static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    @Test("only the first loss is news")
    func news() {
        var outage = Outage()
        let losses = (0..<3).map { outage.lost(at: Self.at($0)) }
        #expect(losses == [true, false, false])
    }

    @Test("it is over when what was on its way has arrived and the connection has stood for a while")
    func over() {
        var outage = Outage()
        _ = outage.lost(at: Self.at(0))
        outage.connected(waiting: 12, needed: 40, at: Self.at(3000))
        #expect(outage.arrived(39, at: Self.at(5000)) == nil)
        #expect(outage.recovery(at: Self.at(5000)) == nil)
        #expect(outage.arrived(40, at: Self.at(6000)) == Outage.Recovery(lasted: .seconds(3), waiting: 12))
        #expect(outage.arrived(41, at: Self.at(7000)) == nil)
        #expect(outage.recovery(at: Self.at(7000)) == nil)
        let isNews = outage.lost(at: Self.at(8000))
        #expect(isNews)
    }

    @Test("with nothing to deliver it is over when the connection has stood for a while")
    func nothingWaits() {
        var outage = Outage()
        _ = outage.lost(at: Self.at(0))
        outage.connected(waiting: 0, needed: 41, at: Self.at(3000))
        #expect(outage.recovery(at: Self.at(3999)) == nil)
        #expect(outage.recovery(at: Self.at(4000)) == Outage.Recovery(lasted: .seconds(3), waiting: 0))
    }

    @Test("what arrives at once counts when the probation is over, not before")
    func probation() {
        var outage = Outage()
        _ = outage.lost(at: Self.at(0))
        outage.connected(waiting: 1, needed: 1, at: Self.at(100))
        #expect(outage.arrived(5, at: Self.at(101)) == nil)
        #expect(outage.recovery(at: Self.at(1099)) == nil)
        #expect(outage.recovery(at: Self.at(1100)) == Outage.Recovery(lasted: .milliseconds(100), waiting: 1))
    }

    @Test("a peer that takes connections and ends them at once is one outage, from its beginning to its end")
    func flapping() {
        var outage = Outage()
        _ = outage.lost(at: Self.at(0))
        for second in 1...1000 as ClosedRange<Int64> {
            outage.connected(waiting: 1, needed: 1, at: Self.at(second * 1000))
            #expect(outage.arrived(second, at: Self.at(second * 1000 + 10)) == nil)
            let isNews = outage.lost(at: Self.at(second * 1000 + 20))
            #expect(!isNews)
            #expect(outage.recovery(at: Self.at(second * 1000 + 999)) == nil)
        }
        outage.connected(waiting: 7, needed: 1, at: Self.at(2_000_000))
        #expect(
            outage.arrived(2000, at: Self.at(2_001_000)) == Outage.Recovery(lasted: .seconds(2000), waiting: 7))
    }

    @Test("without an outage a connection is nothing to tell")
    func healthy() {
        var outage = Outage()
        outage.connected(waiting: 3, needed: 1, at: Self.at(0))
        #expect(outage.arrived(9, at: Self.at(9000)) == nil)
        #expect(outage.recovery(at: Self.at(9000)) == nil)
    }
}

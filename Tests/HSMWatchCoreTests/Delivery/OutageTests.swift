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

    @Test("it lasts from the last confirmation to the next one")
    func confirmed() {
        var outage = Outage()
        outage.sent(at: Self.at(500))
        #expect(outage.confirmed(isAll: false, at: Self.at(1000)) == nil)
        outage.sent(at: Self.at(9000))
        _ = outage.lost(at: Self.at(16_000))
        outage.connected(waiting: 12)
        #expect(outage.isDown)
        let recovery = outage.confirmed(isAll: true, at: Self.at(31_000))
        #expect(recovery == Outage.Recovery(lasted: .seconds(30), waiting: 12, wasLasting: false))
        #expect(!outage.isDown)
        #expect(outage.confirmed(isAll: true, at: Self.at(32_000)) == nil)
        let isNews = outage.lost(at: Self.at(33_000))
        #expect(isNews)
    }

    @Test("when nothing was unconfirmed it begins with the first message after that, or with the loss")
    func idle() {
        for (sentAt, lasted) in [(3_600_000, 5), (nil, 4)] as [(Int64?, Int)] {
            var outage = Outage()
            outage.sent(at: Self.at(0))
            _ = outage.confirmed(isAll: true, at: Self.at(1000))
            if let sentAt { outage.sent(at: Self.at(sentAt)) }
            _ = outage.lost(at: Self.at(3_601_000))
            #expect(outage.confirmed(isAll: true, at: Self.at(3_605_000))?.lasted == .seconds(lasted))
        }
    }

    @Test("connections that confirm nothing end no outage, however many and however long they stand")
    func frozen() {
        var outage = Outage()
        _ = outage.lost(at: Self.at(0))
        for second in 1...1000 as ClosedRange<Int64> {
            outage.connected(waiting: 1)
            outage.sent(at: Self.at(second * 1000))
            let isNews = outage.lost(at: Self.at(second * 1000 + 900))
            #expect(!isNews)
        }
        outage.connected(waiting: 7)
        let recovery = outage.confirmed(isAll: false, at: Self.at(2_000_000))
        #expect(recovery == Outage.Recovery(lasted: .seconds(2000), waiting: 7, wasLasting: true))
    }

    @Test("an outage is reported again a minute after the loss, and its end is then that of a lasting one")
    func lasting() {
        var outage = Outage()
        #expect(outage.deadline == nil)
        outage.sent(at: Self.at(0))
        _ = outage.lost(at: Self.at(10_000))
        #expect(outage.deadline == Self.at(70_000))
        #expect(outage.deadlinePassed(at: Self.at(69_999)) == nil)
        // Connections that confirm nothing do not begin the minute anew.
        outage.connected(waiting: 1)
        _ = outage.lost(at: Self.at(50_000))
        #expect(outage.deadlinePassed(at: Self.at(70_000)) == .seconds(70))
        #expect(outage.deadline == nil)
        #expect(outage.deadlinePassed(at: Self.at(7_000_000)) == nil)
        #expect(outage.confirmed(isAll: true, at: Self.at(80_000))?.wasLasting == true)
        #expect(outage.deadline == nil)
    }

    @Test(
        "a restart of Graylog is no lasting outage, however long ago the last confirmation was",
        arguments: [(lostAfter: 0, backAfter: 17, isLasting: false), (600, 60, false), (0, 60, false), (0, 61, true)])
    func restart(lostAfter: Int64, backAfter: Int64, isLasting: Bool) {
        var outage = Outage()
        outage.sent(at: Self.at(0))
        _ = outage.lost(at: Self.at(lostAfter * 1000))
        let recovery = outage.confirmed(isAll: true, at: Self.at((lostAfter + backAfter) * 1000))
        #expect(recovery?.wasLasting == isLasting)
        #expect(recovery?.lasted == .seconds(lostAfter + backAfter))
        // Nothing is told of an outage that is over.
        #expect(outage.deadlinePassed(at: Self.at(10_000_000)) == nil)
    }
}

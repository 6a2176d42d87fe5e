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
        #expect(recovery == Outage.Recovery(lasted: .seconds(30), waiting: 12))
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
        #expect(recovery == Outage.Recovery(lasted: .seconds(2000), waiting: 7))
    }
}

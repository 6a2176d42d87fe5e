// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Delivery by datagrams")
struct DatagramDeliveryTests {
    private static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// One whose first message was sent at zero and counts as delivered at 250 ms.
    private static func proved() -> DatagramDelivery {
        var delivery = DatagramDelivery(at: at(0))
        #expect(delivery.handle(.sent(datagrams: 1, upTo: 1), at: at(0)) == nil)
        #expect(delivery.handle(.deadline, at: at(250)) == .confirm(1))
        return delivery
    }

    @Test("the first message goes alone, and counts as delivered when it was not refused for 250 ms")
    func first() {
        var delivery = DatagramDelivery(at: Self.at(0))
        #expect(delivery.maySend)
        #expect(delivery.deadline == nil)
        #expect(delivery.handle(.sent(datagrams: 1, upTo: 7), at: Self.at(1000)) == nil)
        #expect(!delivery.maySend)
        #expect(delivery.deadline == Self.at(1250))
        #expect(delivery.handle(.deadline, at: Self.at(1249)) == nil)
        #expect(delivery.handle(.deadline, at: Self.at(1250)) == .confirm(7))
        #expect(delivery.maySend)
    }

    @Test("what ICMP says before that is the end, and nothing of it is confirmed")
    func unreachable() {
        var delivery = DatagramDelivery(at: Self.at(0))
        _ = delivery.handle(.sent(datagrams: 1, upTo: 7), at: Self.at(0))
        #expect(delivery.handle(.unreachable("connection refused"), at: Self.at(3)) == .over("connection refused"))
        #expect(!delivery.maySend)
        #expect(delivery.deadline == nil)
        #expect(delivery.handle(.unreachable("connection refused"), at: Self.at(4)) == nil)
        #expect(delivery.handle(.deadline, at: Self.at(250)) == nil)
        #expect(delivery.handle(.sent(datagrams: 1, upTo: 8), at: Self.at(251)) == nil)
    }

    @Test("a later refusal takes back only messages younger than 250 ms")
    func later() {
        var delivery = Self.proved()
        _ = delivery.handle(.sent(datagrams: 1, upTo: 2), at: Self.at(300))
        _ = delivery.handle(.sent(datagrams: 1, upTo: 3), at: Self.at(400))
        #expect(delivery.handle(.deadline, at: Self.at(560)) == .confirm(2))
        #expect(delivery.handle(.unreachable("no route"), at: Self.at(600)) == .over("no route"))
    }

    @Test("at most fifty datagrams leave within 20 ms")
    func pace() {
        var delivery = Self.proved()
        _ = delivery.handle(.sent(datagrams: 30, upTo: 31), at: Self.at(300))
        #expect(delivery.maySend)
        _ = delivery.handle(.sent(datagrams: 20, upTo: 51), at: Self.at(301))
        #expect(!delivery.maySend)
        #expect(delivery.deadline == Self.at(320))
        #expect(delivery.handle(.deadline, at: Self.at(319)) == nil)
        #expect(!delivery.maySend)
        #expect(delivery.handle(.deadline, at: Self.at(320)) == nil)
        #expect(delivery.maySend)
        // Now only the confirmation is waited for.
        #expect(delivery.deadline == Self.at(550))
        #expect(delivery.handle(.deadline, at: Self.at(551)) == .confirm(51))
        #expect(delivery.deadline == nil)
    }

    @Test("the chunks of one message leave together, and what they exceed the pace by is waited for")
    func debt() {
        var delivery = Self.proved()
        _ = delivery.handle(.sent(datagrams: 128, upTo: 2), at: Self.at(300))
        #expect(!delivery.maySend)
        for (time, maySend) in [(320, false), (340, true), (360, true)] as [(Int64, Bool)] {
            #expect(delivery.deadline == Self.at(time))
            #expect(delivery.handle(.deadline, at: Self.at(time)) == nil)
            #expect(delivery.maySend == maySend)
        }
    }

    @Test("a full buffer is tried again more and more rarely, and is the end after the patience")
    func full() {
        var delivery = DatagramDelivery(at: Self.at(0), patience: .seconds(15))
        var now: Int64 = 0
        var delays: [Int64] = []
        while true {
            if let action = delivery.handle(.full, at: Self.at(now)) {
                #expect(action == .over("the kernel's send buffer was full for 15s"))
                break
            }
            delays.append(delivery.retryDelay.wholeMilliseconds)
            now += delivery.retryDelay.wholeMilliseconds
        }
        #expect(delays.prefix(7) == [20, 40, 80, 160, 320, 640, 1000])
        #expect(delays.count < 25)
        #expect((15_000...16_000).contains(now))
        #expect(!delivery.maySend)
        #expect(delivery.handle(.full, at: Self.at(now + 1)) == nil)
    }

    @Test("a datagram that the kernel takes begins the patience anew")
    func taken() {
        var delivery = Self.proved()
        for round in 0..<10 as Range<Int64> {
            #expect(delivery.handle(.full, at: Self.at(1000 + round * 14_000)) == nil)
            #expect(delivery.retryDelay == .milliseconds(20))
            #expect(delivery.handle(.full, at: Self.at(14_000 + round * 14_000)) == nil)
            #expect(delivery.handle(.taken, at: Self.at(14_001 + round * 14_000)) == nil)
        }
        #expect(delivery.maySend)
    }

    @Test("after a pause one burst is allowed at most")
    func pause() {
        var delivery = Self.proved()
        _ = delivery.handle(.sent(datagrams: 49, upTo: 2), at: Self.at(60_000))
        #expect(delivery.maySend)
        _ = delivery.handle(.sent(datagrams: 1, upTo: 3), at: Self.at(60_000))
        #expect(!delivery.maySend)
    }
}

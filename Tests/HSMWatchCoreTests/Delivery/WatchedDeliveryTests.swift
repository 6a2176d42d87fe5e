// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// For a minute after a loss: rotations overlap, and messages wait for the confirmation of those before.
@Suite("Delivery, watched closely")
struct WatchedDeliveryTests {
    /// After a loss, with the first connection, on which message 1 was, half-closed at 250 ms.
    private static func afterLoss(waiting: Int = 0) -> DeliveryTalk {
        var caution = Caution()
        caution.lost(confirmedNothing: false, at: DeliveryTalk.at(0))
        var talk = DeliveryTalk(caution: caution)
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 100, count: 100, waiting: waiting) == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.pass(to: 250) == [.halfClose(DeliveryTalk.first)])
        return talk
    }

    /// The same with the first connection ended after 2 ms, and its next successor open.
    private static func proving() -> DeliveryTalk {
        var talk = afterLoss()
        #expect(talk.tell(252, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(252, .opened) == [])
        return talk
    }

    @Test("the next successor settles while the last connection is proven, and messages wait for both")
    func overlap() {
        var talk = Self.proving()
        #expect(talk.delivery.active == nil)
        #expect(talk.pass(to: 502) == [.close(DeliveryTalk.first), .confirm(100)])
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
        // All that has waited is half-closed at once.
        #expect(talk.send(502, upTo: 103, count: 3) == [.halfClose(DeliveryTalk.second)])
        #expect(talk.tell(504, .ended(DeliveryTalk.second, .clean)) == [.connect(Delivery.Leg(number: 4))])
        #expect(talk.pass(to: 754) == [.close(DeliveryTalk.second), .confirm(103)])
    }

    @Test("while more messages wait they gather, for 50 ms")
    func gathering() {
        var talk = Self.proving()
        _ = talk.pass(to: 502)
        #expect(talk.send(510, upTo: 103, count: 3, waiting: 2) == [])
        #expect(talk.send(511, upTo: 104, waiting: 1) == [])
        var other = talk
        #expect(talk.send(512, upTo: 105) == [.halfClose(DeliveryTalk.second)])
        #expect(other.pass(to: 559) == [])
        #expect(other.pass(to: 560) == [.halfClose(DeliveryTalk.second)])
    }

    @Test("a connection that is slow to end is waited for a second, with its proof")
    func orderLimit() {
        var talk = Self.afterLoss()
        #expect(talk.tell(1150, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.pass(to: 1249) == [])
        #expect(talk.delivery.active == nil)
        #expect(talk.pass(to: 1250) == [])
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
    }

    @Test("a backlog of 500 messages waits for nothing but the order", arguments: [(499, false), (500, true)])
    func backlog(waiting: Int, goesOn: Bool) {
        var talk = Self.afterLoss(waiting: waiting)
        // Even where the peer has been slow to read.
        _ = talk.tell(750, .ended(DeliveryTalk.first, .clean))
        #expect((talk.delivery.active?.allowance == .max) == goesOn)
        #expect((talk.delivery.active == nil) == !goesOn)
    }

    @Test("a peer that reads slowly gets what it reads in 250 ms, and half-closes with it, until it reads faster")
    func quota() {
        var talk = Self.afterLoss()
        #expect(talk.tell(750, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(750, .opened) == [])
        #expect(talk.pass(to: 1000) == [.close(DeliveryTalk.first), .confirm(100)])
        #expect(talk.delivery.active?.allowance == 50)
        #expect(talk.send(1000, upTo: 130, count: 30, waiting: 60) == [])
        #expect(talk.delivery.active?.allowance == 20)
        #expect(talk.send(1001, upTo: 150, count: 20, waiting: 40) == [.halfClose(DeliveryTalk.second)])
        #expect(talk.tell(1101, .ended(DeliveryTalk.second, .clean)) == [.connect(Delivery.Leg(number: 4))])
        #expect(talk.pass(to: 1351).contains(.confirm(150)))
        #expect(talk.delivery.active?.allowance == 100)
    }

    @Test("behind a connection that is slow to end all that waits is sent after a second, whatever the peer reads")
    func quotaEnds() {
        var talk = Self.afterLoss()
        _ = talk.tell(750, .ended(DeliveryTalk.first, .clean))
        _ = talk.tell(750, .opened)
        _ = talk.pass(to: 1000)
        #expect(talk.send(1000, upTo: 150, count: 50, waiting: 400) == [.halfClose(DeliveryTalk.second)])
        #expect(talk.tell(1001, .held(DeliveryTalk.second, bytes: 4000)) == [])
        #expect(talk.delivery.active == nil)
        _ = talk.pass(to: 2000)
        #expect(talk.delivery.active?.leg == DeliveryTalk.third)
        #expect(talk.delivery.active?.allowance == .max)
    }

    @Test("in a calm time nothing is limited, however slowly the peer reads")
    func calm() {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(1900, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.delivery.active?.allowance == .max)
    }

    @Test("a successor that settles later than the proof half-closes nothing before")
    func slowSuccessor() {
        var talk = Self.afterLoss()
        #expect(talk.tell(252, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(450, .opened) == [])
        #expect(talk.pass(to: 502) == [.close(DeliveryTalk.first), .confirm(100)])
        #expect(talk.send(502, upTo: 101) == [])
        #expect(talk.pass(to: 699) == [])
        #expect(talk.pass(to: 700) == [.halfClose(DeliveryTalk.second)])
    }

    @Test("the end of the active connection or of its successor confirms nothing of the one before", arguments: [2, 3])
    func ends(number: Int) {
        var talk = Self.proving()
        #expect(talk.pass(to: 501) == [])
        let end = talk.tell(501, .ended(Delivery.Leg(number: number), .broken(.closed)))
        #expect(end == (1...3).map { .close(Delivery.Leg(number: $0)) } + [.over(.closed)])
    }

    @Test("a refused successor confirms nothing of the connection that is proven")
    func refused() {
        let refused = Loss(.gone, "connection refused")
        var talk = Self.afterLoss()
        #expect(talk.tell(252, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(253, .failed(refused)) == (1...3).map { .close(Delivery.Leg(number: $0)) } + [.over(refused)])
    }

    @Test("a successor is opened at the earliest 250 ms after the first connection, also after a loss")
    func firstSuccessor() {
        var caution = Caution()
        caution.lost(confirmedNothing: false, at: DeliveryTalk.at(0))
        var talk = DeliveryTalk(caution: caution)
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.pass(to: 249) == [])
        #expect(talk.pass(to: 250) == [.connect(DeliveryTalk.second)])
    }

    @Test("a fast peer sees at most four connections in any second, whatever is sent, in a hurry and without trust")
    func connectionsPerSecond() {
        var (distrust, alert) = (Caution(), Caution())
        for _ in 1...4 { distrust.lost(confirmedNothing: true, at: DeliveryTalk.at(0)) }
        alert.lost(confirmedNothing: false, at: DeliveryTalk.at(0))
        let cases = [
            (Caution(), false, 10_000), (Caution(), true, 10_000), (distrust, false, 10_000), (alert, false, 1),
        ]
        for (caution, isHurried, count) in cases {
            var talk = DeliveryTalk(caution: caution)
            var connects: [Int64] = [0]
            var waiting: [Delivery.Action] = talk.tell(0, .opened)
            if isHurried { waiting += talk.tell(0, .hurry) }
            for now in 0...10_000 as ClosedRange<Int64> {
                waiting += talk.pass(to: now)
                while !waiting.isEmpty {
                    switch waiting.removeFirst() {
                    case .connect:
                        connects.append(now)
                        waiting += talk.tell(now, .opened)
                    case .halfClose(let leg):
                        waiting += talk.tell(now, .ended(leg, .clean))
                    default: break
                    }
                }
                if talk.delivery.active != nil { waiting += talk.send(now, upTo: now, count: count) }
            }
            #expect((38...40).contains(connects.filter { $0 < 10_000 }.count))
            #expect(zip(connects, connects.dropFirst(4)).allSatisfy { $1 - $0 >= 1000 })
        }
    }
}

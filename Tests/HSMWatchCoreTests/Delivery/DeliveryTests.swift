// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// A delivery that is told what happens, at instants of a clock that starts at zero.
private struct Talk {
    var delivery: Delivery

    static let first = Delivery.firstLeg
    static let second = Delivery.Leg(number: 2)
    static let third = Delivery.Leg(number: 3)

    init(confirm: Duration? = .seconds(10), caution: Caution = Caution()) {
        delivery = Delivery(confirm: confirm, caution: caution, patience: .seconds(15), at: Self.at(0))
    }

    static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Tells what happens, so many milliseconds after the start.
    mutating func tell(_ milliseconds: Int64, _ event: Delivery.Event) -> [Delivery.Action] {
        delivery.handle(event, at: Self.at(milliseconds))
    }

    mutating func send(_ milliseconds: Int64, upTo position: Int64, count: Int = 1) -> [Delivery.Action] {
        tell(milliseconds, .sent(count: count, bytes: 100 * count, upTo: position))
    }

    /// Up to the half-close of the first connection at 10 s, with messages 1 to 3 on it; everything is acknowledged.
    mutating func reachDrain() {
        #expect(tell(0, .opened) == [])
        #expect(send(0, upTo: 3) == [])
        #expect(tell(0, .held(Self.first, bytes: 0)) == [.acknowledged(3)])
        #expect(tell(10_000, .deadline) == [.connect(Self.second)])
        #expect(tell(10_000, .opened) == [])
        #expect(tell(10_250, .deadline) == [.halfClose(Self.first)])
    }
}

@Suite("Delivery")
struct DeliveryTests {
    private static let reset = Delivery.Ending.broken("the peer reset the connection")

    @Test("a clean rotation: the successor, the half-close, the peer's end, 250 ms, and then all is confirmed")
    func rotation() {
        var talk = Talk()
        talk.reachDrain()
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(10_260, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        // New messages go on the successor meanwhile.
        #expect(talk.delivery.active?.leg == Talk.second)
        #expect(talk.send(10_262, upTo: 4) == [])
        #expect(talk.delivery.deadline == Talk.at(10_510))
        #expect(talk.tell(10_509, .deadline) == [])
        #expect(talk.tell(10_510, .deadline) == [.confirm(3)])
        // The next one is due an interval after its first message.
        #expect(talk.tell(10_510, .held(Talk.second, bytes: 0)) == [.acknowledged(4)])
        #expect(talk.delivery.deadline == Talk.at(20_262))
        #expect(talk.tell(20_262, .deadline) == [.connect(Talk.third)])
    }

    @Test("new messages wait a second for the end of the old connection, so that the order is kept, and no longer")
    func order() {
        var talk = Talk()
        talk.reachDrain()
        #expect(talk.delivery.active == nil)
        #expect(talk.delivery.deadline == Talk.at(11_250))
        #expect(talk.tell(11_250, .deadline) == [])
        #expect(talk.delivery.active?.leg == Talk.second)
        #expect(talk.send(11_250, upTo: 4) == [])
        #expect(talk.tell(12_250, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        #expect(talk.tell(12_500, .deadline) == [.confirm(3)])
    }

    @Test("messages that are sent while the successor is being opened belong to the old connection")
    func whileOpening() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(10_000, .deadline).contains(.connect(Talk.second)))
        #expect(talk.delivery.active?.leg == Talk.first)
        #expect(talk.send(10_001, upTo: 2) == [])
        #expect(talk.tell(10_002, .opened) == [])
        // And while it settles.
        #expect(talk.delivery.active?.leg == Talk.first)
        #expect(talk.send(10_003, upTo: 3) == [])
        #expect(talk.tell(10_252, .deadline).contains(.halfClose(Talk.first)))
        #expect(talk.tell(10_253, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        #expect(talk.tell(10_503, .deadline) == [.confirm(3)])
    }

    @Test("a connection with nothing on it is not rotated")
    func nothingSent() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.delivery.deadline == nil)
        #expect(talk.tell(3_600_000, .deadline) == [])
        #expect(talk.tell(3_600_000, .hurry) == [])
    }

    @Test("after 10,000 messages the rotation does not wait for the interval")
    func messageLimit() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 9999, count: 9999) == [])
        #expect(talk.send(1, upTo: 10_000) == [.connect(Talk.second)])
    }

    @Test("in a hurry it waits for no interval, and rotates again as long as something is unconfirmed")
    func hurried() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(Talk.second)])
        #expect(talk.tell(2, .opened) == [])
        #expect(talk.tell(252, .deadline) == [.halfClose(Talk.first)])
        // A stop while it drains: what comes now is confirmed too, without a word more.
        #expect(talk.tell(254, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        #expect(talk.send(255, upTo: 2) == [])
        #expect(talk.tell(504, .deadline) == [.confirm(1), .connect(Talk.third)])
        #expect(talk.tell(505, .opened) == [])
        #expect(talk.tell(755, .deadline).contains(.halfClose(Talk.second)))
        #expect(talk.tell(756, .ended(Talk.second, .clean)) == [.close(Talk.second)])
        #expect(talk.tell(1006, .deadline) == [.confirm(2)])
        #expect(talk.delivery.deadline == nil)
    }

    @Test("an end of stream behind which the successor ends too confirms nothing", arguments: [0, 249] as [Int64])
    func deadSuccessor(milliseconds: Int64) {
        var talk = Talk()
        talk.reachDrain()
        #expect(talk.tell(10_260, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        // Without a half-close of ours, an end of stream is no clean one.
        let end = talk.tell(10_260 + milliseconds, .ended(Talk.second, .broken("the peer closed the connection")))
        #expect(end == [.close(Talk.second), .over("the peer closed the connection")])
        #expect(talk.tell(20_000, .deadline) == [])
        #expect(talk.delivery.deadline == nil)
        #expect(talk.delivery.active == nil)
    }

    @Test("a stop that does not know the successor yet closes the old connection while the successor settles")
    func unknownSuccessor() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(Talk.second)])
        #expect(talk.tell(2, .opened) == [])
        let end = talk.tell(3, .ended(Talk.first, .broken("the peer closed the connection")))
        #expect(end == [.close(Talk.first), .close(Talk.second), .over("the peer closed the connection")])
    }

    @Test("the successor that ends before the old connection takes it along")
    func successorEndsFirst() {
        var talk = Talk()
        talk.reachDrain()
        let end = talk.tell(10_255, .ended(Talk.second, Self.reset))
        #expect(end == [.close(Talk.first), .close(Talk.second), .over("the peer reset the connection")])
        // A late event of a connection that is gone.
        #expect(talk.tell(10_256, .ended(Talk.first, .clean)) == [])
    }

    @Test("a reset ends it in every step, and confirms nothing")
    func resets() {
        var opening = Talk()
        #expect(opening.tell(0, .failed("connection refused")) == [.close(Talk.first), .over("connection refused")])

        var sending = Talk()
        #expect(sending.tell(0, .opened) == [])
        #expect(sending.send(0, upTo: 1) == [])
        let first = [Delivery.Action.close(Talk.first), .over("the peer reset the connection")]
        #expect(sending.tell(1, .ended(Talk.first, Self.reset)) == first)

        var rotating = Talk()
        #expect(rotating.tell(0, .opened) == [])
        #expect(rotating.send(0, upTo: 1) == [])
        #expect(rotating.tell(1, .hurry) == [.connect(Talk.second)])
        let both = [
            Delivery.Action.close(Talk.first), .close(Talk.second), .over("the peer reset the connection"),
        ]
        #expect(rotating.tell(2, .ended(Talk.first, Self.reset)) == both)
        #expect(rotating.tell(3, .opened) == [])

        var draining = Talk()
        draining.reachDrain()
        #expect(draining.tell(10_252, .ended(Talk.first, Self.reset)) == both)
    }

    @Test("an end of stream without a half-close is not clean, whoever says so")
    func withoutHalfClose() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        let end = talk.tell(1, .ended(Talk.first, .clean))
        #expect(end == [.close(Talk.first), .over("the peer closed the connection")])
    }

    @Test("an endpoint that refuses the successor is left, though the old connection stands")
    func successorRefused() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(Talk.second)])
        let end = talk.tell(2, .failed("connection refused"))
        #expect(end == [.close(Talk.first), .close(Talk.second), .over("connection refused")])
    }

    @Test("a drain without an end is given up after 15 s, though everything is acknowledged")
    func drainTimeout() {
        var talk = Talk()
        talk.reachDrain()
        #expect(talk.tell(11_250, .deadline) == [])
        #expect(talk.delivery.deadline == Talk.at(15_250))
        #expect(talk.tell(15_250, .deadline) == [.measure(Talk.first), .measure(Talk.second)])
        #expect(talk.tell(15_250, .held(Talk.first, bytes: 0)) == [])
        #expect(talk.tell(25_249, .held(Talk.first, bytes: 0)) == [])
        let end = talk.tell(25_250, .held(Talk.first, bytes: 0))
        #expect(end == [.close(Talk.first), .close(Talk.second), .over("nothing moved for 15s")])
    }

    @Test("a slow reader has its time: every byte that moves is movement, before the half-close and behind it")
    func slowReader() {
        var talk = Talk()
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 3, count: 3) == [])
        #expect(talk.tell(5000, .deadline) == [.measure(Talk.first)])
        #expect(talk.tell(5000, .held(Talk.first, bytes: 299)) == [])
        #expect(talk.tell(10_000, .deadline) == [.measure(Talk.first), .connect(Talk.second)])
        #expect(talk.tell(10_000, .opened) == [])
        #expect(talk.tell(10_250, .deadline) == [.halfClose(Talk.first)])
        for step in 1...10 {
            let now = 10_250 + Int64(step) * 14_999
            #expect(talk.tell(now, .held(Talk.first, bytes: 299 - step)) == [])
        }
        #expect(talk.tell(160_000, .held(Talk.first, bytes: 0)) == [.acknowledged(3)])
        #expect(talk.tell(170_000, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        #expect(talk.tell(170_250, .deadline).contains(.confirm(3)))
    }

    @Test("bytes that nobody acknowledges are given up after 15 s, asked for every 5 s")
    func standstill() {
        var talk = Talk(confirm: .seconds(3600))
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(1000, upTo: 1) == [])
        for second in [6000, 11_000] as [Int64] {
            #expect(talk.delivery.deadline == Talk.at(second))
            #expect(talk.tell(second, .deadline) == [.measure(Talk.first)])
            #expect(talk.tell(second, .held(Talk.first, bytes: 100)) == [])
        }
        #expect(talk.tell(16_000, .deadline) == [.measure(Talk.first)])
        let end = talk.tell(16_000, .held(Talk.first, bytes: 100))
        #expect(end == [.close(Talk.first), .over("nothing moved for 15s")])
    }

    @Test("who waits for what arrives is told soon")
    func watched() {
        var talk = Talk()
        talk.delivery.watchesArrival = true
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(1000, upTo: 1) == [])
        #expect(talk.delivery.deadline == Talk.at(1250))
        #expect(talk.tell(1250, .deadline) == [.measure(Talk.first)])
        #expect(talk.tell(1250, .held(Talk.first, bytes: 0)) == [.acknowledged(1)])
        #expect(talk.delivery.deadline == Talk.at(11_000))
    }

    @Test("without confirmation, what the peer's kernel has acknowledged is confirmed, on one connection")
    func confirmOff() {
        var talk = Talk(confirm: nil)
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.send(0, upTo: 20_000, count: 20_000) == [])
        #expect(talk.delivery.deadline == Talk.at(250))
        #expect(talk.tell(250, .deadline) == [.measure(Talk.first)])
        #expect(talk.tell(250, .held(Talk.first, bytes: 0)) == [.acknowledged(20_000), .confirm(20_000)])
        #expect(talk.tell(300, .hurry) == [])
        #expect(talk.delivery.deadline == nil)
    }
}

@Suite("Delivery, with caution")
struct CautiousDeliveryTests {
    /// What so many deliveries in a row teach that sent messages and confirmed none.
    private static func caution(after losses: Int) -> Caution {
        var caution = Caution()
        for _ in 0..<losses {
            var talk = Talk(caution: caution)
            _ = talk.tell(0, .opened)
            if talk.delivery.active == nil {
                _ = talk.tell(0, .opened)
                _ = talk.tell(250, .deadline)
            }
            _ = talk.send(250, upTo: 1)
            _ = talk.tell(251, .ended(Talk.first, .broken("the peer closed the connection")))
            caution = talk.delivery.caution
        }
        return caution
    }

    @Test(
        "each delivery that confirms nothing makes the next one smaller, but not the first one, down to one message",
        arguments: [(0, nil), (1, nil), (2, 256), (3, 16), (4, 1), (9, 1)] as [(Int, Int?)])
    func budgets(losses: Int, budget: Int?) {
        #expect(Self.caution(after: losses).budget == budget)
    }

    @Test("a peer that was never reached teaches nothing")
    func unreached() {
        var talk = Talk()
        _ = talk.tell(0, .failed("connection refused"))
        _ = talk.tell(0, .ended(Talk.first, .clean))
        #expect(talk.delivery.caution.budget == nil)
        var caution = Self.caution(after: 1)
        talk = Talk(caution: caution)
        _ = talk.tell(0, .opened)
        _ = talk.tell(1, .ended(Talk.first, .broken("the peer closed the connection")))
        caution = talk.delivery.caution
        #expect(caution.budget == nil)
    }

    @Test(
        "a peer that ends each connection after a message is sent one at a time, half-closed with it, and all arrives")
    func oneByOne() {
        var talk = Talk(caution: Self.caution(after: 4))
        #expect(talk.tell(0, .opened) == [.connect(Talk.second)])
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(1, .opened) == [])
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(251, .deadline) == [])
        #expect(talk.delivery.active?.leg == Talk.first)
        #expect(talk.delivery.active?.allowance == 1)
        #expect(talk.send(252, upTo: 1) == [.halfClose(Talk.first)])
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(253, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        // What is confirmed makes the next one larger.
        #expect(talk.tell(503, .deadline) == [.confirm(1), .connect(Talk.third)])
        #expect(talk.tell(504, .opened) == [])
        #expect(talk.tell(754, .deadline) == [])
        #expect(talk.delivery.active?.leg == Talk.second)
        #expect(talk.delivery.active?.allowance == 16)
    }

    @Test("a peer that behaves again has no limit any more after some confirmations")
    func recovers() {
        var talk = Talk(caution: Self.caution(after: 2))
        #expect(talk.tell(0, .opened) == [.connect(Talk.second)])
        #expect(talk.tell(1, .opened) == [])
        #expect(talk.tell(251, .deadline) == [])
        #expect(talk.delivery.active?.allowance == 256)
        #expect(talk.send(252, upTo: 1) == [.halfClose(Talk.first)])
        #expect(talk.tell(253, .ended(Talk.first, .clean)) == [.close(Talk.first)])
        #expect(talk.tell(503, .deadline) == [.confirm(1)])
        #expect(talk.delivery.active?.leg == Talk.second)
        #expect(talk.delivery.active?.allowance == .max)
    }

    @Test("without confirmation there is nothing to be cautious about")
    func confirmOff() {
        var talk = Talk(confirm: nil, caution: Self.caution(after: 4))
        #expect(talk.tell(0, .opened) == [])
        #expect(talk.delivery.active?.allowance == .max)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Delivery")
struct DeliveryTests {
    private static let both = [
        Delivery.Action.close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(DeliveryTalk.reset),
    ]

    @Test("a clean rotation: the successor, the half-close, the peer's end, 250 ms, and then all is confirmed")
    func rotation() {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(1010, .ended(DeliveryTalk.first, .clean)) == [])
        // New messages go on the successor meanwhile.
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
        #expect(talk.send(1012, upTo: 4) == [])
        #expect(talk.pass(to: 1259) == [])
        #expect(talk.pass(to: 1260) == [.close(DeliveryTalk.first), .confirm(3)])
        // The next one is due a rotation after its first message.
        #expect(talk.tell(1260, .held(DeliveryTalk.second, bytes: 0)) == [])
        #expect(talk.delivery.deadline == DeliveryTalk.at(1762))
        #expect(talk.pass(to: 1762) == [.connect(DeliveryTalk.third)])
    }

    @Test("new messages wait a second for the end of the old connection, so that the order is kept, and no longer")
    func order() {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.delivery.active == nil)
        #expect(talk.delivery.deadline == DeliveryTalk.at(2000))
        #expect(talk.tell(2000, .deadline) == [])
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
        #expect(talk.send(2000, upTo: 4) == [])
        #expect(talk.tell(3000, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.pass(to: 3250).contains(.confirm(3)))
    }

    @Test("messages that are sent while the successor is being opened belong to the old connection")
    func whileOpening() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.pass(to: 750) == [.connect(DeliveryTalk.second)])
        #expect(talk.delivery.active?.leg == DeliveryTalk.first)
        #expect(talk.send(751, upTo: 2) == [])
        #expect(talk.tell(752, .opened) == [])
        // And while it settles.
        #expect(talk.delivery.active?.leg == DeliveryTalk.first)
        #expect(talk.send(753, upTo: 3) == [])
        #expect(talk.pass(to: 1002) == [.halfClose(DeliveryTalk.first)])
        #expect(talk.tell(1003, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.pass(to: 1253).contains(.confirm(3)))
    }

    @Test("a connection with nothing on it is not rotated")
    func nothingSent() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.delivery.deadline == nil)
        #expect(talk.tell(3_600_000, .deadline) == [])
        #expect(talk.tell(3_600_000, .hurry) == [])
    }

    @Test("after 10,000 messages the rotation does not wait for its time")
    func messageLimit() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 9999, count: 9999) == [])
        #expect(talk.send(1, upTo: 10_000) == [.connect(DeliveryTalk.second)])
    }

    @Test("in a hurry it waits for no rotation, and rotates again as long as something is unconfirmed")
    func hurried() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(2, .opened) == [])
        #expect(talk.pass(to: 252) == [.halfClose(DeliveryTalk.first)])
        // A stop while it drains: what comes now is confirmed too, without a word more.
        #expect(talk.tell(254, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.send(255, upTo: 2) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(256, .opened) == [])
        #expect(talk.pass(to: 504) == [.close(DeliveryTalk.first), .confirm(1)])
        #expect(talk.pass(to: 506) == [.halfClose(DeliveryTalk.second)])
        #expect(talk.tell(507, .ended(DeliveryTalk.second, .clean)) == [])
        #expect(talk.pass(to: 757) == [.close(DeliveryTalk.second), .confirm(2)])
        #expect(talk.delivery.deadline == nil)
    }

    @Test("an end of stream that the successor's end follows confirms nothing", arguments: [0, 249] as [Int64])
    func deadSuccessor(milliseconds: Int64) {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(1010, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.pass(to: 1010 + milliseconds) == [])
        // Without a half-close of ours, an end of stream is no clean one.
        let end = talk.tell(1010 + milliseconds, .ended(DeliveryTalk.second, .broken(.closed)))
        #expect(end == [.close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(.closed)])
        #expect(talk.tell(20_000, .deadline) == [])
        #expect(talk.delivery.deadline == nil)
        #expect(talk.delivery.active == nil)
    }

    @Test("a reset that follows the clean end confirms nothing", arguments: [0, 60, 249] as [Int64])
    func resetAfterEnd(milliseconds: Int64) {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(1010, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.pass(to: 1010 + milliseconds) == [])
        talk.isReset = true
        #expect(talk.pass(to: 1260) == Self.both)
    }

    @Test("a stop that does not know the successor yet closes the old connection while the successor settles")
    func unknownSuccessor() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(2, .opened) == [])
        let end = talk.tell(3, .ended(DeliveryTalk.first, .broken(.closed)))
        #expect(end == [.close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(.closed)])
    }

    @Test("the successor that ends before the old connection takes it along")
    func successorEndsFirst() {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(1005, .ended(DeliveryTalk.second, .broken(DeliveryTalk.reset))) == Self.both)
        // A late event of a connection that is gone.
        #expect(talk.tell(1006, .ended(DeliveryTalk.first, .clean)) == [])
    }

    @Test("a reset ends it in every step, and confirms nothing")
    func resets() {
        let broken = Delivery.Ending.broken(DeliveryTalk.reset)
        let refused = Loss(.gone, "connection refused")
        var opening = DeliveryTalk()
        #expect(opening.tell(0, .failed(refused)) == [.close(DeliveryTalk.first), .over(refused)])

        var sending = DeliveryTalk()
        #expect(sending.open() == [])
        #expect(sending.send(0, upTo: 1) == [])
        let first = [Delivery.Action.close(DeliveryTalk.first), .over(DeliveryTalk.reset)]
        #expect(sending.tell(1, .ended(DeliveryTalk.first, broken)) == first)

        var rotating = DeliveryTalk()
        #expect(rotating.open() == [])
        #expect(rotating.send(0, upTo: 1) == [])
        #expect(rotating.tell(1, .hurry) == [.connect(DeliveryTalk.second)])
        #expect(rotating.tell(2, .ended(DeliveryTalk.first, broken)) == Self.both)
        #expect(rotating.tell(3, .opened) == [])

        var draining = DeliveryTalk()
        draining.reachDrain()
        #expect(draining.tell(1002, .ended(DeliveryTalk.first, broken)) == Self.both)
    }

    @Test("an end of stream without a half-close is not clean")
    func withoutHalfClose() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .ended(DeliveryTalk.first, .clean)) == [.close(DeliveryTalk.first), .over(.closed)])
    }

    @Test("an endpoint that refuses the successor is left, though the old connection stands")
    func successorRefused() {
        let refused = Loss(.gone, "connection refused")
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(1, .hurry) == [.connect(DeliveryTalk.second)])
        let end = talk.tell(2, .failed(refused))
        #expect(end == [.close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(refused)])
    }

    @Test("a drain without an end is given up after 15 s, though everything is acknowledged")
    func drainTimeout() {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(2000, .deadline) == [])
        #expect(talk.delivery.deadline == DeliveryTalk.at(6000))
        #expect(talk.tell(6000, .deadline) == [.measure(DeliveryTalk.first), .measure(DeliveryTalk.second)])
        #expect(talk.tell(6000, .held(DeliveryTalk.first, bytes: 0)) == [])
        #expect(talk.tell(15_999, .held(DeliveryTalk.first, bytes: 0)) == [])
        let end = talk.tell(16_000, .held(DeliveryTalk.first, bytes: 0))
        #expect(
            end == [
                .close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(Loss(.failed, "nothing moved for 15s")),
            ])
    }

    @Test("a slow reader has its time: every byte that moves is movement, before the half-close and after it")
    func slowReader() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 3, count: 3) == [])
        #expect(talk.pass(to: 750) == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(750, .held(DeliveryTalk.first, bytes: 299)) == [])
        #expect(talk.tell(750, .opened) == [])
        #expect(talk.pass(to: 1000) == [.halfClose(DeliveryTalk.first)])
        for step in 1...10 {
            let now = 1000 + Int64(step) * 14_999
            #expect(talk.tell(now, .held(DeliveryTalk.first, bytes: 299 - step)) == [])
        }
        #expect(talk.tell(160_000, .held(DeliveryTalk.first, bytes: 0)) == [])
        #expect(talk.tell(170_000, .ended(DeliveryTalk.first, .clean)) == [])
        #expect(talk.pass(to: 170_250).contains(.confirm(3)))
    }

    @Test("unacknowledged bytes are given up after 15 s, and looked at every 5 s")
    func standstill() {
        var talk = DeliveryTalk(confirm: .seconds(3600))
        #expect(talk.open() == [])
        #expect(talk.send(1000, upTo: 1) == [])
        for second in [6000, 11_000] as [Int64] {
            #expect(talk.delivery.deadline == DeliveryTalk.at(second))
            #expect(talk.tell(second, .deadline) == [.measure(DeliveryTalk.first)])
            #expect(talk.tell(second, .held(DeliveryTalk.first, bytes: 100)) == [])
        }
        #expect(talk.tell(16_000, .deadline) == [.measure(DeliveryTalk.first)])
        let end = talk.tell(16_000, .held(DeliveryTalk.first, bytes: 100))
        #expect(end == [.close(DeliveryTalk.first), .over(Loss(.failed, "nothing moved for 15s"))])
    }

    @Test("without confirmation, what the peer's kernel has acknowledged is confirmed, on one connection")
    func confirmOff() {
        var talk = DeliveryTalk(confirm: nil)
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 20_000, count: 20_000) == [])
        #expect(talk.delivery.deadline == DeliveryTalk.at(250))
        #expect(talk.tell(250, .deadline) == [.measure(DeliveryTalk.first)])
        #expect(talk.tell(250, .held(DeliveryTalk.first, bytes: 0)) == [.confirm(20_000)])
        #expect(talk.tell(300, .hurry) == [])
        #expect(talk.delivery.deadline == nil)
    }
}

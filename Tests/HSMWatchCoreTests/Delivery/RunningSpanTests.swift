// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// Time in which the process stands still watches no peer.
@Suite("Delivery, when the process stands still")
struct StalledDeliveryTests {
    /// A delivery whose first connection has ended cleanly at 1010 ms.
    private static var proving: DeliveryTalk {
        var talk = DeliveryTalk()
        talk.reachDrain()
        #expect(talk.tell(1010, .ended(DeliveryTalk.first, .clean)) == [])
        return talk
    }

    @Test("a pause that is longer than the probation begins it anew", arguments: [1260, 2010, 900_000] as [Int64])
    func longPause(end: Int64) {
        var talk = Self.proving
        #expect(talk.tell(end + 1, .deadline) == [])
        #expect(talk.pass(to: end + 250) == [])
        #expect(talk.pass(to: end + 251) == [.close(DeliveryTalk.first), .confirm(3)])
    }

    @Test("a shorter pause counts as one beat of the probation")
    func shortPause() {
        var talk = Self.proving
        #expect(talk.pass(to: 1060) == [])
        #expect(talk.tell(1250, .deadline) == [])
        #expect(talk.pass(to: 1399) == [])
        #expect(talk.pass(to: 1400) == [.close(DeliveryTalk.first), .confirm(3)])
    }

    @Test("what the peer did in the pause is seen before the probation goes on")
    func successorEndedInPause() {
        var talk = Self.proving
        let end = talk.tell(2000, .ended(DeliveryTalk.second, .broken(.closed)))
        #expect(end == [.close(DeliveryTalk.first), .close(DeliveryTalk.second), .over(.closed)])
        #expect(talk.tell(2000, .deadline) == [])
    }

    @Test("the successor settles anew after a pause")
    func settling() {
        var talk = DeliveryTalk()
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(0, .held(DeliveryTalk.first, bytes: 0)) == [])
        #expect(talk.pass(to: 750) == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(750, .opened) == [])
        #expect(talk.tell(1750, .deadline) == [])
        #expect(talk.pass(to: 1999) == [])
        #expect(talk.pass(to: 2000) == [.halfClose(DeliveryTalk.first)])
    }

    @Test("a connection that was not looked at has not stood still")
    func patience() {
        var talk = DeliveryTalk(confirm: .seconds(3600))
        #expect(talk.open() == [])
        #expect(talk.send(0, upTo: 1) == [])
        #expect(talk.tell(60_000, .deadline) == [.measure(DeliveryTalk.first)])
        #expect(talk.tell(60_000, .held(DeliveryTalk.first, bytes: 100)) == [])
        #expect(talk.tell(74_999, .held(DeliveryTalk.first, bytes: 100)) == [])
        #expect(talk.tell(75_000, .held(DeliveryTalk.first, bytes: 100)).count == 2)
    }
}

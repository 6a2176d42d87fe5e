// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Delivery, with caution")
struct CautiousDeliveryTests {
    /// What so many deliveries in a row teach that sent messages and confirmed none.
    private static func caution(after losses: Int) -> Caution {
        var caution = Caution()
        for _ in 0..<losses {
            var talk = DeliveryTalk(caution: caution)
            _ = talk.open()
            if talk.delivery.active == nil {
                _ = talk.tell(0, .opened)
                _ = talk.pass(to: 250)
            }
            _ = talk.send(250, upTo: 1)
            _ = talk.tell(251, .ended(DeliveryTalk.first, .broken(.closed)))
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
        var talk = DeliveryTalk()
        _ = talk.tell(0, .failed(Loss(.gone, "connection refused")))
        _ = talk.tell(0, .ended(DeliveryTalk.first, .clean))
        #expect(talk.delivery.caution.budget == nil)
        var caution = Self.caution(after: 1)
        talk = DeliveryTalk(caution: caution)
        _ = talk.open()
        _ = talk.tell(1, .ended(DeliveryTalk.first, .broken(.closed)))
        caution = talk.delivery.caution
        #expect(caution.budget == nil)
    }

    @Test(
        "a peer that ends each connection after a message is sent one at a time, half-closed with it, and all arrives")
    func oneByOne() {
        var talk = DeliveryTalk(caution: Self.caution(after: 4))
        #expect(talk.open() == [.connect(DeliveryTalk.second)])
        #expect(talk.delivery.active == nil)
        #expect(talk.tell(1, .opened) == [])
        #expect(talk.delivery.active == nil)
        #expect(talk.pass(to: 251) == [])
        #expect(talk.delivery.active?.leg == DeliveryTalk.first)
        #expect(talk.delivery.active?.allowance == 1)
        #expect(talk.send(252, upTo: 1) == [.halfClose(DeliveryTalk.first)])
        #expect(talk.delivery.active == nil)
        // The next successor settles while the first connection is proven.
        #expect(talk.tell(253, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.tell(254, .opened) == [])
        #expect(talk.delivery.active == nil)
        #expect(talk.pass(to: 503) == [.close(DeliveryTalk.first), .confirm(1)])
        #expect(talk.delivery.active == nil)
        // What is confirmed makes the next one larger.
        #expect(talk.pass(to: 504) == [])
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
        #expect(talk.delivery.active?.allowance == 16)
    }

    @Test("a peer that behaves again has no limit any more after some confirmations")
    func recovers() {
        var talk = DeliveryTalk(caution: Self.caution(after: 2))
        #expect(talk.open() == [.connect(DeliveryTalk.second)])
        #expect(talk.tell(1, .opened) == [])
        #expect(talk.pass(to: 251) == [])
        #expect(talk.delivery.active?.allowance == 256)
        #expect(talk.send(252, upTo: 1) == [.halfClose(DeliveryTalk.first)])
        #expect(talk.tell(253, .ended(DeliveryTalk.first, .clean)) == [.connect(DeliveryTalk.third)])
        #expect(talk.pass(to: 503) == [.close(DeliveryTalk.first), .confirm(1)])
        #expect(talk.delivery.active?.leg == DeliveryTalk.second)
        #expect(talk.delivery.active?.allowance == .max)
    }

    @Test("without confirmation there is nothing to be cautious about")
    func confirmOff() {
        var talk = DeliveryTalk(confirm: nil, caution: Self.caution(after: 4))
        #expect(talk.open() == [])
        #expect(talk.delivery.active?.allowance == .max)
    }

    @Test(
        "a connection is rotated after a tenth of `confirm`, but not before a second, unless `confirm` is shorter",
        arguments: [(100, 100), (1000, 1000), (10_000, 1000), (60_000, 6000)] as [(Int64, Int64)])
    func rotation(confirm: Int64, rotation: Int64) {
        #expect(Caution().rotation(within: .milliseconds(confirm), at: DeliveryTalk.at(0)) == .milliseconds(rotation))
    }

    @Test("for a minute after a loss a connection is rotated after a quarter of that")
    func alert() {
        var caution = Caution()
        caution.lost(confirmedNothing: false, at: DeliveryTalk.at(0))
        let rotations = [0, 59_999, 60_000].map { caution.rotation(within: .seconds(10), at: DeliveryTalk.at($0)) }
        #expect(rotations == [.milliseconds(250), .milliseconds(250), .seconds(1)])
        #expect(caution.budget == nil)
    }
}

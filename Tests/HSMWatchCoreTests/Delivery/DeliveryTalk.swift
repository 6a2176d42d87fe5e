// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// A delivery that is told what happens, at instants of a clock that starts at zero.
struct DeliveryTalk {
    var delivery: Delivery
    /// Whether the kernel tells of a reset when the old connection is examined.
    var isReset = false

    static let first = Delivery.firstLeg
    static let second = Delivery.Leg(number: 2)
    static let third = Delivery.Leg(number: 3)
    static let reset = Loss(.gone, "the peer reset the connection")

    init(confirm: Duration? = .seconds(10), caution: Caution = Caution()) {
        delivery = Delivery(confirm: confirm, caution: caution, patience: .seconds(15), at: Self.at(-250))
    }

    static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Tells what happens, so many milliseconds after the start. Answers when the kernel is examined.
    mutating func tell(_ milliseconds: Int64, _ event: Delivery.Event) -> [Delivery.Action] {
        delivery.handle(event, at: Self.at(milliseconds)).flatMap { action in
            guard case .examine(let leg) = action else { return [action] }
            return tell(milliseconds, isReset ? .ended(leg, .broken(Self.reset)) : .intact(leg))
        }
    }

    /// Lets time pass up to an instant, with every deadline in time. Answers what is done meanwhile.
    mutating func pass(to milliseconds: Int64) -> [Delivery.Action] {
        var actions: [Delivery.Action] = []
        while let deadline = delivery.deadline, deadline <= Self.at(milliseconds) {
            actions += tell(deadline.nanoseconds / 1_000_000, .deadline)
        }
        return actions
    }

    /// Lets the first connection be opened so long before zero that its successor may be opened at zero.
    mutating func open() -> [Delivery.Action] {
        tell(-250, .opened) + pass(to: 0)
    }

    mutating func send(
        _ milliseconds: Int64, upTo position: Int64, count: Int = 1, waiting: Int = 0
    ) -> [Delivery.Action] {
        tell(milliseconds, .sent(count: count, bytes: 100 * count, upTo: position, waiting: waiting))
    }

    /// Up to the half-close of the first connection at 1 s, with messages 1 to 3 on it; everything is acknowledged.
    mutating func reachDrain() {
        #expect(open() == [])
        #expect(send(0, upTo: 3) == [])
        #expect(tell(0, .held(Self.first, bytes: 0)) == [])
        #expect(pass(to: 750) == [.connect(Self.second)])
        #expect(tell(750, .opened) == [])
        #expect(pass(to: 999) == [])
        #expect(pass(to: 1000) == [.halfClose(Self.first)])
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Delivery window")
struct DeliveryWindowTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("a batch is acknowledged when the kernel holds none of its bytes")
    func acknowledges() {
        var window = DeliveryWindow(at: Self.at(0))
        window.sent(bytes: 100, upTo: 10, at: Self.at(0))
        window.sent(bytes: 50, upTo: 15, at: Self.at(0))
        #expect(window.held(bytes: 150, at: Self.at(1)) == nil)
        #expect(window.held(bytes: 51, at: Self.at(1)) == nil)
        #expect(window.held(bytes: 50, at: Self.at(1)) == 10)
        #expect(!window.isComplete)
        #expect(window.held(bytes: 0, at: Self.at(1)) == 15)
        #expect(window.isComplete)
        #expect(window.held(bytes: 0, at: Self.at(1)) == nil)
    }

    @Test("several batches are acknowledged at once")
    func several() {
        var window = DeliveryWindow(at: Self.at(0))
        for number in 1...5 {
            window.sent(bytes: 10, upTo: Int64(number), at: Self.at(0))
        }
        #expect(window.held(bytes: 15, at: Self.at(0)) == 3)
    }

    @Test("bytes that do not move for the patience's length stall the connection; any movement does not")
    func stalls() {
        var window = DeliveryWindow(at: Self.at(0))
        #expect(!window.isStalled(at: Self.at(1000)))
        window.sent(bytes: 100, upTo: 10, at: Self.at(1000))
        #expect(!window.isStalled(at: Self.at(1014)))
        #expect(window.isStalled(at: Self.at(1015)))
        #expect(window.held(bytes: 99, at: Self.at(1014)) == nil)
        #expect(!window.isStalled(at: Self.at(1028)))
        #expect(window.isStalled(at: Self.at(1029)))
    }
}

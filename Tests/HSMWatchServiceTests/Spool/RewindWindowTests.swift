// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("Rewind window")
struct RewindWindowTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("keeps what was confirmed within its span")
    func span() {
        var window = RewindWindow(span: .seconds(60), confirmed: 0, at: Self.at(0))
        for second in 1...100 as ClosedRange<Int64> { window.confirm(upTo: second * 10, at: Self.at(second)) }
        #expect(window.start(at: Self.at(100)) == 400)
        #expect(window.start(at: Self.at(130)) == 700)
        #expect(window.start(at: Self.at(160)) == 1000)
    }

    @Test("keeps nothing with a span of zero")
    func off() {
        var window = RewindWindow(span: .zero, confirmed: 7, at: Self.at(0))
        #expect(window.start(at: Self.at(0)) == 7)
        window.confirm(upTo: 20, at: Self.at(1))
        #expect(window.start(at: Self.at(1)) == 20)
    }

    @Test("keeps at most its limit of messages")
    func limit() {
        var window = RewindWindow(span: .seconds(60), confirmed: 0, at: Self.at(0))
        window.confirm(upTo: 50_000, at: Self.at(1))
        #expect(window.start(at: Self.at(1)) == 50_000 - RewindWindow.messageLimit)
    }

    @Test("stands still while the output is down, and goes on with the next confirmation")
    func held() {
        var window = RewindWindow(span: .seconds(60), confirmed: 0, at: Self.at(0))
        window.confirm(upTo: 10, at: Self.at(1))
        window.confirm(upTo: 20, at: Self.at(50))
        window.hold(at: Self.at(100))
        window.hold(at: Self.at(5000))
        #expect(window.start(at: Self.at(90_000)) == 10)
        window.confirm(upTo: 30, at: Self.at(90_000))
        #expect(window.start(at: Self.at(90_000)) == 20)
    }

    @Test("an earlier process's confirmations count as made at the start")
    func restart() {
        let window = RewindWindow(span: .seconds(60), confirmed: 12_000, at: Self.at(500))
        #expect(window.start(at: Self.at(559)) == 2000)
        #expect(window.start(at: Self.at(560)) == 12_000)
    }

    @Test("a new output gets nothing from before its beginning")
    func new() {
        var window = RewindWindow(span: .seconds(60), confirmed: 500, floor: 500, at: Self.at(0))
        #expect(window.start(at: Self.at(0)) == 500)
        window.confirm(upTo: 520, at: Self.at(1))
        #expect(window.start(at: Self.at(2)) == 500)
    }

    @Test("many confirmations take no more memory than some")
    func bounded() {
        var window = RewindWindow(span: .seconds(60), confirmed: 0, at: Self.at(0))
        for step in 1...100_000 as ClosedRange<Int64> {
            window.confirm(upTo: step, at: Instant(nanoseconds: step * 10_000_000))
        }
        #expect(window.count <= 64)
        // Told apart by the second.
        #expect((93_900...94_000).contains(window.start(at: Self.at(1000))))
    }
}

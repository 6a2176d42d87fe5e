// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("Cursors")
struct CursorsTests {
    @Test("each output goes its own way, never back, and the slowest says what may be deleted")
    func confirms() {
        var cursors = Cursors.everything(["a": 5, "b": 7])
        #expect(cursors.confirmedByAll[.reading] == 5)
        let news = [cursors.confirm("a", upTo: 9), cursors.confirm("a", upTo: 9), cursors.confirm("a", upTo: 3)]
        #expect(news == [true, false, false])
        let isNews = cursors.confirm("stranger", upTo: 9)
        #expect(!isNews)
        #expect(cursors.confirmedByAll[.reading] == 7)
        #expect(cursors.confirmed == ["a": 9, "b": 7])
        #expect(cursors.confirmed(by: "a") == 9)
        #expect(cursors.confirmed(by: "stranger") == nil)
        #expect(Cursors.everything([:]).confirmedByAll[.reading] == .max)
    }

    @Test("a new output begins at the present, and a removed one holds nothing back")
    func change() {
        var cursors = Cursors.everything(["a": 5, "b": 7])
        let certain = cursors.change(subscriptions(["b", "c"]), startingAt: 12)
        #expect(certain.isEmpty)
        #expect(cursors.confirmed == ["b": 7, "c": 12])
        #expect(cursors.confirmedByAll[.reading] == 7)
        let isNews = cursors.confirm("a", upTo: 11)
        #expect(!isNews)
    }

    @Test("a message that was dropped on its way to a removed output is lost for certain")
    func doubtfulChange() {
        var cursors = Cursors.everything(["a": 5, "b": 5])
        cursors.send("a", upTo: 10)
        cursors.send("b", upTo: 10)
        _ = cursors.drop(readings([6, 8]), reason: "full")
        #expect(cursors.change(subscriptions(["b"]), startingAt: 12) == ["full", "full"])
    }

    @Test("what is dropped before it is sent is lost")
    func certain() {
        var cursors = Cursors.everything(["a": 0, "b": 0])
        cursors.send("a", upTo: 10)
        let lost = cursors.drop(readings([1, 2, 3]), reason: "full")
        #expect(lost == 3)
        #expect(cursors.rewind("a").isEmpty)
    }

    @Test("each output counts what was dropped before it had it, once it is certain")
    func droppedByOutput() {
        var cursors = Cursors.everything(["a": 0, "b": 2, "c": 0])
        cursors.send("a", upTo: 3)
        cursors.send("c", upTo: 4)
        _ = cursors.drop(readings([1, 2, 3, 4]), reason: "full")
        #expect(["a", "b", "c"].map(cursors.dropped) == [1, 2, 0])
        _ = cursors.confirm("a", upTo: 2)
        _ = cursors.rewind("a")
        _ = cursors.confirm("c", upTo: 4)
        _ = cursors.rewind("c")
        _ = cursors.rewind("a")
        #expect(["a", "b", "c", "stranger"].map(cursors.dropped) == [2, 2, 0, 0])
    }

    @Test("what is dropped on its way is lost only if it does not arrive, and only once")
    func doubtful() {
        var cursors = Cursors.everything(["a": 0])
        cursors.send("a", upTo: 4)
        let lost = cursors.drop(readings([1, 2, 3, 4, 5, 6]), reason: "full")
        #expect(lost == 2)
        _ = cursors.confirm("a", upTo: 3)
        #expect(cursors.rewind("a") == ["full"])
        #expect(cursors.rewind("a").isEmpty)
        let later = cursors.drop(readings([7]), reason: "old")
        #expect(later == 1)
    }

    @Test("with several outputs, it is lost when one of them does not have it")
    func several() {
        var cursors = Cursors.everything(["a": 0, "b": 0, "done": 9])
        cursors.send("a", upTo: 4)
        cursors.send("b", upTo: 2)
        let lost = cursors.drop(readings([1, 2, 3, 4]), reason: "full")
        #expect(lost == 2)
        _ = cursors.confirm("a", upTo: 4)
        _ = cursors.confirm("b", upTo: 1)
        #expect(cursors.rewind("a").isEmpty)
        #expect(cursors.rewind("b") == ["full"])
    }
}

extension Cursors {
    /// Those of outputs that get all kinds.
    fileprivate static func everything(_ confirmed: [String: Int64]) -> Cursors {
        Cursors(confirmed.keys.map { Subscription(name: $0) }, confirmed: confirmed, present: 0)
    }
}

private func subscriptions(_ names: [String]) -> [Subscription] {
    names.map { Subscription(name: $0) }
}

private func readings(_ positions: [Int64]) -> [DroppedMessage] {
    positions.map { DroppedMessage(position: $0, kind: .reading) }
}

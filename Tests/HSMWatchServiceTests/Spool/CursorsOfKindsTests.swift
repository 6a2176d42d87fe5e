// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

/// One output gets everything, and another only state changes.
@Suite("Cursors of outputs that get some kinds")
struct CursorsOfKindsTests {
    private static let all = Subscription(name: "all")
    private static let changes = Subscription(name: "changes", kinds: [.stateChange])

    private var cursors = Cursors([all, changes], confirmed: ["all": 0, "changes": 0], present: 0)

    private mutating func look(
        _ output: String = "changes", after position: Int64, finding last: Int64?, upTo end: Int64
    )
        throws -> Bool
    {
        let look = try #require(cursors.look(for: output, after: position))
        return cursors.found(upTo: last, by: look, lookingUpTo: end)
    }

    private mutating func drop(_ kind: Event.Kind, _ positions: [Int64]) -> Int {
        cursors.drop(positions.map { DroppedMessage(position: $0, kind: kind) }, reason: "full")
    }

    /// Answers whether it was news.
    private mutating func confirm(_ output: String = "changes", upTo position: Int64) -> Bool {
        cursors.confirm(output, upTo: position)
    }

    @Test("a message waits for the outputs that get its kind, and for no other")
    mutating func waits() {
        _ = confirm("all", upTo: 9)
        let confirmed = cursors.confirmedByAll
        #expect(confirmed[.reading] == 9)
        #expect(confirmed[.stateChange] == 0)
        #expect(!confirmed.awaits(9, .reading))
        #expect(confirmed.awaits(10, .reading))
        #expect(confirmed.awaits(1, .stateChange))
        _ = cursors.change([Self.changes], startingAt: 9)
        #expect(cursors.wanted == [.stateChange])
        #expect(!cursors.confirmedByAll.awaits(1_000_000, .reading))
    }

    @Test("the cursor moves through what the output does not get, when nothing is on its way")
    mutating func looking() throws {
        #expect(try look(after: 0, finding: nil, upTo: 8))
        #expect(cursors.confirmed(by: "changes") == 8)
        #expect(cursors.sent(by: "changes") == 8)
        #expect(try !look(after: 0, finding: nil, upTo: 8), "it stands there already")
        #expect(try !look(after: 0, finding: 12, upTo: 20))
        #expect(cursors.confirmed(by: "changes") == 8)
        #expect(try !look(after: 12, finding: nil, upTo: 30))
        #expect(cursors.confirmed(by: "changes") == 8)
    }

    @Test("when all that was given is confirmed, the cursor stands where was looked, and before not")
    mutating func confirming() throws {
        _ = try look(after: 0, finding: 5, upTo: 5)
        _ = try look(after: 5, finding: 12, upTo: 20)
        cursors.send("changes", upTo: 12)
        #expect(cursors.sent(by: "changes") == 20)
        #expect(confirm(upTo: 5))
        #expect(cursors.confirmed(by: "changes") == 5)
        #expect(confirm(upTo: 12))
        #expect(cursors.confirmed(by: "changes") == 20)
        #expect(!confirm(upTo: 12))
        #expect(try look(after: 12, finding: nil, upTo: 31))
        #expect(cursors.confirmed(by: "changes") == 31)
    }

    @Test("what was looked at is not looked at again, before a rewind forgets it")
    mutating func again() throws {
        _ = try look(after: 0, finding: 5, upTo: 20)
        #expect(cursors.look(for: "changes", after: 5)?.position == 20)
        #expect(cursors.look(for: "changes", after: 3)?.position == 3)
        _ = cursors.rewind("changes")
        #expect(cursors.look(for: "changes", after: 0)?.position == 0)
        #expect(cursors.look(for: "changes", after: 5)?.position == 5)
        #expect(cursors.look(for: "stranger", after: 5) == nil)
    }

    @Test("a confirmation after a rewind covers only what it names")
    mutating func rewound() throws {
        _ = try look(after: 0, finding: 5, upTo: 20)
        _ = cursors.rewind("changes")
        _ = confirm(upTo: 5)
        #expect(cursors.confirmed(by: "changes") == 5)
    }

    @Test("a look that a rewind has overtaken moves nothing")
    mutating func overtaken() throws {
        let look = try #require(cursors.look(for: "changes", after: 0))
        _ = cursors.rewind("changes")
        #expect(!cursors.isCurrent(look))
        let moved = cursors.found(upTo: nil, by: look, lookingUpTo: 9)
        #expect(!moved)
        #expect(cursors.confirmed(by: "changes") == 0)
    }

    @Test("a look says nothing of an output that came later by the same name")
    mutating func otherByName() throws {
        let look = try #require(cursors.look(for: "changes", after: 0))
        _ = cursors.change([Self.all], startingAt: 3)
        _ = cursors.change([Self.all, Self.changes], startingAt: 3)
        let moved = cursors.found(upTo: nil, by: look, lookingUpTo: 9)
        #expect(!moved)
        #expect(cursors.confirmed(by: "changes") == 3)
    }

    @Test("a look that leaves something out moves nothing")
    mutating func gap() throws {
        _ = try look(after: 0, finding: nil, upTo: 8)
        #expect(try !look(after: 9, finding: nil, upTo: 12))
        #expect(cursors.confirmed(by: "changes") == 8)
    }

    @Test("a drop counts for the outputs that get it and have not confirmed it")
    mutating func drops() {
        _ = confirm("all", upTo: 10)
        #expect(drop(.reading, [3, 4, 10]) == 0)
        #expect(drop(.reading, [11]) == 1)
        #expect(drop(.stateChange, [5, 12]) == 2)
        #expect(cursors.dropped(by: "all") == 2)
        #expect(cursors.dropped(by: "changes") == 2)
        #expect(cursors.rewind("all").isEmpty)
        #expect(cursors.rewind("changes").isEmpty)
    }

    @Test("what is dropped on its way to the only output that gets it is in doubt, however far the others are")
    mutating func doubtful() throws {
        _ = cursors.change([Subscription(name: "all", kinds: [.reading]), Self.changes], startingAt: 0)
        _ = try look(after: 0, finding: 6, upTo: 6)
        cursors.send("changes", upTo: 6)
        #expect(drop(.stateChange, [2, 6, 9]) == 1)
        #expect(cursors.rewind("all").isEmpty)
        _ = confirm(upTo: 2)
        #expect(cursors.dropped(by: "changes") == 1)
        #expect(cursors.rewind("changes") == ["full"])
        #expect(cursors.dropped(by: "changes") == 2)
        #expect(cursors.dropped(by: "all") == 0)
    }

    @Test("what another output still waits for stays in doubt when one that never gets it starts anew")
    mutating func doubtOfOthers() {
        cursors.send("all", upTo: 6)
        #expect(drop(.reading, [2]) == 0)
        #expect(cursors.rewind("changes").isEmpty)
        #expect(cursors.rewind("all") == ["full"])
    }

    @Test("an output that gets other kinds begins behind its cursor, and what was looked at is forgotten")
    mutating func otherKinds() throws {
        _ = try look(after: 0, finding: nil, upTo: 4)
        let more = Subscription(name: "changes", kinds: [.stateChange, .service])
        #expect(cursors.change([Self.all, more], startingAt: 30).isEmpty)
        #expect(cursors.confirmed(by: "changes") == 4)
        #expect(cursors.kinds(of: "changes") == [.stateChange, .service])
        #expect(cursors.look(for: "changes", after: 4)?.position == 4)
        #expect(try look(after: 4, finding: nil, upTo: 9))
    }

    @Test("what was on its way when the kinds changed confirms nothing: there is more before it now")
    mutating func lateConfirmation() throws {
        _ = try look(after: 0, finding: 6, upTo: 9)
        cursors.send("changes", upTo: 6)
        _ = cursors.change([Self.all, Subscription(name: "changes")], startingAt: 30)
        #expect(!confirm(upTo: 6))
        #expect(try !look(after: 6, finding: nil, upTo: 9), "a look of before the change")
        #expect(!confirm(upTo: 6))
        #expect(cursors.confirmed(by: "changes") == 0)
        #expect(try !look(after: 0, finding: 9, upTo: 9))
        #expect(confirm(upTo: 6))
        #expect(cursors.confirmed(by: "changes") == 6)
    }

    @Test("with its connection, what was on its way when the kinds changed has ended too")
    mutating func endedConfirmation() throws {
        _ = try look(after: 0, finding: 6, upTo: 9)
        _ = cursors.change([Self.all, Subscription(name: "changes")], startingAt: 30)
        _ = cursors.rewind("changes")
        #expect(confirm(upTo: 2))
    }

    @Test("a drop in doubt is certain when the output gets other kinds")
    mutating func doubtfulChange() throws {
        _ = confirm("all", upTo: 20)
        cursors.send("changes", upTo: 6)
        #expect(drop(.stateChange, [5, 6]) == 0)
        #expect(
            cursors.change([Self.all, Subscription(name: "changes", kinds: [.service])], startingAt: 30).count == 2)
        #expect(cursors.dropped(by: "changes") == 2)
    }
}

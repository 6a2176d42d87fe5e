// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Testing

@testable import HSMWatchService

@Suite("Spool tail")
struct SpoolTailTests {
    /// Bytes of a message here, numbered and not.
    private static let size = 200

    private static func message(_ kind: Event.Kind = .reading) -> Message {
        Message(kind: kind, timestamp: Timestamp(milliseconds: 0), body: Array(repeating: 0x20, count: 100))
    }

    private static func tail(after start: Int64 = 0, _ messages: (Int64, Event.Kind)...) -> SpoolTail {
        var tail = SpoolTail(start: start)
        for (position, kind) in messages {
            tail.append(message(kind), as: .sample(position, kind, length: 100))
        }
        return tail
    }

    private static func positions(_ tail: SpoolTail, after position: Int64) -> [Int64]? {
        tail.messages(after: position)?.map(\.position)
    }

    @Test(
        "hands out what lies after a position, gaps or not, and nil for what began before it",
        arguments: [
            (-1, nil), (9, nil), (10, [11, 12, 15]), (11, [12, 15]), (12, [15]), (13, [15]), (14, [15]), (15, []),
            (99, []),
        ] as [(Int64, [Int64]?)])
    func after(position: Int64, expected: [Int64]?) {
        let tail = Self.tail(after: 10, (11, .reading), (12, .reading), (15, .reading))
        #expect(Self.positions(tail, after: position) == expected)
        #expect(tail.messages(after: 10, limit: 2)?.map(\.position) == [11, 12])
        #expect(tail.counts(after: 11) { _ in true }.total == 2)
    }

    @Test("hands out some kinds, up to a position, and counts what it is asked for")
    func kinds() {
        let tail = Self.tail(
            after: 10, (11, .reading), (12, .stateChange), (13, .reading), (14, .heartbeat), (15, .reading))
        let some: Set<Event.Kind> = [.reading, .heartbeat]
        #expect(tail.messages(of: some, after: 11)?.map(\.position) == [13, 14, 15])
        #expect(tail.messages(of: some, after: 10, upTo: 14)?.map(\.position) == [11, 13, 14])
        #expect(tail.messages(of: some, after: 10, limit: 2)?.map(\.position) == [11, 13])
        #expect(tail.messages(of: .all, after: 10, upTo: 12)?.map(\.position) == [11, 12])
        #expect(tail.messages(of: some, after: 14, upTo: 12)?.isEmpty == true)
        #expect(tail.messages(of: some, after: 9) == nil)
        #expect(tail.counts(after: 11) { some.contains($0.kind) } == MessageCounts([.reading, .reading, .heartbeat]))
    }

    @Test("forgets the oldest messages that no output waits for")
    func forgetsConfirmed() {
        var tail = Self.tail((1, .reading), (2, .heartbeat), (3, .reading), (4, .stateChange), (5, .reading))
        tail.forget(ConfirmedPositions([.reading: 2, .stateChange: 0]))
        #expect(tail.start == 2)
        tail.forget(ConfirmedPositions([.reading: 9, .stateChange: 3]))
        #expect(tail.start == 3)
        #expect(Self.positions(tail, after: 3) == [4, 5])
        tail.forget(ConfirmedPositions([.reading: 9, .stateChange: 9]))
        #expect(tail.start == 5)
        #expect(tail.bytes == 0)
    }

    @Test("drops the named messages after a position")
    func dropsSome() {
        var tail = Self.tail((1, .reading), (2, .reading), (3, .stateChange), (4, .reading))
        let dropped = tail.drop(after: 1) { $0.kind == .reading }
        #expect(dropped == [2, 4].map { DroppedMessage(position: $0, kind: .reading) })
        #expect(Self.positions(tail, after: 0) == [1, 3])
        #expect(tail.bytes == 2 * Self.size)
    }

    @Test("forgets up to a position, and begins there")
    func forgets() {
        var tail = Self.tail((1, .reading), (2, .reading), (5, .reading))
        tail.forget(upTo: 3)
        #expect(tail.start == 3)
        #expect(Self.positions(tail, after: 3) == [5])
        #expect(Self.positions(tail, after: 2) == nil)
        #expect(tail.bytes == Self.size)
        tail.forget(upTo: 1)
        #expect(tail.start == 3)
        tail.forget(upTo: 9)
        #expect(tail.bytes == 0)
        #expect(tail.start == 9)
    }

    @Test(
        "shrinks to a size, and keeps what is not on the disk yet",
        arguments: [(5, 4, 0), (4, 4, 1), (2, 4, 3), (0, 4, 4), (0, 0, 0)] as [(Int, Int64, Int64)])
    func shrinks(room: Int, committed: Int64, start: Int64) {
        var tail = Self.tail((1, .reading), (2, .reading), (3, .reading), (4, .reading), (5, .reading))
        tail.shrink(toFit: room * Self.size, upTo: committed)
        #expect(tail.start == start)
        #expect(tail.bytes == (5 - Int(start)) * Self.size)
    }

    @Test("drops the oldest readings first and state changes last, but nothing that is on the disk or on its way to it")
    func drops() {
        let all: [(Int64, Event.Kind)] = [
            (1, .reading), (2, .stateChange), (3, .service), (4, .reading), (5, .heartbeat), (6, .probeFailure),
            (7, .reading),
        ]
        var survivors: [[Int64]] = []
        for room in (0...6).reversed() {
            var tail = SpoolTail(start: 0)
            for (position, kind) in all {
                tail.append(Self.message(kind), as: .sample(position, kind, length: 100))
            }
            let dropped = tail.drop(after: 1, toFit: room * Self.size).map(\.position)
            survivors.append(Self.positions(tail, after: 0) ?? [])
            #expect(Set(dropped).union(survivors.last ?? []) == Set(1...7))
            #expect(dropped.count + (survivors.last?.count ?? 0) == all.count)
            #expect(tail.bytes == (survivors.last?.count ?? 0) * Self.size)
        }
        #expect(
            survivors == [
                [1, 2, 3, 5, 6, 7], [1, 2, 3, 5, 6], [1, 2, 3, 5], [1, 2, 3], [1, 2], [1], [1],
            ])
    }

    @Test("drops what the disk has dropped")
    func dropsPositions() {
        var tail = Self.tail(after: 10, (11, .reading), (12, .reading), (13, .reading))
        tail.drop([3, 10].map { DroppedMessage(position: $0, kind: .reading) })
        #expect(tail.counts(after: 10) { _ in true }.total == 3)
        tail.drop([9, 11, 13].map { DroppedMessage(position: $0, kind: .reading) })
        #expect(Self.positions(tail, after: 10) == [12])
        #expect(tail.bytes == Self.size)
    }

    @Test("a new identity numbers what comes after a position, from one, in order")
    func renumbers() throws {
        var tail = SpoolTail(start: 0)
        var old = SpoolIdentity(instance: "old", sequence: 7)
        for position in 1...4 {
            let message = MessageEncoder(source: "m").encode(.numbered(position))
            tail.append(
                message,
                as: SpooledMessage(position: Int64(position), kind: .service, time: 0, body: old.number(message)))
        }
        var new = SpoolIdentity(instance: "the new one", sequence: 0)
        tail.renumber(after: 2, as: &new)
        let stored = try #require(tail.messages(after: 0)).compactMap(\.stored)
        #expect(stored.map { $0.string("instance") } == ["old", "old", "the new one", "the new one"])
        #expect(stored.map { $0.integer("sequence") } == [8, 9, 1, 2])
        let bytes = tail.bytes
        tail.forget(upTo: 4)
        #expect(bytes > 0)
        #expect(tail.bytes == 0)
    }
}

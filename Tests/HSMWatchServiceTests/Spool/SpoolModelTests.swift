// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// Random histories of the database, beside a plain array that does the same.
@Suite("Spool database, against a model")
struct SpoolModelTests {
    /// In milliseconds.
    private static let year: Int64 = 365 * 86_400_000

    private struct Model {
        var messages: [SpooledMessage] = []
        var position: Int64 = 0
        var cursors: [String: Int64] = ["a": 0, "b": 0]
        var dropped: Set<Int64> = []

        mutating func apply(_ done: SpoolDatabase.Committed) {
            let drops = Set((done.droppedForAge + done.droppedForSpace).map(\.position))
            #expect(drops.count == done.droppedForAge.count + done.droppedForSpace.count)
            #expect(dropped.isDisjoint(with: drops), "a message is dropped once")
            dropped.formUnion(drops)
            let confirmed = cursors.values.min() ?? 0
            let before = messages.count
            messages.removeAll { $0.position <= confirmed }
            #expect(done.confirmed.total == before - messages.count)
            #expect(drops.isSubset(of: messages.map(\.position)))
            messages.removeAll { drops.contains($0.position) }
        }
    }

    @Test(
        "holds what the model holds, whatever happened and however often it was reopened",
        arguments: 1...8 as ClosedRange<UInt64>)
    func history(seed: UInt64) throws {
        var numbers = SeededNumbers(seed: seed)
        let folder = try TemporaryFolder()
        let path = folder.path + "/spool.sqlite"
        var database = try SpoolDatabase(path: path)
        var model = Model()
        var previous: SpoolDatabase.Commit?
        var now: Int64 = 0
        let limits = SpoolConfiguration(
            maxSize: [64 << 10, 256 << 20].randomElement(using: &numbers) ?? 0,
            maxAge: [.seconds(1), .seconds(3600)].randomElement(using: &numbers) ?? .zero)
        for _ in 0..<120 {
            switch Int.random(in: 0..<10, using: &numbers) {
            case 0..<6:
                now += Int64.random(in: 0...300, using: &numbers)
                // Now and then somebody sets the clock, forward or back by years.
                if Int.random(in: 0..<20, using: &numbers) == 0 {
                    now += Int64.random(in: -10...10, using: &numbers) * Self.year
                }
                let new = (0..<Int.random(in: 0...30, using: &numbers)).map { _ in
                    model.position += 1
                    return SpooledMessage.sample(
                        model.position, Event.Kind.allCases.randomElement(using: &numbers) ?? .reading, time: now,
                        length: Int.random(in: 0...5000, using: &numbers))
                }
                for output in model.cursors.keys.sorted() {
                    let cursor = model.cursors[output] ?? 0
                    model.cursors[output] = Int64.random(in: cursor...max(cursor, model.position), using: &numbers)
                }
                model.messages += new
                let commit = SpoolDatabase.Commit(
                    new, position: model.position, cursors: model.cursors, limits: limits, now: now)
                let done = try database.commit(commit, after: previous)
                previous = done.droppedForSpace.isEmpty && done.droppedForAge.isEmpty ? commit : nil
                model.apply(done)
            case 6..<9:
                let position = Int64.random(in: 0...(model.position + 1), using: &numbers)
                let limit = Int.random(in: 1...50, using: &numbers)
                #expect(
                    try database.messages(after: position, limit: limit, bytes: .max)
                        == Array(model.messages.filter { $0.position > position }.prefix(limit)))
            default:
                try database.close()
                database = try SpoolDatabase(path: path)
                previous = nil
                let contents = try database.contents()
                #expect(contents.position == model.position)
                #expect(contents.waiting == model.messages.count)
                #expect(model.position == 0 || contents.cursors == model.cursors)
            }
        }
        #expect(try database.messages(after: 0, limit: .max, bytes: .max) == model.messages)
    }
}

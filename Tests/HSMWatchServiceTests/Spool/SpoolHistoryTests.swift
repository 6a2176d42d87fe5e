// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Testing

@testable import HSMWatchService

/// Random histories of the whole spool: messages are appended, sent, confirmed, sent again, dropped for a limit, and lost
/// with the process, beside arrays that know what each output must have got.
@ServiceLoop
@Suite("Spool, against a model", .timeLimit(.minutes(1)))
struct SpoolHistoryTests {
    /// What one output has got.
    private struct Received {
        /// Up to where it has read.
        var position: Int64 = 0
        var confirmed: Int64 = 0
        /// What is on its way.
        var sent: [Int64] = []
        var delivered: Set<Int64> = []

        mutating func confirm(upTo position: Int64) {
            delivered.formUnion(sent.filter { $0 <= position })
            sent.removeAll { $0 <= position }
            confirmed = position
        }

        mutating func rewind(to position: Int64) {
            sent = []
            self.position = position
            confirmed = position
        }
    }

    private struct Model {
        var numbers: SeededNumbers
        var outputs = ["a": Received(), "b": Received()]
        /// Every message as it was when an output first got it.
        var bodies: [Int64: [UInt8]] = [:]

        mutating func chance(_ sides: Int) -> Int { Int.random(in: 0..<sides, using: &numbers) }

        /// Positions that some output has never had.
        func lost(upTo last: Int64) -> Set<Int64> {
            outputs.values.reduce(into: []) { $0.formUnion(Set(1...last).subtracting($1.delivered)) }
        }
    }

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool(in folder: TemporaryFolder, limits: SpoolConfiguration) -> Spool {
        Spool(
            file: SpoolFile(directory: folder.path), outputs: [Subscription(name: "a"), Subscription(name: "b")],
            limits: limits,
            encoder: MessageEncoder(source: "test"), logger: Notes().logger)
    }

    @Test("a process that ends at any moment loses nothing that was sent, and gives no number twice", arguments: 1...6)
    func crashes(seed: UInt64) async throws {
        var model = Model(numbers: SeededNumbers(state: seed))
        // Each process has a folder of its own: what the one before it left.
        var folders = [folder]
        for index in 0..<8 {
            let spool = spool(in: folders[index], limits: SpoolConfiguration())
            for name in model.outputs.keys {
                #expect(spool.cursor(of: name) <= model.outputs[name]?.confirmed ?? 0)
                model.outputs[name]?.rewind(to: spool.cursor(of: name))
            }
            #expect(spool.last >= model.bodies.keys.max() ?? 0)
            let left = try await running(spool) {
                for _ in 0..<model.chance(30) { try await step(spool, &model) }
                // Between two commits; what comes then is gone with the process.
                try await spool.wait("the disk has nothing to do") { spool.deadline == nil }
                for number in 0..<model.chance(3) { spool.append(.numbered(number)) }
                return try copy(folders[index])
            }
            folders.append(left)
        }
        let last = spool(in: folders[8], limits: SpoolConfiguration())
        try await running(last) {
            for name in model.outputs.keys { model.outputs[name]?.rewind(to: last.cursor(of: name)) }
            try await deliverAll(last, &model)
            #expect(model.lost(upTo: last.last) == [])
            #expect(last.dropped == 0)
            #expect(try folders[8].names.contains("spool.sqlite"))
        }
    }

    @Test("what a limit drops is what some output has not got, each counted once", arguments: 1...6)
    func drops(seed: UInt64) async throws {
        var model = Model(numbers: SeededNumbers(state: seed))
        let spool = spool(in: folder, limits: SpoolConfiguration(maxSize: 256 << 10))
        try await running(spool) {
            for _ in 0..<150 { try await step(spool, &model) }
            try await deliverAll(spool, &model)
            #expect(model.lost(upTo: spool.last).count == spool.dropped)
            #expect(spool.dropped > 0)
        }
    }

    /// Does one thing of those that may happen.
    private func step(_ spool: Spool, _ model: inout Model) async throws {
        guard let name = model.outputs.keys.sorted().randomElement(using: &model.numbers),
            let output = model.outputs[name]
        else { return }
        switch model.chance(8) {
        case 0..<3:
            for number in 0..<model.chance(20) { spool.append(.numbered(number, length: 4000)) }
        case 3..<5:
            await read(spool, name, &model)
        case 5:
            let position = Int64.random(in: output.confirmed...output.position, using: &model.numbers)
            spool.confirm(name, upTo: position)
            model.outputs[name]?.confirm(upTo: position)
            #expect(spool.cursor(of: name) == position)
        case 6:
            spool.rewind(name)
            model.outputs[name]?.rewind(to: output.confirmed)
        default:
            try await spool.wait("the disk has nothing to do") { spool.deadline == nil }
        }
    }

    private func read(_ spool: Spool, _ name: String, _ model: inout Model) async {
        let start = model.outputs[name]?.position ?? 0
        let messages = await spool.messages(for: name, after: start)
        let positions = messages.map(\.position)
        #expect(positions == positions.sorted() && positions.first ?? .max > start)
        for message in messages {
            #expect(model.bodies[message.position, default: message.body] == message.body)
            model.bodies[message.position] = message.body
        }
        guard let last = positions.last else { return }
        spool.send(name, upTo: last)
        model.outputs[name]?.position = last
        model.outputs[name]?.sent += positions
    }

    /// Lets every output read and confirm all there is.
    private func deliverAll(_ spool: Spool, _ model: inout Model) async throws {
        var isDone = false
        while !isDone {
            try await spool.wait("the disk has nothing to do") { spool.deadline == nil }
            for name in model.outputs.keys.sorted() {
                await read(spool, name, &model)
                let position = model.outputs[name]?.position ?? 0
                spool.confirm(name, upTo: position)
                model.outputs[name]?.confirm(upTo: position)
            }
            isDone = spool.waiting == 0
        }
    }

    /// What a process that ends now leaves.
    private func copy(_ folder: TemporaryFolder) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in try folder.names {
            try FileManager.default.copyItem(atPath: folder.path + "/" + name, toPath: copy.path + "/" + name)
        }
        return copy
    }
}

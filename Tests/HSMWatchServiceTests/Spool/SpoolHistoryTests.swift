// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

/// Random histories of the whole spool: messages of all kinds are appended, sent, confirmed, sent again, dropped for a
/// limit, given up by a reload, and lost with the process, beside sets that know what each output must have got.
@ServiceLoop
@Suite("Spool, against a model", .timeLimit(.minutes(1)))
struct SpoolHistoryTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool(
        in path: String, _ model: SpoolModel, limits: SpoolConfiguration = SpoolConfiguration()
    ) -> Spool {
        Spool(
            file: SpoolFile(directory: path), outputs: model.subscriptions, limits: limits,
            encoder: MessageEncoder(source: "test"), logger: Notes().logger, diskRetry: .milliseconds(10))
    }

    @Test(
        "a process that ends at any moment loses nothing that was sent, and gives no number twice",
        arguments: 1...12 as ClosedRange<UInt64>)
    func crashes(seed: UInt64) async throws {
        var model = SpoolModel(seed: seed)
        // Each process has a folder of its own: what the one before it left.
        var folders = [folder]
        for index in 0..<8 {
            let spool = spool(in: folders[index].path, model)
            for name in model.outputs.keys {
                #expect(spool.cursor(of: name) <= model.outputs[name]?.cursor ?? 0)
            }
            #expect(spool.last >= model.bodies.keys.max() ?? 0)
            model.forget(after: spool.last)
            model.rewind(spool)
            let left = try await running(spool) {
                for _ in 0..<model.chance(30) { try await step(spool, &model) }
                // Between two commits; what comes then is gone with the process.
                try await spool.settle()
                for _ in 0..<model.chance(3) { model.append(to: spool) }
                return try copy(folders[index])
            }
            folders.append(left)
        }
        let last = spool(in: folders[8].path, model)
        model.forget(after: last.last)
        model.rewind(last)
        try await running(last) {
            try await deliverAll(last, &model)
            #expect(model.owed.isEmpty)
            #expect(last.dropped == 0)
            #expect(try folders[8].names.contains("spool.sqlite"))
        }
    }

    @Test(
        "what a limit drops is what some output has not got that gets it, each counted once",
        arguments: 1...12 as ClosedRange<UInt64>)
    func drops(seed: UInt64) async throws {
        var model = SpoolModel(seed: seed)
        let spool = spool(in: folder.path, model, limits: SpoolConfiguration(maxSize: 256 << 10))
        try await running(spool) {
            for _ in 0..<150 { try await step(spool, &model, length: 4000) }
            try await deliverAll(spool, &model)
            #expect(model.owed.count == spool.dropped)
            for (name, output) in model.outputs {
                #expect(output.owed.count == spool.dropped(by: name))
            }
        }
    }

    @Test(
        "whatever outputs come, go and get other kinds, each gets what it waits for, and what is given up is counted",
        arguments: 1...12 as ClosedRange<UInt64>)
    func changes(seed: UInt64) async throws {
        var model = SpoolModel(seed: seed)
        let spool = spool(in: folder.path, model)
        var givenUp = 0
        try await running(spool) {
            for _ in 0..<8 {
                for _ in 0..<20 { try await step(spool, &model) }
                // A commit, which deletes what is confirmed: whoever gets more would get that too, while it is there.
                model.appendWanted(to: spool)
                try await spool.settle()
                for _ in 0..<model.chance(5) { model.append(to: spool) }
                model.learn(spool)
                let before = model.owed
                model.change(spool)
                givenUp += before.subtracting(model.owed).count
                spool.change(
                    outputs: model.subscriptions, limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"))
                // What is wanted again before it is deleted may be there or not.
                try await spool.wait("what is given up is counted") { spool.dropped == givenUp }
                try await spool.settle()
                model.outputs.keys.forEach(spool.rewind)
                model.rewind(spool)
            }
            try await deliverAll(spool, &model)
            #expect(model.owed.isEmpty)
            #expect(spool.dropped == givenUp)
        }
    }

    @Test(
        "a disk that is full now and then loses nothing", .enabled(if: TinyDisk.isPossible),
        arguments: 1...6 as ClosedRange<UInt64>)
    func fullDisk(seed: UInt64) async throws {
        // SQLite lets its log grow to 4 MiB.
        let disk = try TinyDisk(megabytes: 8)
        var model = SpoolModel(seed: seed)
        let spool = spool(in: disk.path, model)
        var failures = 0
        try await running(spool) {
            for _ in 0..<10 {
                for _ in 0..<8 { try await step(spool, &model) }
                let ballast = try disk.fill()
                for _ in 0..<20 { model.append(to: spool) }
                try await spool.wait("the disk is full, or nobody wanted any of it") {
                    !spool.isOnDisk || spool.released == spool.last
                }
                failures += spool.isOnDisk ? 0 : 1
                for _ in 0..<8 { try await step(spool, &model) }
                try FileManager.default.removeItem(at: ballast)
                try await spool.wait("the disk works") { spool.isOnDisk }
            }
            try await deliverAll(spool, &model)
            #expect(model.owed.isEmpty)
            #expect(spool.dropped == 0)
            #expect(failures > 0)
        }
    }

    /// Does one thing of those that may happen.
    private func step(_ spool: Spool, _ model: inout SpoolModel, length: Int = 100) async throws {
        guard let name = model.outputs.keys.sorted().randomElement(using: &model.numbers),
            let output = model.outputs[name]
        else { return }
        switch model.chance(8) {
        case 0..<3:
            for _ in 0..<model.chance(20) { model.append(to: spool, length: length) }
        case 3..<5:
            await read(spool, name, &model)
        case 5:
            let position = Int64.random(
                in: min(output.cursor, output.position)...output.position, using: &model.numbers)
            spool.confirm(name, upTo: position)
            model.confirm(name, upTo: position, spool)
        case 6:
            spool.rewind(name)
            model.rewind(name, spool)
        default:
            try await spool.settle()
        }
    }

    private func read(_ spool: Spool, _ name: String, _ model: inout SpoolModel) async {
        let start = model.outputs[name]?.position ?? 0
        let messages = await spool.messages(for: name, after: start)
        let positions = messages.map(\.position)
        #expect(positions == positions.sorted() && positions.first ?? .max > start)
        #expect(messages.allSatisfy { model.outputs[name]?.kinds.contains($0.kind) == true })
        for message in messages {
            #expect(model.bodies[message.position, default: message.body] == message.body)
            model.bodies[message.position] = message.body
        }
        if let last = positions.last { spool.send(name, upTo: last) }
        model.take(positions, for: name, spool)
    }

    /// Lets every output read and confirm all there is.
    private func deliverAll(_ spool: Spool, _ model: inout SpoolModel) async throws {
        var isDone = false
        while !isDone {
            try await spool.settle()
            for name in model.outputs.keys.sorted() {
                await read(spool, name, &model)
                let position = model.outputs[name]?.position ?? 0
                spool.confirm(name, upTo: position)
                model.confirm(name, upTo: position, spool)
            }
            isDone = model.outputs.keys.allSatisfy { spool.cursor(of: $0) == spool.last }
        }
        #expect(spool.waiting == 0)
        #expect(spool.queued == 0)
        #expect(model.outputs.keys.allSatisfy { spool.waiting(for: $0) == 0 })
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

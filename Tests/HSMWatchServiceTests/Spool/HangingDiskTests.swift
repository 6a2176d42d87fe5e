// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

extension SpoolDisk {
    /// Keeps the disk busy, as a check of a large database does, or hardware that does not answer.
    func block(until end: DispatchSemaphore, begun: @Sendable () -> Void = {}) {
        begun()
        end.wait()
    }
}

@ServiceLoop
@Suite("Spool, at a stop during which the disk hangs", .timeLimit(.minutes(1)))
struct HangingDiskTests {
    private let folder: TemporaryFolder
    private let notes = Notes()
    private let end = DispatchSemaphore(value: 0)

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool() -> Spool {
        Spool(
            file: SpoolFile(directory: folder.path), outputs: [Subscription(name: "a")], limits: SpoolConfiguration(),
            encoder: MessageEncoder(source: "test"), logger: notes.logger)
    }

    /// Returns when the disk does nothing any more, until `end` is signalled.
    private func hang(_ disk: SpoolDisk) async {
        await withCheckedContinuation { hangs in
            Task { await disk.block(until: end) { hangs.resume() } }
        }
    }

    @Test("messages that the disk does not take in time are counted and reported")
    func commitHangs() async throws {
        let spool = spool()
        defer { end.signal() }
        try await running(spool) {
            spool.append(.numbered(1))
            try await spool.settle()
            await hang(spool.jobs.disk)
            for number in 2...3 { spool.append(.numbered(number)) }
            while spool.jobs.waits.isEmpty { await Task.yield() }
            spool.giveUp()
        }
        #expect(notes.has("hsmwatch dropped up to 2 messages before delivery: \(DiskGivenUp())"))
        #expect(notes.count("the spool could not be closed in good order (the disk has not answered") == 1)
        #expect(notes.count("the spool's disk fails") == 0)
    }

    @Test("an output that reads from the disk is not held up")
    func readHangs() async throws {
        let first = spool()
        try await running(first) { first.append(.numbered(1)) }
        let second = spool()
        await hang(second.jobs.disk)
        defer { end.signal() }
        async let messages = second.messages(after: 0)
        while second.jobs.waits.isEmpty { await Task.yield() }
        second.giveUp()
        #expect(await messages == [])
        #expect(await second.messages(after: 0) == [])
    }
}

// SPDX-License-Identifier: Apache-2.0

import GRDB
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchService

@Suite("Read errors of the spool's disk")
struct ReadRetryTests {
    private static let waits: [Duration] = [.milliseconds(1), .milliseconds(2)]

    private static func error(_ code: ResultCode) -> DatabaseError { DatabaseError(resultCode: code) }

    /// How often something is tried that always fails so.
    private func attempts(failingBy error: any Error) async -> Int {
        var retry = ReadRetry(waits: Self.waits)
        var count = 1
        while await retry.isDue(after: error) { count += 1 }
        return count
    }

    @Test(
        "a read error is tried again as often as there are waits",
        arguments: [ResultCode.SQLITE_IOERR_READ, .SQLITE_IOERR_SHORT_READ, .SQLITE_CORRUPT].map(\.rawValue))
    func again(code: CInt) async {
        #expect(await attempts(failingBy: Self.error(ResultCode(rawValue: code))) == Self.waits.count + 1)
    }

    @Test(
        "no other error is tried again",
        arguments: [ResultCode.SQLITE_FULL, .SQLITE_IOERR_WRITE, .SQLITE_NOTADB].map(\.rawValue))
    func notAgain(code: CInt) async {
        #expect(await attempts(failingBy: Self.error(ResultCode(rawValue: code))) == 1)
    }

    @Test("the waits fit twice into the time that the watchdog allows the spool for one job")
    func fit() {
        #expect(ReadRetry.waits.reduce(.zero, +) * 2 < Liveness.spoolGrace)
    }
}

@ServiceLoop
@Suite("Spool, when something cannot be counted", .timeLimit(.minutes(1)))
struct UncountedTests {
    @Test("messages that cannot be counted any more are reported as an upper bound, also by the next process")
    func bound() async throws {
        let folder = try TemporaryFolder()
        let notes = Notes()
        func spool(_ outputs: [String]) -> Spool {
            Spool(
                file: SpoolFile(directory: folder.path), outputs: outputs.map { Subscription(name: $0) },
                limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"), logger: notes.logger,
                diskRetry: .milliseconds(100))
        }
        let first = spool(["a"])
        for number in 1...7 { first.append(.numbered(number)) }
        try await running(first) { try await first.settle() }
        // The output is no more, and its messages cannot be counted: the database is closed.
        let second = spool(["b"])
        try await second.jobs.disk.close(isComplete: false)
        await second.countAbandoned()
        #expect(second.dropped == 7)
        let bound = DropReport(count: 7, reason: SpoolAccount.abandonedReason, isUpperBound: true)
        #expect(second.account.unreported == [bound])

        let database = try SpoolDatabase(path: folder.path + "/spool.sqlite")
        var commit = SpoolDatabase.Commit([], position: 7)
        commit.unreported = [bound, DropReport(count: 2, reason: SpoolAccount.abandonedReason)]
        _ = try database.commit(commit)
        let kept = try database.contents().unreported
        #expect(kept.contains(bound))
        #expect(kept.contains(DropReport(count: 2, reason: SpoolAccount.abandonedReason)))
        try database.close()
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, after a run that did not close it", .timeLimit(.minutes(1)))
struct UnclosedSpoolTests {
    private let folder: TemporaryFolder
    private let notes = Notes()
    private let machine = Machine()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func spool(in path: String, kinds: Set<Event.Kind> = .all) -> Spool {
        Spool(
            file: SpoolFile(directory: path), outputs: [Subscription(name: "a", kinds: kinds)],
            limits: SpoolConfiguration(), encoder: MessageEncoder(source: "test"), logger: notes.logger,
            diskRetry: .milliseconds(100), boot: machine.boot, now: { [machine] in machine.now })
    }

    /// What a process that is killed now leaves.
    private func copy(leftBy spool: Spool, in path: String) async throws -> String {
        try await spool.settle()
        let copy = "\(path)-left"
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        return copy
    }

    /// What a spool leaves that was killed after a message.
    private func leftByKilledRun() async throws -> String {
        let path = folder.path + "/state"
        let spool = spool(in: path)
        spool.append(.numbered(1))
        return try await running(spool) { try await copy(leftBy: spool, in: path) }
    }

    private var loss: String {
        "the last run did not close the spool; messages since \(machine.now.timestamp.utcText) may be missing"
    }

    @Test(
        "a run that ended, with everything on the disk, has lost nothing", arguments: [[], .all] as [Set<Event.Kind>])
    func closed(kinds: Set<Event.Kind>) async throws {
        for _ in 0..<2 {
            let spool = spool(in: folder.path, kinds: kinds)
            #expect(spool.takeLoss() == nil)
            spool.append(.numbered(1))
            try await running(spool) {}
        }
        #expect(spool(in: folder.path).takeLoss() == nil)
    }

    @Test("a run that was killed may have lost messages since its last commit")
    func killed() async throws {
        let path = try await leftByKilledRun()
        let expected = loss
        machine.pass(.seconds(86_400))
        let next = spool(in: path)
        #expect(next.takeLoss() == expected)
        #expect(next.takeLoss() == nil)
    }

    @Test("a run that was killed before it had any message is noticed too")
    func killedEarly() async throws {
        let path = folder.path + "/state"
        let spool = spool(in: path)
        let left = try await running(spool) {
            try await spool.wait("the first commit") { spool.schedule.due == nil && spool.changesNoted > 0 }
            return try await copy(leftBy: spool, in: path)
        }
        #expect(self.spool(in: left).takeLoss() == loss)
    }

    @Test("a loss is reported until a message of it is on the disk")
    func untold() async throws {
        let first = try await leftByKilledRun()
        let expected = loss
        machine.pass(.seconds(60))
        // Killed before it has told anything, after commits of its own.
        let second = spool(in: first)
        second.append(.numbered(2))
        let afterSecond = try await running(second) { try await copy(leftBy: second, in: first) }
        machine.pass(.seconds(60))
        let third = spool(in: afterSecond)
        let told = third.takeLoss()
        #expect(told == expected)
        third.append(.numbered(3))
        try await running(third) {}
        #expect(spool(in: afterSecond).takeLoss() == nil)
    }

    @Test("a run that ended without reporting a loss leaves it to the next one")
    func closedUntold() async throws {
        let path = try await leftByKilledRun()
        let expected = loss
        machine.pass(.seconds(60))
        try await running(spool(in: path)) {}
        #expect(spool(in: path).takeLoss() == expected)
    }

    @Test(
        "a run whose disk failed until its end may have lost messages since its last commit",
        .enabled(if: TinyDisk.isPossible, "only who may mount a file system can fill one"))
    func failedUntilTheEnd() async throws {
        let disk = try TinyDisk()
        let spool = spool(in: disk.path)
        let expected = loss
        let ballast = try await running(spool) {
            spool.append(.numbered(1))
            try await spool.settle()
            let ballast = try disk.fill()
            machine.pass(.seconds(60))
            for number in 2...100 { spool.append(.numbered(number, length: 1000)) }
            try await spool.wait("the disk is full") { notes.has("the spool's disk fails") }
            return ballast
        }
        #expect(spool.dropped > 0)
        try FileManager.default.removeItem(at: ballast)
        #expect(self.spool(in: disk.path).takeLoss() == expected)
    }

    @Test("a database that is opened late tells the loss by messages_dropped, without a number")
    func late() async throws {
        let left = try await leftByKilledRun()
        let expected = loss
        let path = folder.path + "/late"
        try Array("in the way".utf8).write(to: path)
        let spool = spool(in: path)
        #expect(spool.takeLoss() == nil)
        try await running(spool) {
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.moveItem(atPath: left, toPath: path)
            try await spool.wait("the disk works") { notes.has("the spool's disk works again") }
            let told = try await spool.next(2, after: 0).compactMap(\.stored).first {
                $0.string("action") == "messages_dropped"
            }
            #expect(told?.string("reason") == expected)
            #expect(told?.integer("dropped") == nil)
            #expect(spool.dropped == 0)
        }
        #expect(notes.count("hsmwatch may have lost messages: \(expected)") == 1)
        #expect(self.spool(in: path).takeLoss() == nil)
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Spool, and the age of its messages", .timeLimit(.minutes(1)))
struct SpoolAgeTests {
    private nonisolated static let day = Duration.seconds(86_400)
    private nonisolated static let decade = day * 3652

    private let folder: TemporaryFolder
    private let notes = Notes()
    private let machine = Machine()

    init() throws {
        folder = try TemporaryFolder()
    }

    private var directory: String { folder.path + "/state" }

    private func spool() -> Spool {
        Spool(
            file: SpoolFile(directory: directory), outputs: [Subscription(name: "a")],
            limits: SpoolConfiguration(maxAge: Self.day * 7),
            encoder: MessageEncoder(source: "test"), logger: notes.logger, diskRetry: .milliseconds(100),
            boot: machine.boot, now: { [machine] in machine.now })
    }

    /// Appends a message and waits for its commit, and for that of a report that comes of it.
    private func append(_ number: Int, to spool: Spool) async throws {
        spool.append(.numbered(number))
        try await spool.wait("committed") { spool.deadline == nil }
    }

    @Test("messages too old are dropped and reported, and only these")
    func age() async throws {
        let spool = spool()
        try await running(spool) {
            for number in 1...3 { try await append(number, to: spool) }
            machine.pass(Self.day * 6)
            try await append(4, to: spool)
            #expect(spool.dropped == 0)
            machine.pass(Self.day * 2)
            spool.append(.numbered(5))
            try await spool.wait("what is old is dropped") { spool.dropped > 0 }
            let messages = try await spool.next(3, after: 0)
            #expect(messages.map(\.position) == [4, 5, 6])
            #expect(messages.last?.stored?.integer("dropped") == 3)
            #expect(messages.last?.stored?.string("reason") == "older than max_age")
            #expect(spool.dropped == 3)
            #expect(spool.waiting == 3)
        }
    }

    @Test(
        "a clock that is set makes no message old, and keeps none young",
        arguments: [[decade], [decade * -1], [decade, decade * -1], [decade * -1, decade * 2, decade * -1]])
    func jumps(jumps: [Duration]) async throws {
        let spool = spool()
        var appended = 0
        try await running(spool) {
            for jump in jumps {
                appended += 1
                try await append(appended, to: spool)
                machine.set(ahead: jump)
                appended += 1
                try await append(appended, to: spool)
                machine.pass(Self.day)
            }
            #expect(spool.dropped == 0)
            machine.pass(Self.day * 7)
            try await append(appended + 1, to: spool)
            try await spool.wait("what is old is dropped") { spool.dropped == appended }
        }
        #expect(notes.has("hsmwatch dropped \(appended) messages before delivery: older than max_age"))
    }

    @Test(
        "the next process goes on with the ages, whatever was done to the clock before it began",
        arguments: [decade, decade * -1])
    func restarts(jump: Duration) async throws {
        let first = spool()
        try await running(first) {
            try await append(1, to: first)
            machine.set(ahead: jump)
            try await append(2, to: first)
        }
        machine.pass(Self.day * 6)
        machine.set(ahead: jump)
        let second = spool()
        try await running(second) {
            try await append(3, to: second)
            #expect(second.dropped == 0)
            machine.set(ahead: jump * -1)
            try await append(4, to: second)
            #expect(second.dropped == 0)
        }
        machine.pass(Self.day * 2)
        let third = spool()
        try await running(third) {
            try await append(5, to: third)
            try await third.wait("what is old is dropped") { third.dropped == 2 }
            #expect(third.waiting == 4)
        }
    }

    @Test(
        "a reboot makes no message old, whatever the clock says after it; what waits grows old all the same",
        arguments: [.zero, decade, decade * -1])
    func reboots(jump: Duration) async throws {
        let first = spool()
        try await running(first) { try await append(1, to: first) }
        machine.pass(Self.day * 8)
        machine.reboot()
        machine.set(ahead: jump)
        let second = spool()
        try await running(second) {
            try await append(2, to: second)
            machine.pass(Self.day * 6)
            try await append(3, to: second)
            #expect(second.dropped == 0)
            machine.pass(Self.day * 2)
            try await append(4, to: second)
            try await second.wait("what is old is dropped") { second.dropped == 2 }
        }
    }

    @Test(
        "a spool of 0.1.0 opens and goes on; its backlog is as old as its newest message",
        arguments: [decade, decade * -1])
    func olderVersion(jump: Duration) async throws {
        let first = spool()
        try await running(first) { try await append(1, to: first) }
        let database = try DatabaseQueue(path: directory + "/spool.sqlite")
        try await database.write { database in
            try database.execute(
                sql: """
                    DROP TABLE moment;
                    CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), lead INTEGER NOT NULL) STRICT;
                    INSERT INTO clock VALUES (1, 86400000);
                    """)
        }
        try database.close()
        machine.set(ahead: jump)
        let second = spool()
        try await running(second) {
            try await append(2, to: second)
            machine.pass(Self.day * 6)
            try await append(3, to: second)
            #expect(second.dropped == 0)
            #expect(second.waiting == 3)
        }
    }

    @Test(
        "what a disk holds that comes late keeps its age, and so does what was in memory",
        arguments: [decade, decade * -1], [true, false])
    func late(jump: Duration, reboots: Bool) async throws {
        let first = spool()
        try await running(first) {
            try await append(1, to: first)
            machine.set(ahead: jump)
            try await append(2, to: first)
        }
        if reboots { machine.reboot() }
        try FileManager.default.moveItem(atPath: directory, toPath: directory + ".away")
        try Array("in the way".utf8).write(to: directory)
        let second = spool()
        second.append(.numbered(3))
        try await running(second) {
            _ = try await second.next(after: 0)
            machine.pass(Self.day * 6)
            try FileManager.default.removeItem(atPath: directory)
            try FileManager.default.moveItem(atPath: directory + ".away", toPath: directory)
            try await second.wait("the disk works") { notes.has("the spool's disk works again") }
            // What was in memory stands before what the disk has held.
            second.confirm("a", upTo: 1)
            try await append(4, to: second)
            #expect(second.dropped == 0)
            #expect(second.waiting == 3)
        }
    }

    @Test("what was in memory grows old behind a disk that comes late")
    func lateAndOld() async throws {
        let first = spool()
        try await running(first) { try await append(1, to: first) }
        machine.reboot()
        machine.set(ahead: Self.decade * -1)
        try FileManager.default.moveItem(atPath: directory, toPath: directory + ".away")
        try Array("in the way".utf8).write(to: directory)
        let second = spool()
        second.append(.numbered(2))
        try await running(second) {
            _ = try await second.next(after: 0)
            try FileManager.default.removeItem(atPath: directory)
            try FileManager.default.moveItem(atPath: directory + ".away", toPath: directory)
            try await second.wait("the disk works") { notes.has("the spool's disk works again") }
            machine.pass(Self.day * 8)
            try await append(3, to: second)
            try await second.wait("what is old is dropped") { second.dropped == 2 }
        }
    }
}

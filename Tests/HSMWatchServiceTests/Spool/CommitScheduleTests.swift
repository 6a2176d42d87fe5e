// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Commit schedule")
struct CommitScheduleTests {
    private let schedule = CommitSchedule()

    @Test("news after a rest does not wait")
    func afterRest() {
        schedule.messageWaits(isRoutine: false)
        #expect(schedule.due == nil)
    }

    @Test("news waits for company while commits follow each other")
    func gathers() throws {
        let before = Instant.now
        schedule.begin()
        schedule.messageWaits(isRoutine: false)
        let due = try #require(schedule.due)
        #expect(due >= before + CommitSchedule.gathering)
        #expect(due <= .now + CommitSchedule.gathering)
    }

    @Test("what is routine waits longer, from the first of it, and news takes it along")
    func routine() throws {
        let before = Instant.now
        schedule.messageWaits(isRoutine: true)
        let due = try #require(schedule.due)
        #expect(due >= before + CommitSchedule.routineDelay)
        schedule.messageWaits(isRoutine: true)
        #expect(schedule.due == due)
        schedule.messageWaits(isRoutine: false)
        #expect(schedule.due == nil)
    }

    @Test("from a message to its commit there is a deadline")
    func deadline() throws {
        #expect(schedule.deadline == nil)
        schedule.messageWaits(isRoutine: true)
        let deadline = try #require(schedule.deadline)
        schedule.messageWaits(isRoutine: false)
        #expect(schedule.deadline == deadline)
        schedule.begin()
        #expect(schedule.deadline == nil)
    }
}

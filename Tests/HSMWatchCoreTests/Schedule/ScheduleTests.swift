// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Schedule")
struct ScheduleTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    @Test("a target's ticks are whole intervals apart for a day, even when each is served late")
    func noDrift() throws {
        var schedule = Schedule()
        _ = schedule.add(name: "khi-1", interval: .seconds(5), at: Self.start)
        let first = try #require(schedule.deadline)
        for number in 0..<17_280 {
            let due = try #require(schedule.deadline)
            #expect(due == first + .seconds(5) * number)
            let tick = schedule.next(at: due + .milliseconds(number % 4900))
            #expect(tick?.due == due)
            #expect(tick?.missed == 0)
            let again = schedule.next(at: due + .milliseconds(4900))
            #expect(again == nil)
        }
    }

    @Test("ticks that passed by are counted, not made up for")
    func missed() throws {
        var schedule = Schedule()
        _ = schedule.add(name: "khi-1", interval: .seconds(1), at: Self.start)
        let first = try #require(schedule.deadline)
        let tick = schedule.next(at: first + .milliseconds(10_500))
        #expect(tick?.missed == 10)
        #expect(tick?.due == first + .seconds(10))
        let again = schedule.next(at: first + .milliseconds(10_500))
        #expect(again == nil)
        #expect(schedule.deadline == first + .seconds(11))
    }

    @Test("first ticks are spread over the interval, the same in every run")
    func splay() {
        let interval = Duration.seconds(1)
        var tenths = [Int](repeating: 0, count: 10)
        for number in 0..<5000 {
            let splay = Schedule.splay(of: "hsm-\(number)", over: interval)
            #expect(splay >= .zero && splay < interval)
            tenths[Int(splay.wholeMilliseconds / 100)] += 1
        }
        for count in tenths {
            #expect((400...600).contains(count))
        }
        #expect(Schedule.splay(of: "khi-1", over: interval) == Schedule.splay(of: "khi-1", over: interval))
        #expect(Schedule.splay(of: "khi-1", over: interval) != Schedule.splay(of: "khi-2", over: interval))
    }

    @Test("many targets of different intervals are served in the order in which they are due")
    func order() throws {
        var schedule = Schedule()
        for number in 0..<500 {
            let target = schedule.add(
                name: "hsm-\(number)", interval: .milliseconds(100 + 37 * (number % 11)), at: Self.start)
            #expect(target == number)
        }
        var counts = [Int](repeating: 0, count: 500)
        var last = Self.start
        while let due = schedule.deadline, due < Self.start + .seconds(10) {
            #expect(due >= last)
            last = due
            let tick = schedule.next(at: due)
            counts[try #require(tick).target] += 1
        }
        for (number, count) in counts.enumerated() {
            let interval = 100 + 37 * (number % 11)
            #expect((10_000 / interval...10_000 / interval + 1).contains(count))
        }
    }

    @Test("who is taken out is due no more, the others as before, and no number is given twice")
    func remove() {
        var schedule = Schedule()
        for number in 0..<100 {
            _ = schedule.add(name: "hsm-\(number)", interval: .milliseconds(100 + number), at: Self.start)
        }
        var whole = schedule
        schedule.remove(Set(stride(from: 0, to: 100, by: 3)))
        let next = schedule.add(name: "new", interval: .seconds(86_400), at: Self.start)
        #expect(next == 100)
        let end = Self.start + .seconds(1)
        let expected = Self.ticks(of: &whole, until: end).filter { !$0.target.isMultiple(of: 3) }
        #expect(expected.count > 300)
        #expect(Set(Self.ticks(of: &schedule, until: end)) == Set(expected))
    }

    private static func ticks(of schedule: inout Schedule, until end: Instant) -> [Schedule.Tick] {
        var ticks: [Schedule.Tick] = []
        while let due = schedule.deadline, due < end, let tick = schedule.next(at: due) {
            ticks.append(tick)
        }
        return ticks
    }

    @Test("without targets nothing is due")
    func empty() {
        var schedule = Schedule()
        #expect(schedule.deadline == nil)
        let tick = schedule.next(at: Self.start)
        #expect(tick == nil)
    }
}

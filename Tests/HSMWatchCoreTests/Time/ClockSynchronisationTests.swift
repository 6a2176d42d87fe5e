// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Clock synchronisation")
struct ClockSynchronisationTests {
    /// One look a minute; answers the minutes at which something is to be reported.
    private static func reports(
        _ minutes: Range<Int>, _ clock: inout ClockSynchronisation,
        _ finding: (Int) -> ClockSynchronisation.Finding
    ) -> [Int] {
        minutes.filter { clock.note(finding($0), at: .seconds($0 * 60)) }
    }

    @Test("a clock that is not synchronised for ten minutes is reported once")
    func once() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<10_000, &clock) { $0 < 100 ? .synchronised : .unsynchronised }
        #expect(reported == [110])
        #expect(clock.unsynchronisedSince == .seconds(6000))
    }

    @Test("the next look is a minute later")
    func deadline() {
        var clock = ClockSynchronisation()
        #expect(clock.deadline == nil)
        _ = clock.note(.synchronised, at: .seconds(7))
        #expect(clock.deadline == .seconds(67))
    }

    @Test("a shorter time is not reported, however often it comes")
    func short() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<10_000, &clock) { $0 % 11 == 0 ? .synchronised : .unsynchronised }
        #expect(reported == [])
        #expect(clock.unsynchronisedSince == nil)
    }

    @Test("it is reported again only after it was synchronised")
    func again() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<100, &clock) { $0 == 50 ? .synchronised : .unsynchronised }
        #expect(reported == [10, 61])
    }

    @Test("a kernel that may not be asked reports nothing")
    func unknown() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<10_000, &clock) { _ in .unknown }
        #expect(reported == [])
        #expect(clock.unsynchronisedSince == nil)
    }

    @Test("what was reported is not reported again after a time in which nothing was known")
    func unknownMeanwhile() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<30, &clock) { $0 < 20 ? .unsynchronised : .unknown }
        #expect(reported == [10])
        #expect(clock.unsynchronisedSince == nil)
        let later = Self.reports(30..<100, &clock) { _ in .unsynchronised }
        #expect(later == [])
        #expect(clock.unsynchronisedSince == .seconds(1800))
    }

    @Test("an unknown look in between begins the ten minutes anew")
    func interrupted() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<100, &clock) { $0 == 5 ? .unknown : .unsynchronised }
        #expect(reported == [16])
    }

    @Test("so does a pause of the process")
    func pause() {
        var clock = ClockSynchronisation()
        let reported = Self.reports(0..<2, &clock) { _ in .unsynchronised }
        #expect(reported == [])
        let later = Self.reports(60..<100, &clock) { _ in .unsynchronised }
        #expect(later == [70])
    }
}

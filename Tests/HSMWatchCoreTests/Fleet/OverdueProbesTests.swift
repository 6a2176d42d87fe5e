// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// HSMs, their probes and the looks, second by second.
private struct Watched {
    var probes = OverdueProbes(at: .seconds(0))
    /// The distance of the probes' ends of each HSM, by its number; without one, no probe ends.
    var ending: [Int: Int] = [:]
    var reports: [Report] = []

    struct Report: Equatable {
        let second: Int
        let names: [String]
        let count: Int
    }

    init(_ hsms: Int, every interval: Int) {
        for number in 0..<hsms { add(number, every: interval, at: 0) }
        probes.begin(at: .seconds(0))
    }

    mutating func add(_ number: Int, every interval: Int, at second: Int) {
        probes.add(number, name: "khi-\(number)", interval: .seconds(interval), at: .seconds(second))
        ending[number] = interval
    }

    /// Lets seconds pass, with a look in each of them.
    mutating func run(_ seconds: Range<Int>) {
        for second in seconds {
            for (number, distance) in ending where second % distance == 0 { probes.ended(number, at: .seconds(second)) }
            guard probes.deadline <= .seconds(second) else { continue }
            guard let report = probes.look(at: .seconds(second)) else { continue }
            reports.append(Report(second: second, names: report.names, count: report.count))
        }
    }
}

@Suite("Overdue probes")
struct OverdueProbesTests {
    /// What an HSM with an interval of 5 s is allowed.
    private static let allowed = 3 * 5 + Int(OverdueProbes.longestStep.wholeSeconds)
    private static let gathering = Int(OverdueProbes.gathering.wholeSeconds)
    private static let quiet = Int(OverdueProbes.quiet.wholeSeconds)

    @Test("an HSM whose probes end in time is never overdue")
    func onTime() {
        var watched = Watched(3, every: 5)
        watched.run(1..<86_400)
        #expect(watched.probes.count == 0)
        #expect(watched.reports.isEmpty)
    }

    @Test("an HSM of which no probe ends for three intervals is reported once, not at each tick")
    func once() {
        var watched = Watched(3, every: 5)
        watched.run(1..<1001)
        watched.ending[1] = nil
        watched.run(1001..<1000 + Self.allowed)
        #expect(watched.probes.count == 0)
        watched.run(1000 + Self.allowed..<1001 + Self.allowed)
        #expect(watched.probes.count == 1)
        watched.run(1001 + Self.allowed..<80_000)
        #expect(watched.reports == [.init(second: 1000 + Self.allowed + Self.gathering, names: ["khi-1"], count: 1)])
        #expect(watched.probes.count == 1)
    }

    @Test("a probe that ends clears an overdue HSM, and its next silence is reported again")
    func again() {
        var watched = Watched(1, every: 5)
        watched.ending[0] = nil
        watched.run(1..<100)
        watched.probes.ended(0, at: .seconds(99))
        #expect(watched.probes.count == 0)
        watched.run(100..<300)
        #expect(watched.reports.map(\.count) == [1, 1])
        #expect(watched.probes.count == 1)
    }

    @Test("HSMs that become overdue within seconds are reported together, in the order of the configuration")
    func together() {
        var watched = Watched(32, every: 5)
        for number in 0..<32 { watched.probes.ended(number, at: .seconds(number % 2)) }
        watched.ending = [:]
        watched.run(1..<200)
        #expect(watched.reports.map(\.count) == [32])
        #expect(watched.reports[0].names == (0..<OverdueProbes.namesShown).map { "khi-\($0)" })
        let report = OverdueProbes.Report(names: watched.reports[0].names, count: 32)
        #expect(report.listed.hasSuffix("khi-19 and 12 more"))
    }

    @Test("an HSM that comes and goes is reported at most once a minute")
    func comingAndGoing() {
        var watched = Watched(1, every: 5)
        watched.ending[0] = 30
        watched.run(1..<3600)
        #expect(!watched.reports.isEmpty)
        for (report, next) in zip(watched.reports, watched.reports.dropFirst()) {
            #expect(next.second - report.second >= Self.quiet)
        }
    }

    @Test("an HSM that answers before the report is not in it")
    func recovered() {
        var watched = Watched(2, every: 5)
        watched.ending = [:]
        watched.run(1..<Self.allowed + 2)
        #expect(watched.probes.count == 2)
        watched.probes.ended(0, at: .seconds(Self.allowed + 2))
        watched.run(Self.allowed + 2..<200)
        #expect(watched.reports.first?.names == ["khi-1"])
    }

    @Test("the time of a pause of the process makes no HSM overdue", arguments: [1, 2, 20, 86_400])
    func pause(length: Int) {
        var watched = Watched(2, every: 1)
        watched.run(1..<1000)
        // What comes first when the process goes on: a look, and an interval later the end of a probe.
        let end = 1000 + length
        #expect(watched.probes.look(at: .seconds(end)) == nil)
        #expect(watched.probes.count == 0)
        watched.run(end..<end + 200)
        #expect(watched.reports.isEmpty)
    }

    @Test("before the polling begins nothing is overdue, and then each HSM has its intervals")
    func start() {
        var probes = OverdueProbes(at: .seconds(0))
        probes.add(0, name: "khi-0", interval: .seconds(5), at: .seconds(0))
        probes.begin(at: .seconds(600))
        #expect(probes.deadline == .seconds(601))
        for second in 601..<600 + Self.allowed {
            _ = probes.look(at: .seconds(second))
            #expect(probes.count == 0)
        }
        _ = probes.look(at: .seconds(600 + Self.allowed))
        #expect(probes.count == 1)
    }

    @Test("an HSM of a reload has its three intervals from then on, with a new interval, too")
    func reload() {
        var watched = Watched(1, every: 3600)
        watched.run(1..<3000)
        watched.add(1, every: 5, at: 3000)
        watched.ending[1] = nil
        watched.probes.change(0, interval: .seconds(5), at: .seconds(3000))
        watched.ending[0] = nil
        watched.run(3001..<3000 + Self.allowed)
        #expect(watched.probes.count == 0)
        watched.run(3000 + Self.allowed..<3100)
        #expect(watched.probes.count == 2)
        watched.probes.change(0, interval: .seconds(3600), at: .seconds(3100))
        watched.probes.remove(1)
        #expect(watched.probes.count == 0)
        watched.run(3100..<9000)
        #expect(watched.reports.count == 1)
    }

    @Test("a late word about an HSM that was removed does nothing")
    func removed() {
        var watched = Watched(1, every: 5)
        watched.probes.remove(0)
        watched.probes.ended(0, at: .seconds(1))
        watched.probes.change(0, interval: .seconds(1), at: .seconds(1))
        watched.run(2..<200)
        #expect(watched.probes.count == 0)
        #expect(watched.reports.isEmpty)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Lookup plan")
struct LookupPlanTests {
    private static func at(_ milliseconds: Int64) -> Instant { Instant(nanoseconds: milliseconds * 1_000_000) }

    /// Asks for names, and answers which of all that wait are looked up now.
    private static func begun(_ plan: inout LookupPlan, _ names: [String], at milliseconds: Int64) -> [String] {
        names.forEach { plan.ask($0) }
        var begun: [String] = []
        while let name = plan.next(at: at(milliseconds)) { begun.append(name) }
        return begun
    }

    /// Has names looked up within so many milliseconds each.
    private static func looked(_ plan: inout LookupPlan, _ names: [String], taking milliseconds: Int64) {
        for name in names {
            #expect(begun(&plan, [name], at: 0) == [name])
            plan.ended(name, at: at(milliseconds))
        }
    }

    private static func names(_ prefix: String, _ count: Int) -> [String] { (0..<count).map { "\(prefix)-\($0)" } }

    @Test("a name has one lookup at a time, and another one when that has ended")
    func once() {
        var plan = LookupPlan()
        #expect(Self.begun(&plan, ["a", "a"], at: 0) == ["a"])
        #expect(Self.begun(&plan, ["a"], at: 1) == [])
        plan.ended("a", at: Self.at(2))
        #expect(Self.begun(&plan, [], at: 3) == [])
        #expect(Self.begun(&plan, ["a"], at: 3) == ["a"])
    }

    @Test("however many untried names hang, names that are answered promptly have threads")
    func promptBesideUntried() {
        var plan = LookupPlan()
        Self.looked(&plan, ["good"], taking: 1000)
        let begun = Self.begun(&plan, Self.names("dead", 1000) + ["good"], at: 2000)
        #expect(begun.first == "good")
        #expect(begun.count == LookupPlan.triedLimit + 1)
        plan.ended("good", at: Self.at(2001))
        #expect(Self.begun(&plan, ["good"], at: 3000) == ["good"])
    }

    @Test("names that are known to hang leave threads to untried ones")
    func untriedBesideSlow() {
        var plan = LookupPlan()
        let dead = Self.names("dead", 100)
        Self.looked(&plan, dead, taking: 1001)
        let begun = Self.begun(&plan, dead + ["new"], at: 2000)
        #expect(begun == ["new"] + dead.prefix(LookupPlan.slowLimit))
        plan.ended("dead-0", at: Self.at(9000))
        // The first come first: what has been looked up goes to the end.
        #expect(Self.begun(&plan, ["dead-0"], at: 9000) == ["dead-\(LookupPlan.slowLimit)"])
    }

    @Test("a slow name that is answered promptly again goes first again")
    func recovered() {
        var plan = LookupPlan()
        let dead = Self.names("dead", 2 * LookupPlan.slowLimit)
        Self.looked(&plan, dead + ["good"], taking: 5000)
        _ = Self.begun(&plan, ["good"] + dead, at: 6000)
        plan.ended("good", at: Self.at(6010))
        _ = Self.begun(&plan, [], at: 6020)
        #expect(Self.begun(&plan, ["good"], at: 6030) == ["good"])
    }

    @Test("when all prompt names begin to hang, no more lookups run than there are threads")
    func threadLimit() {
        var plan = LookupPlan()
        let names = Self.names("hsm", 1000)
        Self.looked(&plan, names, taking: 1)
        let begun = Self.begun(&plan, names, at: 1000)
        #expect(begun.count == LookupPlan.threadLimit)
        for name in begun { plan.ended(name, at: Self.at(11_000)) }
        #expect(Self.begun(&plan, begun, at: 11_000).count == LookupPlan.threadLimit)
        #expect(plan.runningCount == LookupPlan.threadLimit)
    }

    @Test("no more names are remembered than the limit")
    func memory() {
        var plan = LookupPlan()
        let dead = Self.names("dead", LookupPlan.memoryLimit)
        Self.looked(&plan, dead, taking: 1001)
        #expect(Self.begun(&plan, dead, at: 0).count == LookupPlan.slowLimit)
        var full = LookupPlan()
        Self.looked(&full, dead + ["new"], taking: 1001)
        // All but the new one are untried again.
        #expect(Self.begun(&full, dead, at: 0).count == LookupPlan.triedLimit)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Faults of this machine")
struct LocalFaultsTests {
    private static let calm = Int(LocalFaults.calm.wholeSeconds)

    @Test("a fault that concerns many begins once, and ends when all of them could try again")
    func many() {
        var faults = LocalFaults()
        let begins1 = faults.failed(.hsm("khi-1"), .descriptors, at: .seconds(1))
        #expect(begins1)
        for number in 2...100 {
            let begins2 = faults.failed(.hsm("khi-\(number)"), .descriptors, at: .seconds(2))
            #expect(!begins2)
        }
        let begins3 = faults.failed(.output("graylog"), .descriptors, at: .seconds(5))
        #expect(!begins3)
        for number in 1...100 {
            faults.succeeded(.hsm("khi-\(number)"), at: .seconds(6))
            #expect(faults.deadline == nil)
        }
        faults.succeeded(.output("graylog"), at: .seconds(7))
        #expect(faults.deadline == .seconds(7 + Self.calm))
        let early = faults.deadlinePassed(at: .seconds(6 + Self.calm))
        #expect(early.isEmpty)
        let ended = faults.deadlinePassed(at: .seconds(7 + Self.calm))
        #expect(ended == [.init(cause: .descriptors, lasted: .seconds(4))])
        #expect(faults.deadline == nil)
    }

    @Test("a fault that comes and goes all the time brings at most one beginning and one end in the calm time")
    func flapping() {
        var faults = LocalFaults()
        var begun = 0
        var ended = 0
        for second in 0..<1000 {
            if second % 15 < 3 {
                if faults.failed(.hsm("khi-1"), .ports, at: .seconds(second)) { begun += 1 }
            } else {
                faults.succeeded(.hsm("khi-1"), at: .seconds(second))
            }
            ended += faults.deadlinePassed(at: .seconds(second)).count
        }
        #expect(begun <= 1000 / Self.calm)
        #expect(begun == ended || begun == ended + 1)
    }

    @Test("a short pause between failures does not end a fault")
    func pause() {
        var faults = LocalFaults()
        let begins4 = faults.failed(.hsm("khi-1"), .ports, at: .seconds(0))
        #expect(begins4)
        faults.succeeded(.hsm("khi-1"), at: .seconds(1))
        let begins5 = faults.failed(.hsm("khi-1"), .ports, at: .seconds(9))
        #expect(!begins5)
        let ended = faults.deadlinePassed(at: .seconds(100))
        #expect(ended.isEmpty)
    }

    @Test("each cause is a fault, and a party is in one at a time")
    func causes() {
        var faults = LocalFaults()
        let begins6 = faults.failed(.hsm("khi-1"), .descriptors, at: .seconds(0))
        #expect(begins6)
        let begins7 = faults.failed(.hsm("khi-1"), .forbidden, at: .seconds(1))
        #expect(begins7)
        #expect(faults.deadline == .seconds(1 + Self.calm))
        let ended = faults.deadlinePassed(at: .seconds(20))
        #expect(ended.map(\.cause) == [.descriptors])
    }

    @Test("a party that was in no fault changes nothing")
    func stranger() {
        var faults = LocalFaults()
        faults.succeeded(.statusSocket, at: .seconds(0))
        #expect(faults.deadline == nil)
        let begins8 = faults.failed(.hsm("khi-1"), .memory, at: .seconds(1))
        #expect(begins8)
        faults.succeeded(.statusSocket, at: .seconds(2))
        #expect(faults.deadline == nil)
    }
}

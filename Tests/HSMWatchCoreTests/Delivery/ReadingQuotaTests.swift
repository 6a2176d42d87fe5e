// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Reading quota")
struct ReadingQuotaTests {
    @Test(
        "a slow peer is sent what it reads in 250 ms, but not fewer than 16 messages",
        arguments: [(100, 250, nil), (100, 251, 99), (300, 1000, 75), (17, 10_000, 16), (16, 10_000, nil)]
            as [(Int, Int64, Int?)])
    func slow(count: Int, milliseconds: Int64, messages: Int?) {
        var quota = ReadingQuota()
        quota.drained(count, in: .milliseconds(milliseconds))
        #expect(quota.messages == messages)
    }

    @Test("a peer that reads all that it may in time is sent twice as much, up to no limit")
    func faster() {
        var quota = ReadingQuota()
        quota.drained(300, in: .milliseconds(1000))
        var steps: [Int?] = []
        for count in [75, 100, 150, 300, 600] {
            quota.drained(count, in: .milliseconds(250))
            steps.append(quota.messages)
        }
        #expect(steps == [150, 150, 300, 600, nil])
    }
}

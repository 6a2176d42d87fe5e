// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("Disk health")
struct DiskHealthTests {
    private static func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

    @Test("a disk that fails is left alone for a while, again and again, and works again once")
    func retries() {
        var health = DiskHealth(retryInterval: .seconds(5))
        #expect(health.isWorking)
        #expect(health.mayTry(at: Self.at(0)))
        #expect(health.failed(replaced: false, at: Self.at(10)) == .goOnInMemory)
        #expect(!health.isWorking)
        #expect(health.retryAt == Self.at(15))
        #expect(!health.mayTry(at: Self.at(14)))
        #expect(health.mayTry(at: Self.at(15)))
        #expect(health.failed(replaced: false, at: Self.at(15)) == .wait)
        #expect(health.retryAt == Self.at(20))
        let hadFailed = health.worked()
        #expect(hadFailed)
        #expect(health.isWorking)
        let failedAgain = health.worked()
        #expect(!failedAgain)
    }

    @Test("a replaced database is tried at once; when it fails too, the disk must wait")
    func replaces() {
        var health = DiskHealth(retryInterval: .seconds(5))
        #expect(health.failed(replaced: true, at: Self.at(0)) == .tryAgain)
        #expect(health.isWorking)
        #expect(health.failed(replaced: true, at: Self.at(0)) == .goOnInMemory)
        #expect(health.failed(replaced: true, at: Self.at(5)) == .wait)
        _ = health.worked()
        #expect(health.failed(replaced: true, at: Self.at(6)) == .tryAgain)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Notification queue")
struct NotificationQueueTests {
    /// What is sent of these notifications when nothing is taken before the last was added.
    private static func sent(_ notifications: [[String]]) -> [[String]] {
        var queue = NotificationQueue()
        notifications.forEach { queue.add($0) }
        var sent: [[String]] = []
        while let next = queue.next() { sent.append(next) }
        return sent
    }

    @Test("steps keep their order and their assignments")
    func order() {
        let steps = [
            ["READY=1", "STATUS=a"], ["RELOADING=1", "MONOTONIC_USEC=5"], ["READY=1", "STATUS=b"],
            ["STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=10"],
        ]
        #expect(Self.sent(steps) == steps)
    }

    @Test("a newer status replaces a waiting one, and comes after what was said before it")
    func status() {
        let sent = Self.sent([["READY=1", "STATUS=a"], ["STATUS=b"], ["RELOADING=1"], ["STATUS=c"], ["READY=1"]])
        #expect(sent == [["READY=1", "STATUS=a"], ["RELOADING=1"], ["STATUS=c"], ["READY=1"]])
    }

    @Test("one watchdog's answer waits, in the place of the first")
    func watchdog() {
        let sent = Self.sent([["WATCHDOG=1"], ["STATUS=a"], ["WATCHDOG=1"], ["STOPPING=1"], ["WATCHDOG=1"]])
        #expect(sent == [["WATCHDOG=1"], ["STATUS=a"], ["STOPPING=1"]])
    }

    @Test("the newest extension of a time waits")
    func extensions() {
        let sent = Self.sent([["EXTEND_TIMEOUT_USEC=1"], ["STATUS=opening"], ["EXTEND_TIMEOUT_USEC=2"]])
        #expect(sent == [["STATUS=opening"], ["EXTEND_TIMEOUT_USEC=2"]])
    }

    @Test("what was taken is not merged with what comes later")
    func taken() {
        var queue = NotificationQueue()
        queue.add(["STATUS=a"])
        #expect(queue.next() == ["STATUS=a"])
        queue.add(["STATUS=a"])
        #expect(queue.next() == ["STATUS=a"])
        #expect(queue.isEmpty)
    }

    @Test("of very many reloads the newest wait, between the first readiness and the stop")
    func reloads() {
        var queue = NotificationQueue()
        queue.add(["READY=1"])
        for number in 1...1000 {
            queue.add(["RELOADING=1", "MONOTONIC_USEC=\(number)"])
            queue.add(["WATCHDOG=1"])
            queue.add(["STATUS=\(number)"])
            queue.add(["READY=1", "STATUS=reloaded \(number)"])
            #expect(queue.count <= 2 * NotificationQueue.reloadLimit + 4)
        }
        queue.add(["RELOADING=1", "MONOTONIC_USEC=1001"])
        queue.add(["STOPPING=1"])
        var sent: [[String]] = []
        while let next = queue.next() { sent.append(next) }
        let steps = sent.filter { $0 != ["WATCHDOG=1"] && $0.count == 2 }
        #expect(sent.first == ["READY=1"])
        #expect(steps.count == 2 * NotificationQueue.reloadLimit + 1)
        #expect(steps.first == ["RELOADING=1", "MONOTONIC_USEC=993"])
        #expect(steps.last == ["RELOADING=1", "MONOTONIC_USEC=1001"])
        #expect(sent.last == ["STOPPING=1"])
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import NIOCore

/// What tasks wait for: that a subject looks as they expect.
///
/// Its owner, an actor whose executor is `eventLoop`, checks it after every change of the subject, so that nobody
/// polls and nobody sleeps.
package final class Expectations<Subject: Sendable> {
    package typealias Condition = @Sendable (Subject) -> Bool

    /// Nobody waits any longer: the deadline passed, or the waiting task was cancelled.
    struct GivenUp: Error {}

    private struct Expectation {
        let isMet: Condition
        let promise: EventLoopPromise<Subject>
    }

    private let eventLoop: any EventLoop
    private var expectations: [Int: Expectation] = [:]
    private var lastNumber = 0

    package init(on eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Promises the subject as it is when `isMet`; fails with `GivenUp` after `limit`. To give up earlier, fail it.
    package func expect(within limit: Duration?, _ isMet: @escaping Condition) -> EventLoopPromise<Subject> {
        lastNumber += 1
        let number = lastNumber
        let promise = eventLoop.makePromise(of: Subject.self)
        let deadline = limit.map { eventLoop.scheduleTask(in: TimeAmount($0)) { promise.fail(GivenUp()) } }
        expectations[number] = Expectation(isMet: isMet, promise: promise)
        promise.futureResult.assumeIsolated().whenComplete { [self] _ in
            deadline?.cancel()
            expectations[number] = nil
        }
        return promise
    }

    /// Keeps every promise whose condition is met by now.
    package func check(_ subject: Subject) {
        guard !expectations.isEmpty else { return }
        for expectation in expectations.values where expectation.isMet(subject) {
            expectation.promise.succeed(subject)
        }
    }
}

/// What was awaited did not happen in time.
package struct DeadlinePassed: Error, CustomStringConvertible {
    /// How long it was awaited.
    package let limit: Duration
    /// How things stood when the time was over.
    package let situation: String

    package init(limit: Duration, situation: String) {
        self.limit = limit
        self.situation = situation
    }

    package var description: String {
        "not within \(limit); at the end: \(situation)"
    }
}

extension Timestamp {
    /// The time by this machine's clock.
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

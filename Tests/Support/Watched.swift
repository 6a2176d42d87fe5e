// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchSimulation

/// How long anything may take before it counts as not happening; what happens is noticed at once.
package let patience = Duration.seconds(30)

/// A value that events change and tests wait for: nobody polls, and nobody waits without a deadline.
package actor Watched<Value: Sendable> {
    package typealias Condition = @Sendable (Value) -> Bool

    private struct Wait {
        let isOver: Condition
        let continuation: CheckedContinuation<Value?, Never>
    }

    package private(set) var value: Value
    private var waits: [Int: Wait] = [:]
    private var lastNumber = 0

    package init(_ value: Value) {
        self.value = value
    }

    package func change(_ edit: @Sendable (inout Value) -> Void) {
        edit(&value)
        for (number, wait) in waits where wait.isOver(value) {
            end(number, with: value)
        }
    }

    /// The value as it is when it meets `condition`.
    package func value(
        within limit: Duration = patience, when condition: @escaping Condition
    ) async throws(DeadlinePassed) -> Value {
        if condition(value) { return value }
        lastNumber += 1
        let number = lastNumber
        let deadline = DispatchTime.now() + .milliseconds(Int(limit / .milliseconds(1)))
        DispatchQueue.global().asyncAfter(deadline: deadline) { Task { await self.end(number, with: nil) } }
        let met = await withCheckedContinuation { continuation in
            waits[number] = Wait(isOver: condition, continuation: continuation)
        }
        guard let met else { throw DeadlinePassed(limit: limit, situation: "\(value)") }
        return met
    }

    private func end(_ number: Int, with value: Value?) {
        waits.removeValue(forKey: number)?.continuation.resume(returning: value)
    }
}

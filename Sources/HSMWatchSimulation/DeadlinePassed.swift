// SPDX-License-Identifier: Apache-2.0

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

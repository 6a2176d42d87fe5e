// SPDX-License-Identifier: Apache-2.0

/// How one output is at a moment.
package struct OutputSnapshot: Equatable, Sendable {
    package let name: String
    package let status: OutputStatus
    /// Messages in the spool that it has not confirmed.
    package let spooled: Int
    /// Messages that a limit dropped before this output had confirmed them, since the start.
    package let dropped: Int

    package init(name: String, status: OutputStatus, spooled: Int, dropped: Int) {
        self.name = name
        self.status = status
        self.spooled = spooled
        self.dropped = dropped
    }
}

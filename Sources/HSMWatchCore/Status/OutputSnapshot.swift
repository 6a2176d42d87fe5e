// SPDX-License-Identifier: Apache-2.0

/// How one output is at a moment.
package struct OutputSnapshot: Equatable, Sendable {
    package let name: String
    package let kind: OutputKind
    /// What is known of a message that counts as delivered.
    package let confirmation: Confirmation
    package let status: OutputStatus
    /// Messages in the spool that it has not confirmed.
    package let spooled: Int
    /// Messages that were dropped before this output had confirmed them, since the start.
    package let dropped: Int

    package init(
        name: String, kind: OutputKind = .gelfTCP, confirmation: Confirmation = .read, status: OutputStatus,
        spooled: Int, dropped: Int
    ) {
        self.name = name
        self.kind = kind
        self.confirmation = confirmation
        self.status = status
        self.spooled = spooled
        self.dropped = dropped
    }
}

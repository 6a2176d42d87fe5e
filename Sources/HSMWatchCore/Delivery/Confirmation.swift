// SPDX-License-Identifier: Apache-2.0

/// What is known of a message when it counts as delivered; raw values are what `hsmwatch status --json` says.
package enum Confirmation: String, CaseIterable, Sendable {
    /// The peer has read it.
    case read
    /// The peer has answered that it has it.
    case answered
    /// The peer's kernel has it.
    case acknowledged
    /// It has left this machine, and nobody has refused it since.
    case sent
}

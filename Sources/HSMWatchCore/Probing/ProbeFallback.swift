// SPDX-License-Identifier: Apache-2.0

/// What is left to try when the connection ends before a byte of the reply.
enum ProbeFallback {
    /// The connection was kept: a new one.
    case newConnection
    /// The connection is new: the address after this one.
    case addressAfter(AddressTurn)
    /// The HSM has answered on this connection.
    case nothing
}

/// Which of a host's addresses is tried.
struct AddressTurn {
    let index: Int
    let count: Int

    var next: AddressTurn? { index + 1 < count ? AddressTurn(index: index + 1, count: count) : nil }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A way in which a simulated HSM misbehaves.
package enum HSMFault: Hashable, Sendable {
    /// What happens to clients for whom no socket is left. Nobody knows what a real HSM does, so all three exist.
    package enum WhenFull: String, CaseIterable, Sendable {
        /// The kernel refuses them, until a socket is free again.
        case refuse
        /// They are accepted and closed.
        case close
        /// They are accepted and get no reply, until a socket is free again.
        case hang
    }

    /// Answers as it should.
    case none
    /// The kernel refuses new clients, and those that were connected are closed.
    case refuse
    /// Accepts, reads, never replies.
    case hang
    /// Closes a new client at once, and one that is already connected at its next request.
    case close
    /// Answers a request with a TCP reset.
    case reset
    /// Replies one byte at a time, with `HSMBehaviour.slowPause` before each.
    case slow
    /// Replies with bytes that are no HSM protocol, though they contain a `<…>`.
    case garbage
    /// Sends the first half of a reply, then closes.
    case truncated
    /// Replies with error `0…99`: `<00#NN0080#>`.
    case error(Int)
    /// Replies without CR LF after `>`: option 23 of a real HSM.
    case noCRLF
    /// Replies with one more field: option 20 of a real HSM appends the name of its master key.
    case extraField
    /// Starts a reply that never ends: `HSMAnswer.hugeLength` bytes without `>`.
    case huge
    /// Sends every reply twice.
    case double
    /// Sends a reply to every client that connects, before it asks.
    case early
    /// Enforces the number of sockets; clients beyond it fare as the value says, the others go on being answered.
    case full(WhenFull)
}

extension HSMFault: CustomStringConvertible {
    /// The faults whose name is all there is to say.
    private static let plain: [HSMFault] = [
        .none, .refuse, .hang, .close, .reset, .slow, .garbage, .truncated, .noCRLF, .extraField, .huge, .double,
        .early,
    ]

    /// What `init(_:)` accepts, in words for a user.
    package static let allowed =
        (plain.map(\.description) + ["error:NN (two digits)"] + WhenFull.allCases.map { full($0).description })
        .joined(separator: ", ")

    /// `; did you mean '…'?` for a text that is no fault; empty when it is near none.
    package static func hint(_ text: String) -> String {
        NearestName.hint(text, among: (plain + WhenFull.allCases.map(full)).map(\.description))
    }

    /// Reads the text form, as in `error:22`; `nil` when it is not one.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count == 2 ? parts[1] : nil) {
        case ("error", let digits?):
            guard digits.utf8.count == 2, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits)
            else { return nil }
            self = .error(number)
        case ("full", let word?):
            guard let whenFull = WhenFull(rawValue: word) else { return nil }
            self = .full(whenFull)
        default:
            guard let fault = Self.plain.first(where: { $0.description == text }) else { return nil }
            self = fault
        }
    }

    package var description: String {
        switch self {
        case .none: "none"
        case .refuse: "refuse"
        case .hang: "hang"
        case .close: "close"
        case .reset: "reset"
        case .slow: "slow"
        case .garbage: "garbage"
        case .truncated: "truncated"
        case .error(let number): number < 10 ? "error:0\(number)" : "error:\(number)"
        case .noCRLF: "no-crlf"
        case .extraField: "extra-field"
        case .huge: "huge"
        case .double: "double"
        case .early: "early"
        case .full(let whenFull): "full:\(whenFull.rawValue)"
        }
    }
}

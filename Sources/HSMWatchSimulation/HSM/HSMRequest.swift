// SPDX-License-Identifier: Apache-2.0

/// A frame that a client sent to the simulated HSM.
struct HSMRequest: Hashable, Sendable {
    enum Command: Hashable, Sendable {
        /// `<1223#>` or `<1223#PORT#>`: how many sockets are left?
        case socketInformation
        /// `<00#text#>`: say this again.
        case echo([UInt8])
        /// Anything else.
        case unknown
    }

    let command: Command
    /// The context tag of `^tag#`, which the reply repeats.
    let tag: [UInt8]?

    /// Reads what stood between `<` and `>`: fields, each followed by `#`.
    init(_ content: [UInt8]) {
        var fields = content.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
        guard fields.count > 1, fields.removeLast().isEmpty else {
            command = .unknown
            tag = nil
            return
        }
        if fields.count > 1, let last = fields.last, last.first == UInt8(ascii: "^") {
            fields.removeLast()
            tag = Array(last.dropFirst())
        } else {
            tag = nil
        }
        command = Self.command(fields)
    }

    /// A frame that is too long to be read.
    init() {
        command = .unknown
        tag = nil
    }

    private static func command(_ fields: [ArraySlice<UInt8>]) -> Command {
        guard let id = fields.first else { return .unknown }
        switch (String(decoding: id, as: UTF8.self), fields.count) {
        case ("1223", 1): return .socketInformation
        case ("1223", 2) where isPort(fields[1]): return .socketInformation
        case ("00", 2) where !fields[1].isEmpty: return .echo(Array(fields[1]))
        default: return .unknown
        }
    }

    /// Whether the digits are a port, 1…65535, without leading zeros.
    private static func isPort(_ digits: ArraySlice<UInt8>) -> Bool {
        guard let first = digits.first, first != UInt8(ascii: "0"),
            digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(String(decoding: digits, as: UTF8.self))
        else { return false }
        return port <= ListenAddress.maximumPort
    }
}

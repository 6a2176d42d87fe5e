// SPDX-License-Identifier: Apache-2.0

/// What was typed on a terminal.
package enum Key: Equatable, Sendable {
    case up, down, pageUp, pageDown, home, end
    /// A printable character of ASCII.
    case character(Character)
    /// Ctrl-C.
    case interrupt
}

/// Makes keys of the bytes that a terminal in raw mode sends (ECMA-48, and xterm's sequences for the keys).
///
///     ground ──ESC──▶ escape ──[ or O──▶ sequence ──final byte──▶ ground
///
/// What is not known is passed over. A lone Escape means nothing: it cannot be told from the beginning of a key.
package struct KeyDecoder: Sendable {
    private enum State {
        case ground
        case escape
        /// The parameters so far.
        case sequence([UInt8])
    }

    /// Parameter bytes of a sequence; a longer one is passed over.
    private static let longestSequence = 16
    private static let escape: UInt8 = 0x1B
    private static let controlC: UInt8 = 0x03

    private var state = State.ground

    package init() {}

    package mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        bytes.compactMap { decode($0) }
    }

    private mutating func decode(_ byte: UInt8) -> Key? {
        if byte == Self.escape {
            state = .escape
            return nil
        }
        switch state {
        case .ground:
            return Self.plain(byte)
        case .escape:
            let isIntroducer = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O")
            state = isIntroducer ? .sequence([]) : .ground
            return isIntroducer ? nil : Self.plain(byte)
        case .sequence(let parameters):
            let isFinal = (0x40...0x7E).contains(byte)
            let isTooLong = parameters.count >= Self.longestSequence
            state = isFinal || isTooLong ? .ground : .sequence(parameters + [byte])
            return isFinal ? Self.special(byte, parameters) : nil
        }
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case controlC: .interrupt
        case 0x20...0x7E: .character(Character(Unicode.Scalar(byte)))
        default: nil
        }
    }

    private static func special(_ final: UInt8, _ parameters: [UInt8]) -> Key? {
        switch (Character(Unicode.Scalar(final)), String(decoding: parameters, as: UTF8.self)) {
        case ("A", _): .up
        case ("B", _): .down
        case ("H", _), ("~", "1"), ("~", "7"): .home
        case ("F", _), ("~", "4"), ("~", "8"): .end
        case ("~", "5"): .pageUp
        case ("~", "6"): .pageDown
        case (_, _): nil
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether a terminal would obey it instead of showing it: control characters, also those beyond ASCII, line
    /// separators, and the invisible ones that turn the writing direction.
    var commandsTerminal: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }

    /// `\u001B`, with a surrogate pair beyond U+FFFF.
    var jsonEscape: String {
        UTF16.encode(self)?.reduce(into: "") { escape, unit in
            let digits = String(unit, radix: 16, uppercase: true)
            escape += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        } ?? ""
    }
}

extension StringProtocol {
    /// The text with everything escaped that could command a terminal: what the network sent may be shown like this.
    package var terminalText: String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.commandsTerminal {
                text += scalar.jsonEscape
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

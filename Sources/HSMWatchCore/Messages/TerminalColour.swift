// SPDX-License-Identifier: Apache-2.0

/// A colour of a terminal; the raw value is its number in `ESC [ … m` (ECMA-48 section 8.3.117).
package enum TerminalColour: String, Sendable {
    case red = "31"
    case green = "32"
    case yellow = "33"
    case cyan = "36"
    case dim = "2"

    /// The text in this colour, then in the terminal's own again.
    package func paint(_ text: String) -> String {
        "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}

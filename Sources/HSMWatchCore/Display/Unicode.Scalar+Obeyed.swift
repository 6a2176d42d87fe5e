// SPDX-License-Identifier: Apache-2.0

extension Unicode.Scalar {
    /// Whether a terminal would obey it instead of showing it: what moves a cursor, ends a line or turns the writing
    /// direction.
    package var isObeyed: Bool {
        // Nearly everything is ASCII, and looking a property up takes a while.
        if value < 0x7F { return value < 0x20 }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}

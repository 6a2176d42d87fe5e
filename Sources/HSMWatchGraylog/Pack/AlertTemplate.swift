// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Texts that become part of a template, in which Graylog replaces `${…}` by a value.
enum AlertTemplate {
    /// The text without the start of a value: a space separates `$` from `{`.
    static func text(_ text: String) -> String {
        var previous: Unicode.Scalar = " "
        return text.replacingScalars { scalar in
            defer { previous = scalar }
            return previous == "$" && scalar == "{" ? " {" : nil
        }
    }
}

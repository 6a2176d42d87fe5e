// SPDX-License-Identifier: Apache-2.0

/// What follows the closing `>` of a request; raw values are the words of the configuration.
package enum LineEnding: String, CaseIterable, Sendable {
    case lf
    case crlf
    case none
}

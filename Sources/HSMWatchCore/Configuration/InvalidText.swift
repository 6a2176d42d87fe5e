// SPDX-License-Identifier: Apache-2.0

/// Why a text is not a duration, size, address or other value: what is wrong and what is allowed, in one sentence part.
package struct InvalidText: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

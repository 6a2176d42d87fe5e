// SPDX-License-Identifier: Apache-2.0

/// An extra field of an HSM's messages, always a string: Graylog fixes a field's type by its first document.
package struct Field: Hashable, Sendable {
    /// Without the underscore it is sent with; `[A-Za-z0-9_.-]`.
    package var name: String
    /// Not blank, without control characters.
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

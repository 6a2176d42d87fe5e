// SPDX-License-Identifier: Apache-2.0

/// Names of HSMs and outputs; they are safe in a shell, a file name and a search.
enum NameText {
    /// What a message says about names.
    static let allowed = "1 … \(ConfigurationLimits.nameLength) of the characters A-Z a-z 0-9 . _ -"

    /// `text` itself, if it is a name.
    static func check(_ text: String) throws(InvalidText) -> String {
        guard (1...ConfigurationLimits.nameLength).contains(text.utf8.count), hasOnlyNameCharacters(text) else {
            throw InvalidText("\(text.quoted) is not a name; allowed: \(allowed)")
        }
        return text
    }

    /// Whether every character is one that a name may have.
    static func hasOnlyNameCharacters(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": true
            default: false
            }
        }
    }
}

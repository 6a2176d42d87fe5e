// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The text in single quotes for a message: what a terminal would obey escaped, cut after 80 characters.
    var quoted: String {
        let maxLength = 80
        var text = "'"
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < maxLength else {
                text += "…"
                break
            }
            text += scalar.isObeyed ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text + "'"
    }
}

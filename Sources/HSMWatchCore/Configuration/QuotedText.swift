// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The text in single quotes for a message: invisible characters as code points, cut after 80 characters.
    package var quoted: String {
        let maxLength = 80
        var text = "'"
        for (index, scalar) in unicodeScalars.enumerated() {
            guard index < maxLength else {
                text += "…"
                break
            }
            text += scalar.isInvisible ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return text + "'"
    }
}

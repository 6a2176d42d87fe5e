// SPDX-License-Identifier: Apache-2.0

extension StringProtocol {
    /// The text with `replacement` in place of each scalar for which it gives one.
    ///
    /// Every escape walks scalars. A walk over `Character`s misses a quote with a combining mark, because the two are one
    /// character, and whatever reads the text sees the quote alone.
    package func replacingScalars(_ replacement: (Unicode.Scalar) -> String?) -> String {
        unicodeScalars.reduce(into: "") { text, scalar in
            if let replaced = replacement(scalar) {
                text.unicodeScalars.append(contentsOf: replaced.unicodeScalars)
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }
}

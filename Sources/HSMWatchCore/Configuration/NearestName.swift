// SPDX-License-Identifier: Apache-2.0

/// Finds what a misspelt word was meant to be.
package enum NearestName {
    /// Characters of the longest word that is compared; the work grows with the product of two lengths.
    private static let maxLength = 64
    /// Insertions, removals and replacements between a word and its correction.
    private static let maxDistance = 3

    /// The first of `names` that is nearest to `word`, whatever the case; nil when none is near enough to be meant.
    static func find(_ word: String, among names: [String]) -> String? {
        guard word.unicodeScalars.count <= maxLength else { return nil }
        let word = word.lowercased()
        let candidates = names.map { (name: $0, distance: distance(word, $0.lowercased())) }
            .filter { $0.distance <= min(maxDistance, $0.name.unicodeScalars.count / 2) }
        return candidates.min { $0.distance < $1.distance }?.name
    }

    /// `; did you mean '…'?` to go behind the mention of an unknown `word`; empty when nothing is near.
    package static func hint(_ word: String, among names: [String]) -> String {
        find(word, among: names).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The edit distance (Levenshtein), row by row.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.unicodeScalars)
        var row = Array(0...right.count)
        for (index, scalar) in left.unicodeScalars.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in right.indices {
                let replaced = diagonal + (right[column] == scalar ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, diagonal + 1, row[column] + 1)
            }
        }
        return row[right.count]
    }
}

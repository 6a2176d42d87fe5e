// SPDX-License-Identifier: Apache-2.0

/// What the terminal of an output can show, as the environment describes it.
package struct TerminalAbility: Equatable, Sendable {
    /// Whether it obeys escape sequences: colours and a screen that is redrawn.
    package let obeysSequences: Bool
    /// Whether its locale has more than ASCII: block glyphs.
    package let hasGlyphs: Bool

    /// - Parameter value: of an environment variable; nil when it is unset.
    package init(environment value: (String) -> String?) {
        let terminal = value("TERM") ?? ""
        let refusesColour = !(value("NO_COLOR") ?? "").isEmpty
        obeysSequences = !terminal.isEmpty && terminal != Self.dumb && !refusesColour
        hasGlyphs = Self.isUTF8(Self.locale(value))
    }

    /// Terminfo's name of a terminal that only prints.
    private static let dumb = "dumb"

    /// The locale of characters: the first variable that is not empty (locale(7)); without one it is `C`.
    private static func locale(_ value: (String) -> String?) -> String {
        ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(value).first { !$0.isEmpty } ?? "C"
    }

    /// Whether the locale's code set is UTF-8: `de_DE.UTF-8`, `C.utf8`, `de_DE.UTF-8@euro`.
    private static func isUTF8(_ locale: String) -> Bool {
        let parts = locale.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let codeSet = parts.first?.split(separator: ".", maxSplits: 1).dropFirst().first else { return false }
        return ["utf-8", "utf8"].contains(codeSet.lowercased())
    }
}

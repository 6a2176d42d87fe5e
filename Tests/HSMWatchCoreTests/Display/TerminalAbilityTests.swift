// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("What a terminal can show")
struct TerminalAbilityTests {
    private static func ability(_ environment: [String: String]) -> TerminalAbility {
        TerminalAbility { environment[$0] }
    }

    @Test("a terminal without a name, or a dumb one, obeys no sequences", arguments: [nil, "", "dumb"])
    func dumb(name: String?) {
        #expect(!Self.ability(name.map { ["TERM": $0] } ?? [:]).obeysSequences)
    }

    @Test("any other obeys them, unless NO_COLOR has a value")
    func colour() {
        #expect(Self.ability(["TERM": "xterm"]).obeysSequences)
        #expect(Self.ability(["TERM": "linux", "NO_COLOR": ""]).obeysSequences)
        #expect(!Self.ability(["TERM": "xterm", "NO_COLOR": "1"]).obeysSequences)
    }

    @Test(
        "the first variable of the locale that is not empty decides about glyphs",
        arguments: [
            ([:], false), (["LANG": "C.UTF-8"], true), (["LANG": "de_DE.utf8"], true), (["LANG": "de_DE"], false),
            (["LANG": "de_DE.UTF-8@euro"], true), (["LANG": "de_DE.ISO-8859-15@euro"], false), (["LANG": "C"], false),
            (["LANG": "C.UTF-8", "LC_CTYPE": "POSIX"], false), (["LANG": "C", "LC_CTYPE": "en_US.UTF-8"], true),
            (["LANG": "C.UTF-8", "LC_ALL": "C"], false), (["LC_CTYPE": "C", "LC_ALL": "C.UTF-8"], true),
            (["LANG": "C.UTF-8", "LC_CTYPE": "", "LC_ALL": ""], true), (["LANG": "UTF-8"], false),
        ] as [([String: String], Bool)])
    func locale(environment: [String: String], hasGlyphs: Bool) {
        #expect(Self.ability(environment).hasGlyphs == hasGlyphs)
    }
}

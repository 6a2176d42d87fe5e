// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Word wrap")
struct WordWrapTests {
    private static let sentence = "HSM khi-4 at 127.0.0.1:34493 is unreachable: no reply within 500ms"

    @Test("a line that fits is left alone, to the last column", arguments: [sentence.count, 80, 1000])
    func fits(width: Int) {
        #expect(WordWrap.fit(Self.sentence, to: width, indent: 4) == Self.sentence)
    }

    @Test("a longer one is broken between words, and goes on behind the indent")
    func breaks() {
        #expect(
            WordWrap.fit(Self.sentence, to: 44, indent: 4)
                == "HSM khi-4 at 127.0.0.1:34493 is unreachable:\n    no reply within 500ms")
        #expect(
            WordWrap.fit(Self.sentence, to: 43, indent: 2)
                == "HSM khi-4 at 127.0.0.1:34493 is\n  unreachable: no reply within 500ms")
    }

    @Test("no piece is wider than the terminal, and only spaces become breaks", arguments: 40...80)
    func everyWidth(width: Int) {
        let text = Array(repeating: Self.sentence, count: 5).joined(separator: "   ")
        let pieces = WordWrap.fit(text, to: width, indent: 0).split(separator: "\n")
        #expect(pieces.allSatisfy { $0.count <= width })
        #expect(pieces.joined(separator: " ") == text)
    }

    @Test("colours take no room")
    func colours() {
        let words = Self.sentence.split(separator: " ").map { "\u{1B}[31m\($0)\u{1B}[0m" }.joined(separator: " ")
        #expect(WordWrap.fit(words, to: Self.sentence.count, indent: 4) == words)
        #expect(WordWrap.fit(words, to: Self.sentence.count - 1, indent: 4).count { $0 == "\n" } == 1)
    }

    @Test("a word that fits no line stays whole, where it is")
    func longWord() {
        let path = String(repeating: "x", count: 90)
        #expect(
            WordWrap.fit("uses \(path) now and then and now and then again", to: 40, indent: 4)
                == "uses \(path) now and then and now and\n    then again")
    }

    @Test("a terminal too narrow for sentences gets the line as it is")
    func narrow() {
        #expect(WordWrap.fit(Self.sentence, to: 39, indent: 4) == Self.sentence)
    }
}

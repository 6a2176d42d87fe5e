// SPDX-License-Identifier: Apache-2.0

import HSMWatchService
import Testing

@Suite("The name of the machine")
struct MachineNameTests {
    /// Bytes of the longest name that Linux allows.
    private static let longest = 64

    @Test("is the text up to the NUL, of every length up to the longest", arguments: [1, 2, 63, 64])
    func lengths(length: Int) {
        let name = String(repeating: "h", count: length)
        let field = Array(name.utf8) + [UInt8](repeating: 0, count: Self.longest + 1 - length)
        #expect(MachineName.name(in: field) == name)
        #expect(MachineName.name(in: field.prefix(length)) == name, "without a NUL")
        #expect(MachineName.name(in: Array(name.utf8) + [0] + Array("rest".utf8)) == name)
    }

    @Test("is localhost where there is none", arguments: ["", " ", "\t", "\u{A0}"])
    func nameless(name: String) {
        #expect(MachineName.name(in: name.utf8) == "localhost")
    }

    @Test("shows invisible characters as code points")
    func invisible() {
        #expect(MachineName.name(in: "khi\u{202E}1\u{1B}".utf8) == #"khi\u{202E}1\u{1B}"#)
        #expect(MachineName.name(in: [0x68, 0xFF]) == "h\u{FFFD}")
    }

    @Test("of this machine is never blank")
    func current() {
        #expect(!MachineName.current.isEmpty)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Something that must hold for every input, and did not.
struct Violation: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws what is wrong unless the invariant holds.
func require(_ holds: Bool, _ problem: @autoclosure () -> String) throws(Violation) {
    guard holds else { throw Violation(problem()) }
}

/// That a text is shown wherever it gets to: nothing in it ends a line, moves a cursor or turns the writing direction.
func requireVisible(_ text: String, _ name: String) throws(Violation) {
    // Looking a property up takes a while.
    guard text.utf8.contains(where: { !(0x20...0x7E).contains($0) }) else { return }
    let obeyed = text.unicodeScalars.first { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
    guard let obeyed else { return }
    throw Violation("\(name) has U+\(String(obeyed.value, radix: 16)): \(text.debugDescription)")
}

/// That JSON can be shown as it is: no control character of ASCII or, in UTF-8, of ISO 6429 stands there raw.
func requirePlain(_ json: some Collection<UInt8>) throws(Violation) {
    let hasASCII = json.contains { $0 < 0x20 || $0 == 0x7F }
    let hasISO6429 = zip(json, json.dropFirst()).contains { $0 == 0xC2 && (0x80...0x9F).contains($1) }
    try require(!hasASCII && !hasISO6429, "a control character in \(String(decoding: json, as: UTF8.self))")
}

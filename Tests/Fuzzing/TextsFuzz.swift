// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// The values that a configuration and the command line hold as text. What is taken means the same when it is written
/// again; what is not, is told without any of its control characters.
enum TextsFuzz {
    static func check(_ input: [UInt8]) throws(Violation) {
        let text = String(decoding: input, as: UTF8.self)
        try requireVisible(text.quoted, "the quoted text")
        try requireVisible(NearestName.hint(text, among: ["interval", "timeout"]), "the hint")
        _ = EscapedBytes.text(input, limit: 40)
        try again(text, "address", write: \.description) { text throws(InvalidText) in try HostPort(parsing: text) }
        try again(text, "threshold", write: \.description, parse: Threshold.init(parsing:))
        try again(text, "duration", write: DurationText.format) { text throws(InvalidText) in
            try DurationText.parse(text)
        }
        try again(text, "size", write: SizeText.format) { text throws(InvalidText) in
            try SizeText.parse(text, in: ConfigurationLimits.spoolSize)
        }
        try again(text, "name", write: \.self, parse: NameText.check)
        try again(text, "path", write: \.self, parse: HTTPText.checkPath)
        try again(text, "header", write: \.self, parse: HTTPText.checkHeaderName)
        try again(text, "text", isASCII: false, write: \.self) { text throws(InvalidText) in
            try VisibleText.check(text, maxLength: 64)
        }
        if let number = WholeNumber.parse(text) { try require("\(number)" == text, "\(number)") }
        if let problem = HostText.problem(text) { try requireVisible(problem, "the problem") }
    }

    private static func again<Value: Equatable>(
        _ text: String, _ name: String, isASCII: Bool = true, write: (Value) -> String,
        parse: (String) throws(InvalidText) -> Value
    ) throws(Violation) {
        let value: Value
        do {
            value = try parse(text)
        } catch {
            return try requireVisible(error.description, "the problem with a \(name)")
        }
        try require(!isASCII || text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "\(name) of \(text.utf8.count)")
        let written = write(value)
        let same = try? parse(written)
        try require(same == value, "\(name) \(value), written as \(written), is \(String(describing: same))")
    }
}

// SPDX-License-Identifier: Apache-2.0

import CYaml
import HSMWatchCore

/// Says in one sentence why libyaml cannot read a file.
enum YAMLSyntaxError {
    private static let newline = UInt8(ascii: "\n")
    /// Lines before the complaint in which an invisible character is looked for.
    private static let contextLines = 10

    /// The problem that stopped `parser` in `input`.
    static func problem(_ parser: yaml_parser_t, in input: UnsafeBufferPointer<UInt8>) -> ConfigurationProblem {
        let problem = text(parser.problem) ?? "unknown problem"
        if parser.error == YAML_READER_ERROR {
            let mark = mark(of: parser.problem_offset, in: input)
            return ConfigurationProblem(
                mark, .error, "the file is not text: \(problem); allowed: UTF-8 without control characters")
        }
        let mark = Mark(parser.problem_mark)
        let context = text(parser.context).map { " \($0) that begins on line \(Mark(parser.context_mark).line)" } ?? ""
        let sentence =
            switch problem {
            case "found character that cannot start any token" where character(at: mark, in: input) == "\t":
                "a tab cannot indent a line; allowed: spaces"
            case "found character that cannot start any token":
                "a value cannot start with this character; allowed: the value in quotes"
            case _ where problem.hasPrefix("Maximum nesting level reached"):
                "too deep; allowed: \(YAMLComposer.depthLimit) levels inside each other"
            default: problem + context
            }
        let first = parser.context == nil ? mark.line : Mark(parser.context_mark).line
        let invisible = invisibleCharacter(onLines: first, to: mark.line, in: input) ?? ""
        return ConfigurationProblem(mark, .error, "not valid YAML: \(sentence)\(invisible)")
    }

    /// Where the first invisible character is on the lines about which libyaml complains, or on the line before them.
    private static func invisibleCharacter(
        onLines first: Int, to last: Int, in input: UnsafeBufferPointer<UInt8>
    ) -> String? {
        let lines = input.split(separator: newline, maxSplits: last, omittingEmptySubsequences: false)
        for number in max(1, first - 1, last - contextLines)...last where lines.indices.contains(number - 1) {
            let scalars = String(decoding: lines[number - 1], as: UTF8.self).unicodeScalars
            let found = scalars.enumerated().first { $1.isInvisible && $1 != "\t" && $1 != "\r" }
            if let (offset, scalar) = found {
                return "; line \(number) has the invisible character \(scalar.codePoint) at column \(offset + 1)"
            }
        }
        return nil
    }

    /// The place of the byte at `offset`.
    private static func mark(of offset: Int, in input: UnsafeBufferPointer<UInt8>) -> Mark {
        let before = input.prefix(offset)
        let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? before.startIndex
        let lines = before.count { $0 == newline }
        // All bytes of a character in UTF-8 but the first begin with the bits 10.
        let columns = before[lineStart...].count { $0 & 0xC0 != 0x80 }
        return Mark(line: lines + 1, column: columns + 1)
    }

    private static func character(at mark: Mark, in input: UnsafeBufferPointer<UInt8>) -> Unicode.Scalar? {
        let lines = input.split(separator: newline, maxSplits: mark.line, omittingEmptySubsequences: false)
        guard lines.indices.contains(mark.line - 1) else { return nil }
        return String(decoding: lines[mark.line - 1], as: UTF8.self).unicodeScalars.dropFirst(mark.column - 1).first
    }

    private static func text(_ text: UnsafePointer<CChar>?) -> String? {
        text.map { String(cString: $0) }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// A syntax tree in a notation that any bytes are text of: `{key=value|list=(one|two)}`; `'` begins what is quoted.
struct TreeText {
    /// Levels inside each other; what is deeper is a text.
    private static let depthLimit = 16
    private static let reserved = Set("{}()=|".utf8)

    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The tree at the beginning.
    mutating func node(depth: Int = 0) -> ConfigurationNode {
        let mark = Mark(line: 1, column: offset + 1)
        guard depth < Self.depthLimit else { return scalar(mark) }
        if take("{") { return .mapping(elements(until: "}") { $0.pair(depth: depth + 1) }, mark) }
        if take("(") { return .sequence(elements(until: ")") { $0.node(depth: depth + 1) }, mark) }
        return scalar(mark)
    }

    private mutating func elements<Element>(
        until end: Unicode.Scalar, _ element: (inout TreeText) -> Element
    ) -> [Element] {
        var elements: [Element] = []
        while offset < bytes.count, !take(end) {
            let begin = offset
            elements.append(element(&self))
            // A bracket where none can stand separates, too.
            if !take("|"), offset == begin { offset += 1 }
        }
        return elements
    }

    private mutating func pair(depth: Int) -> ConfigurationNode.Pair {
        let key = node(depth: depth)
        _ = take("=")
        return ConfigurationNode.Pair(key: key, value: node(depth: depth))
    }

    private mutating func scalar(_ mark: Mark) -> ConfigurationNode {
        let isQuoted = take("'")
        let text = bytes[offset...].prefix { !Self.reserved.contains($0) }
        offset = text.endIndex
        return .scalar(
            ConfigurationNode.Scalar(text: String(decoding: text, as: UTF8.self), isPlain: !isQuoted, mark: mark))
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: scalar) else { return false }
        offset += 1
        return true
    }
}

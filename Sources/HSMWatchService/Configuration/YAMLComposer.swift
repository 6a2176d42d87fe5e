// SPDX-License-Identifier: Apache-2.0

import CYaml
import HSMWatchCore

/// Builds the syntax tree of a configuration file from its YAML.
///
/// One document of mappings, lists and scalars; aliases repeat what their anchor marks; tags are refused, because every
/// value's type is known. What a small file can blow up is bounded.
struct YAMLComposer: ~Copyable {
    /// Mappings and lists inside each other; a configuration needs five.
    static let depthLimit = 32
    /// Values in the whole tree, each repetition by an alias counted; 10,000 HSMs with 32 fields each take 1,100,000.
    static let nodeLimit = 2_000_000

    private var events: YAMLEvents
    private var anchors: [String: (node: ConfigurationNode, nodeCount: Int)] = [:]
    private var nodeCount = 0

    private init(_ bytes: some Collection<UInt8>) {
        events = YAMLEvents(bytes)
    }

    /// The tree of the only document in `bytes`, UTF-8 without a byte order mark; nil when there is none.
    static func compose(_ bytes: some Collection<UInt8>) throws(ConfigurationProblem) -> ConfigurationNode? {
        var composer = YAMLComposer(bytes)
        guard case .documentStart = try composer.events.next().event else { return nil }
        let root = try composer.node(try composer.events.next(), depth: 0)
        _ = try composer.events.next()  // the end of the document
        let (end, mark) = try composer.events.next()
        guard case .streamEnd = end else {
            throw ConfigurationProblem(mark, .error, "a second document begins here; allowed: one in a file")
        }
        return root
    }

    private mutating func node(
        _ start: (event: YAMLEvent, mark: Mark), depth: Int
    ) throws(ConfigurationProblem) -> ConfigurationNode {
        let mark = start.mark
        guard depth <= Self.depthLimit else {
            throw ConfigurationProblem(mark, .error, "too deep; allowed: \(Self.depthLimit) levels inside each other")
        }
        let countBefore = nodeCount
        try count(1, at: mark)
        let node: ConfigurationNode
        let properties: YAMLEvent.Properties
        switch start.event {
        case .alias(let name):
            return try repetition(of: name, at: mark)
        case .scalar(let text, let isPlain, let found):
            properties = found
            node = .scalar(ConfigurationNode.Scalar(text: text, isPlain: isPlain, mark: mark))
        case .sequenceStart(let found):
            properties = found
            node = .sequence(try elements(depth: depth + 1), mark)
        case .mappingStart(let found):
            properties = found
            node = .mapping(try pairs(depth: depth + 1), mark)
        case .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd:
            preconditionFailure("libyaml ends nothing where a value begins")
        }
        if properties.isTagged {
            throw ConfigurationProblem(mark, .error, "a tag (!…) says nothing here; allowed: the value without it")
        }
        if let anchor = properties.anchor {
            anchors[anchor] = (node, nodeCount - countBefore)
        }
        return node
    }

    private mutating func elements(depth: Int) throws(ConfigurationProblem) -> [ConfigurationNode] {
        var elements: [ConfigurationNode] = []
        while true {
            let next = try events.next()
            if case .sequenceEnd = next.event { return elements }
            elements.append(try node(next, depth: depth))
        }
    }

    private mutating func pairs(depth: Int) throws(ConfigurationProblem) -> [ConfigurationNode.Pair] {
        var pairs: [ConfigurationNode.Pair] = []
        while true {
            let next = try events.next()
            if case .mappingEnd = next.event { return pairs }
            let key = try node(next, depth: depth)
            let value = try node(try events.next(), depth: depth)
            pairs.append(ConfigurationNode.Pair(key: key, value: value))
        }
    }

    private mutating func repetition(of name: String, at mark: Mark) throws(ConfigurationProblem) -> ConfigurationNode {
        guard let (node, nodeCount) = anchors[name] else {
            throw ConfigurationProblem(mark, .error, "no anchor &\(name) before this alias *\(name)")
        }
        try count(nodeCount, at: mark)
        return node
    }

    private mutating func count(_ nodes: Int, at mark: Mark) throws(ConfigurationProblem) {
        nodeCount += nodes
        guard nodeCount <= Self.nodeLimit else {
            throw ConfigurationProblem(mark, .error, "too many values; allowed: \(Self.nodeLimit), aliases included")
        }
    }
}

// Yams' own parser loses a file with a duplicate key at its first one, so its libyaml is used directly.
import CYaml
import HSMWatchCore

/// One step through a YAML file.
enum YAMLEvent {
    case documentStart
    case documentEnd
    case streamEnd
    case alias(String)
    case scalar(text: String, isPlain: Bool, Properties)
    case sequenceStart(Properties)
    case sequenceEnd
    case mappingStart(Properties)
    case mappingEnd

    /// What may stand before a value.
    struct Properties {
        /// `&anchor`, by which an alias repeats the value.
        var anchor: String?
        /// Whether the value has an explicit `!tag`.
        var isTagged: Bool
    }
}

/// Reads a YAML file event by event with libyaml, which it owns.
struct YAMLEvents: ~Copyable {
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    /// Begins to read `bytes`, UTF-8 without a byte order mark.
    init(_ bytes: some Collection<UInt8>) {
        input = .allocate(capacity: bytes.count)
        _ = input.initialize(from: bytes)
        parser = .allocate(capacity: 1)
        // It fails only for want of memory, which ends a Swift program anyway.
        precondition(yaml_parser_initialize(parser) == 1, "libyaml has no memory")
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next event and where it starts; a syntax error is thrown as a problem at its place.
    mutating func next() throws(ConfigurationProblem) -> (event: YAMLEvent, mark: Mark) {
        var event = yaml_event_t()
        while true {
            guard yaml_parser_parse(parser, &event) == 1 else {
                throw YAMLSyntaxError.problem(parser.pointee, in: UnsafeBufferPointer(input))
            }
            defer { yaml_event_delete(&event) }
            if let translated = Self.translate(event) {
                return (translated, Mark(event.start_mark))
            }
        }
    }

    /// The event in Swift's types; nil for one that says nothing.
    private static func translate(_ event: yaml_event_t) -> YAMLEvent? {
        switch event.type {
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_ALIAS_EVENT:
            return .alias(string(event.data.alias.anchor) ?? "")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            return .scalar(text: text, isPlain: isPlain, properties(scalar.anchor, scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            return .sequenceStart(properties(event.data.sequence_start.anchor, event.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            return .mappingStart(properties(event.data.mapping_start.anchor, event.data.mapping_start.tag))
        default:
            return nil  // the start of the stream
        }
    }

    private static func properties(
        _ anchor: UnsafePointer<UInt8>?, _ tag: UnsafePointer<UInt8>?
    ) -> YAMLEvent.Properties {
        YAMLEvent.Properties(anchor: string(anchor), isTagged: tag != nil)
    }

    private static func string(_ text: UnsafePointer<UInt8>?) -> String? {
        text.map { String(cString: $0) }
    }
}

extension Mark {
    /// libyaml counts from 0.
    init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}

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

// SPDX-License-Identifier: Apache-2.0

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

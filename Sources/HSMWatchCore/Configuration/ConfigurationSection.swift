// SPDX-License-Identifier: Apache-2.0

/// A configuration file's syntax tree: what was written and where, before anything is understood.
///
/// It keeps duplicate keys, so that they can be reported like every other problem.
package enum ConfigurationNode: Sendable {
    case scalar(Scalar)
    case sequence([ConfigurationNode], Mark)
    case mapping([Pair], Mark)

    /// One value; always text, whatever it looks like.
    package struct Scalar: Sendable {
        package var text: String
        /// Written without quotes.
        package var isPlain: Bool
        package var mark: Mark

        package init(text: String, isPlain: Bool, mark: Mark) {
            self.text = text
            self.isPlain = isPlain
            self.mark = mark
        }

        /// Whether this is YAML's way to write nothing.
        var isNull: Bool {
            isPlain && ["", "~", "null", "Null", "NULL"].contains(text)
        }
    }

    /// A key with its value, in file order.
    package struct Pair: Sendable {
        package var key: ConfigurationNode
        package var value: ConfigurationNode

        package init(key: ConfigurationNode, value: ConfigurationNode) {
            self.key = key
            self.value = value
        }
    }

    /// Where the node starts.
    package var mark: Mark {
        switch self {
        case .scalar(let scalar): scalar.mark
        case .sequence(_, let mark), .mapping(_, let mark): mark
        }
    }

    /// The node's type in the words of a message.
    var typeName: String {
        switch self {
        case .scalar(let scalar): scalar.isNull ? "nothing" : scalar.text.quoted
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

/// A mapping of the file whose keys are known and single: what is not, was reported when it was made.
struct ConfigurationSection {
    struct Entry {
        var key: String
        var keyMark: Mark
        var value: ConfigurationNode
    }

    /// YAML 1.1 merges the mapping under this key into the one that has it.
    private static let mergeKey = "<<"

    /// Its name in messages, e.g. `hsms[0].alert`; empty for the whole file.
    let path: String
    let mark: Mark
    /// In file order.
    let entries: [Entry]

    /// Reads the keys of `node`; `keys` are those allowed, nil allows all. Nil when `node` is not a mapping.
    init?(_ node: ConfigurationNode, path: String, keys: [String]?, _ problems: inout ConfigurationProblems) {
        guard case .mapping(let pairs, let mark) = node else {
            problems.error(
                at: node.mark, path.isEmpty ? "the file" : path,
                "must be a mapping, lines of 'key: value', but is \(node.typeName)")
            return nil
        }
        let place = path.isEmpty ? "at the top level" : "in \(path)"
        var marks: [String: Mark] = [:]
        var entries: [Entry] = []
        for pair in pairs {
            guard case .scalar(let key) = pair.key else {
                problems.error(at: pair.key.mark, path, "a key must be a word, but is \(pair.key.typeName)")
                continue
            }
            if key.isPlain, key.text == Self.mergeKey {
                problems.error(at: key.mark, path, "merge keys (<<) are not supported: use `defaults`")
                continue
            }
            if let first = marks[key.text] {
                problems.error(
                    at: key.mark, "", "duplicate key \(key.text.quoted) \(place); its first is on line \(first.line)")
                continue
            }
            marks[key.text] = key.mark
            if let keys, !keys.contains(key.text) {
                problems.error(at: key.mark, "", Self.unknownKey(key.text, place, keys))
                continue
            }
            entries.append(Entry(key: key.text, keyMark: key.mark, value: pair.value))
        }
        self.path = path
        self.mark = mark
        self.entries = entries
    }

    /// The entry of `key`, if it was written.
    subscript(key: String) -> Entry? {
        entries.first { $0.key == key }
    }

    /// The name of `key` in messages.
    func path(of key: String) -> String {
        path.isEmpty ? key : "\(path).\(key)"
    }

    private static func unknownKey(_ key: String, _ place: String, _ keys: [String]) -> String {
        let hint = NearestName.hint(key, among: keys)
        return "unknown key \(key.quoted) \(place)\(hint) (allowed: \(keys.joined(separator: ", ")))"
    }
}

extension ConfigurationSection {
    /// The value of `key` as `parse` understands it; nil when it was not written or is wrong.
    func value<Value>(
        _ key: String, _ problems: inout ConfigurationProblems, parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        guard let entry = self[key] else { return nil }
        return Self.value(entry.value, path: path(of: key), &problems, parse: parse)
    }

    /// The value of `key`, whose absence is an error; `needed` says what it could be.
    func required<Value>(
        _ key: String, needed: String, _ problems: inout ConfigurationProblems,
        parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        reportIfMissing(key, needed: needed, &problems)
        return value(key, &problems, parse: parse)
    }

    /// Whether `value`, read from `key`, is there if the key is.
    func understands<Value>(_ key: String, _ value: Located<Value>?) -> Bool {
        value != nil || self[key] == nil
    }

    func duration(
        _ key: String, in range: ClosedRange<Duration>, _ problems: inout ConfigurationProblems
    ) -> Located<Duration>? {
        value(key, &problems) { text throws(InvalidText) in try DurationText.parse(text, in: range) }
    }

    /// A duration that may also be 0, which means off.
    func durationOrZero(
        _ key: String, in range: ClosedRange<Duration>, _ problems: inout ConfigurationProblems
    ) -> Located<Duration>? {
        value(key, &problems) { text throws(InvalidText) in
            if text == "0" { return .zero }
            do {
                return try DurationText.parse(text, in: range)
            } catch {
                throw InvalidText("\(error), or 0")
            }
        }
    }

    func number(_ key: String, in range: ClosedRange<Int>, _ problems: inout ConfigurationProblems) -> Located<Int>? {
        value(key, &problems) { text throws(InvalidText) in
            guard let number = WholeNumber.parse(text), range.contains(number) else {
                throw InvalidText(
                    "\(text.quoted) is not a number in range; allowed: \(range.lowerBound) … \(range.upperBound)")
            }
            return number
        }
    }

    /// One of the words that are `Word`'s raw values.
    func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String, _ problems: inout ConfigurationProblems
    ) -> Located<Word>? {
        value(key, &problems) { text throws(InvalidText) in
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map(\.rawValue)
                let hint = NearestName.hint(text, among: words)
                throw InvalidText("unknown \(text.quoted)\(hint) (allowed: \(words.joined(separator: ", ")))")
            }
            return word
        }
    }

    /// The mapping under `key`; `keys` are those allowed, nil allows all.
    func section(_ key: String, keys: [String]?, _ problems: inout ConfigurationProblems) -> ConfigurationSection? {
        guard let entry = self[key] else { return nil }
        return ConfigurationSection(entry.value, path: path(of: key), keys: keys, &problems)
    }

    /// The elements of the list under `key`, of which `count` are allowed; those beyond are reported and left out.
    func list(
        _ key: String, count: ClosedRange<Int>, _ problems: inout ConfigurationProblems
    ) -> Located<[ConfigurationNode]>? {
        guard let entry = self[key] else { return nil }
        let path = path(of: key)
        guard case .sequence(let elements, let mark) = entry.value else {
            problems.error(at: entry.value.mark, path, "must be a list, but is \(entry.value.typeName)")
            return nil
        }
        if !count.contains(elements.count) {
            let place = elements.count > count.upperBound ? elements[count.upperBound].mark : mark
            let allowed = "\(count.lowerBound) … \(count.upperBound)"
            problems.error(at: place, path, "has \(elements.count) entries; allowed: \(allowed)")
        }
        return Located(value: Array(elements.prefix(count.upperBound)), mark: mark, path: path)
    }

    /// Reports that `key` is needed and was not written.
    func reportIfMissing(_ key: String, needed: String, _ problems: inout ConfigurationProblems) {
        guard self[key] == nil else { return }
        problems.error(at: mark, path, "missing key '\(key)'; needed: \(needed)")
    }

    /// One scalar as `parse` understands it; nil when it is wrong.
    static func value<Value>(
        _ node: ConfigurationNode, path: String, _ problems: inout ConfigurationProblems,
        parse: (String) throws(InvalidText) -> Value
    ) -> Located<Value>? {
        guard case .scalar(let scalar) = node, !scalar.isNull else {
            problems.error(at: node.mark, path, "must be a single value, but is \(node.typeName)")
            return nil
        }
        do {
            return Located(value: try parse(scalar.text), mark: scalar.mark, path: path)
        } catch {
            problems.error(at: scalar.mark, path, error.description)
            return nil
        }
    }
}

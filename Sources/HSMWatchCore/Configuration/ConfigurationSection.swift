// SPDX-License-Identifier: Apache-2.0

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

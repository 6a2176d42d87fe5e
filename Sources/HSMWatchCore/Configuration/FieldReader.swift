// SPDX-License-Identifier: Apache-2.0

/// Reads the extra fields of HSMs.
enum FieldReader {
    private static let allowedNames =
        "1 … \(ConfigurationLimits.nameLength) of the characters A-Z a-z 0-9 . _ -, the first not _"

    /// The usable fields that `section` has under `fields`, in file order; each is placed at its key.
    static func fields(_ section: ConfigurationSection, _ problems: inout ConfigurationProblems) -> [Located<Field>] {
        guard let section = section.section("fields", keys: nil, &problems) else { return [] }
        let limit = ConfigurationLimits.fields
        if section.entries.count > limit {
            problems.error(
                at: section.entries[limit].keyMark, section.path,
                "has \(section.entries.count) fields; allowed: at most \(limit)")
        }
        var fields: [Located<Field>] = []
        var names: [String: String] = [:]
        for entry in section.entries.prefix(limit) {
            if let problem = nameProblem(entry.key, names) {
                problems.error(at: entry.keyMark, section.path, problem)
                continue
            }
            if ReservedFields.isTakenSince010(indexedName(entry.key)) {
                problems.warning(
                    at: Located(value: (), mark: entry.keyMark, path: section.path),
                    "field '\(entry.key)' is not sent: hsmwatch itself sets it now; give it another name")
                continue
            }
            names[indexedName(entry.key)] = entry.key
            let path = section.path(of: entry.key)
            let value = ConfigurationSection.value(entry.value, path: path, &problems) { text throws(InvalidText) in
                try VisibleText.check(text, maxLength: ConfigurationLimits.fieldValueLength)
            }
            if let value {
                let field = Field(name: entry.key, value: value.value)
                fields.append(Located(value: field, mark: entry.keyMark, path: section.path))
            }
        }
        return fields
    }

    /// The name Graylog's index knows a field by; two names that are one here lose one of their values.
    static func indexedName(_ name: String) -> String {
        name.replacingScalars { $0 == "." ? "_" : nil }
    }

    /// What is wrong with two names that are one in the index.
    static func collision(_ name: String, with other: String) -> String {
        "field '\(name)' is the same as '\(other)' in Graylog, which makes . to _; allowed: one of them"
    }

    /// What the index makes of the name, where that is not obvious.
    private static func becomes(_ name: String) -> String {
        let indexed = indexedName(name)
        return indexed.hasPrefix("_") ? "'\(indexed)' in Graylog, " : ""
    }

    private static func nameProblem(_ name: String, _ names: [String: String]) -> String? {
        let lengths = 1...ConfigurationLimits.nameLength
        guard lengths.contains(name.utf8.count), NameText.hasOnlyNameCharacters(name) else {
            return "\(name.quoted) is not a field name; allowed: \(allowedNames)"
        }
        if name.hasPrefix("_") {
            return "field '\(name)' starts with _, which is added when it is sent; allowed: \(allowedNames)"
        }
        if ReservedFields.contains(indexedName(name)) {
            return "field '\(name)' is \(becomes(name))one that Graylog or hsmwatch itself sets; allowed: another name"
        }
        return names[indexedName(name)].map { collision(name, with: $0) }
    }
}

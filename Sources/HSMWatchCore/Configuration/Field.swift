// SPDX-License-Identifier: Apache-2.0

/// An extra field of an HSM's messages, always a string: Graylog fixes a field's type by its first document.
package struct Field: Hashable, Sendable {
    /// Without the underscore it is sent with; `[A-Za-z0-9_.-]`.
    package var name: String
    /// Not blank, without control characters.
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

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

/// The field names that are taken: an extra field of such a name would be lost, would replace what is true, or would
/// cost the whole message. Each name is the one that Graylog's index gets: `_` for `.`.
enum ReservedFields {
    /// Whether `name` is taken, and always was.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || name.hasPrefix("gl2_") || metadata.contains(name)
    }

    /// Whether hsmwatch sends a field of that name since a version after 0.1.0. A configuration that was valid then may
    /// have an extra field of that name: it stays valid, and hsmwatch's own field is sent.
    static func isTakenSince010(_ name: String) -> Bool {
        newer.contains(name)
    }

    private static let names = graylog.union(sentBy010)
    private static let newer = Set(MessageField.all.map(\.name)).subtracting(sentBy010)

    /// The fields of the messages of 0.1.0.
    private static let sentBy010: Set<String> = [
        "action", "critical_seconds", "dropped", "endpoint", "event_source", "event_type", "exhaustion_seconds",
        "failure", "failure_detail", "hsm_address", "hsm_error_code", "hsm_host", "hsm_name", "hsm_port",
        "hsms_critical", "hsms_ok", "hsms_total", "hsms_unknown", "hsms_unreachable", "hsms_warning", "instance",
        "latency_ms", "outage_seconds", "output", "previous_state", "probes", "probes_failed", "probes_skipped",
        "query_port", "reason", "reply", "resent", "sequence", "sockets_available", "sockets_consumed",
        "sockets_consumed_percent", "sockets_total", "spooled", "state", "state_seconds", "threshold_critical",
        "threshold_warning", "uptime_seconds", "waiting",
    ]

    /// GELF's and syslog's own fields, and those a Graylog server skips or overwrites.
    private static let graylog: Set<String> = [
        "application_name", "facility", "facility_num", "file", "full_message", "host", "id", "level", "line",
        "message", "process_id", "short_message", "source", "streams", "timestamp", "version",
    ]

    /// The index's own fields, of OpenSearch and of Elasticsearch: it rejects a whole document that has one of them.
    private static let metadata: Set<String> = [
        "_all", "_data_stream_timestamp", "_doc_count", "_feature", "_field_names", "_id", "_ignored", "_index",
        "_index_mode", "_meta", "_nested_path", "_parent", "_primary_term", "_recovery_source", "_routing", "_score",
        "_seq_no", "_size", "_source", "_tier", "_timestamp", "_tsid", "_ttl", "_type", "_uid", "_version",
    ]
}

/// Names of HSMs and outputs; they are safe in a shell, a file name and a search.
enum NameText {
    /// What a message says about names.
    static let allowed = "1 … \(ConfigurationLimits.nameLength) of the characters A-Z a-z 0-9 . _ -"

    /// `text` itself, if it is a name.
    static func check(_ text: String) throws(InvalidText) -> String {
        guard (1...ConfigurationLimits.nameLength).contains(text.utf8.count), hasOnlyNameCharacters(text) else {
            throw InvalidText("\(text.quoted) is not a name; allowed: \(allowed)")
        }
        return text
    }

    /// Whether every character is one that a name may have.
    static func hasOnlyNameCharacters(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": true
            default: false
            }
        }
    }
}

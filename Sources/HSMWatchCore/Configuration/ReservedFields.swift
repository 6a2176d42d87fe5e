// SPDX-License-Identifier: Apache-2.0

/// The field names that are taken: an extra field of such a name would be lost, or would replace what is true.
enum ReservedFields {
    /// Whether `name`, with `_` for `.`, is taken.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || name.hasPrefix("gl2_")
    }

    private static let names = graylog.union(MessageField.all.map(\.name))

    /// GELF's and syslog's own fields, and those a Graylog server skips or overwrites.
    private static let graylog: Set<String> = [
        "application_name", "facility", "facility_num", "file", "full_message", "host", "id", "level", "line",
        "message", "process_id", "short_message", "source", "streams", "timestamp", "version",
    ]
}

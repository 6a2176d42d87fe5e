// SPDX-License-Identifier: Apache-2.0

/// The field names that are taken: an extra field of such a name would be lost, would replace what is true, or would
/// cost the whole message.
enum ReservedFields {
    /// Whether `name` is taken. It is the name that Graylog's index gets: `_` for `.`.
    static func contains(_ name: String) -> Bool {
        names.contains(name) || name.hasPrefix("gl2_") || metadata.contains(name)
    }

    private static let names = graylog.union(MessageField.all.map(\.name))

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

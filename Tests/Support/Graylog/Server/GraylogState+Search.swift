// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// `/search/messages`: `ScriptingApiResource`, as far as it finds messages by a query.
extension GraylogState {
    static let searchResource: [String: GraylogOperation] = [
        "POST": GraylogOperation { state, request throws(GraylogAnswer) in try state.search(request) }
    ]

    /// The newest messages first, of a relative time range.
    private func search(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        let body = try json(request)
        try permit("messages:read")
        let query: LuceneQuery
        do {
            query = try LuceneQuery(body["query"]?.string ?? "")
        } catch {
            throw .failure(400, "Unable to perform search query: \(error)")
        }
        let fields = (body["fields"]?.elements ?? []).compactMap(\.string)
        let range = Duration.seconds(body["timerange"]?["range"]?.integer ?? 0)
        let found = messages.filter { $0.age <= range && query.matches($0.fields) }.reversed()
            .prefix(Int(body["size"]?.integer ?? 10))
        let rows = found.map { message in JSONValue.array(fields.map { value(of: $0, in: message) }) }
        let schema = fields.map { name -> JSONValue in
            ["column_type": "field", "type": "unknown", "field": .string(name), "name": .string("field: \(name)")]
        }
        return GraylogAnswer([
            "schema": .array(schema), "datarows": .array(rows),
            "metadata": ["effective_timerange": ["from": .string(time), "to": .string(time), "type": "absolute"]],
        ])
    }

    /// Graylog writes its own time with a space, and the message's with a T. Seen on 6.1.4 and 7.1.7.
    private func value(of field: String, in message: GraylogMessage) -> JSONValue {
        switch field {
        case "timestamp": .string(message.timestamp.graylogText.replacing(" ", with: "T") + "Z")
        case "gl2_receive_timestamp": .string(message.received.graylogText)
        case "gl2_source_input": .string(title(ofInput: message.input))
        default: message.fields[field]?.json ?? .null
        }
    }

    /// The field is shown by the input's title.
    private func title(ofInput id: String) -> String {
        inputs.first { $0.id == id }?.title ?? id
    }
}

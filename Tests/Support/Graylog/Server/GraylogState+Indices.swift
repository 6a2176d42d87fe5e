// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension GraylogState {
    /// The types that a field may be given, each with Graylog's name for it.
    static let fieldTypes: KeyValuePairs = [
        "string": "String (aggregatable)", "string_fts": "String (full-text searchable)", "long": "Number",
        "double": "Number (Floating Point)", "date": "Date", "boolean": "Boolean", "binary": "Binary Data",
        "geo-point": "Geo Point", "ip": "IP",
    ]

    /// Fields whose type is Graylog's alone: its own names, and those of every message.
    private func isReserved(_ field: String) -> Bool {
        let all: Set = ["message", "source", "timestamp"]
        let later: Set = ["gl2_message_id", "gl2_second_sort_field", "streams", "failed_message_streams"]
        return all.contains(field) || Self.graylogFields.contains(field)
            || (version >= GraylogVersion(6, 0) && later.contains(field))
    }

    private static let graylogFields: Set = [
        "gl2_accounted_message_size", "gl2_processing_error", "gl2_processing_timestamp", "gl2_receive_timestamp",
        "gl2_remote_hostname", "gl2_remote_ip", "gl2_remote_port", "gl2_source_collector", "gl2_source_collector_input",
        "gl2_source_input", "gl2_source_node", "gl2_source_radio", "gl2_source_radio_input",
    ]

    /// `/system/indices/…`: `IndexSetsResource`, `FieldTypeMappingsResource`.
    static func indexResource(_ route: [String]) -> [String: GraylogOperation]? {
        switch route {
        case ["index_sets"]:
            ["GET": GraylogOperation { state, request throws(GraylogAnswer) in state.listIndexSets(request) }]
        case ["mappings"]:
            ["PUT": GraylogOperation { state, request throws(GraylogAnswer) in try state.setFieldType(request) }]
        case ["mappings", "types"]:
            [
                "GET": GraylogOperation { _, _ in
                    var types = JSONObject()
                    for (type, name) in fieldTypes { types.set(type, to: .string(name)) }
                    return GraylogAnswer(.object(types))
                }
            ]
        default:
            if route.count == 2, route[0] == "index_sets" {
                ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.showIndexSet(route[1]) }]
            } else {
                nil
            }
        }
    }

    private func listIndexSets(_ request: GraylogRequest) -> GraylogAnswer {
        let shown = missingPermissions.contains("indexsets:read") ? [] : indexSets
        return GraylogAnswer([
            "total": .integer(Int64(shown.count)),
            "index_sets": .array(shown.map { $0.json(createdAt: time, for: version) }),
            "stats": [:],
        ])
    }

    private func showIndexSet(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("indexsets:read", on: id)
        guard let indexSet = indexSets.first(where: { $0.id == id }) else {
            throw .failure(404, "Couldn't load index set with ID <\(id)>")
        }
        return GraylogAnswer(indexSet.json(createdAt: time, for: version))
    }

    /// Sets a field's type for the indices to come. An id that no index set has is passed over.
    ///
    /// Source: `FieldTypeChangeRequest`, `FieldTypeMappingsService.changeFieldType`, `CustomMappingValidation`.
    private mutating func setFieldType(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        let body = try json(request)
        if let unknown = body.names.first(where: { !["index_sets", "field", "type", "rotate"].contains($0) }) {
            throw unmappable(
                "Unable to map property \(unknown).\nKnown properties include: index_sets, field, type, rotate")
        }
        guard let field = body["field"]?.string, !field.isEmpty, let type = body["type"]?.string, !type.isEmpty,
            let ids = body["index_sets"]?.elements.compactMap(\.string), !ids.isEmpty
        else { throw GraylogAnswer(400) }
        for id in ids { try permit("typemappings:create", on: id) }
        guard !isReserved(field) else {
            throw .failure(
                400, "Unable to change field type of \(field), not allowed to change type of these fields: [\(field)]")
        }
        let types = Self.fieldTypes.map(\.key)
        guard types.contains(type) else {
            throw .failure(
                400, "Invalid type provided: \(type) - available types: [\(types.joined(separator: ", "))]")
        }
        let chosen = indexSets.indices.filter { ids.contains(indexSets[$0].id) }
        // Before 6.0 nobody asks whether an index set takes field types.
        let refusing = version >= GraylogVersion(6, 0) ? chosen.filter { !indexSets[$0].takesFieldTypes } : []
        guard refusing.isEmpty else {
            let titles = refusing.map { indexSets[$0].title }.joined(separator: ", ")
            throw .failure(
                400,
                "Unable to change field type of \(field), not allowed to change type in indices : [\(titles)]")
        }
        for index in chosen where indexSets[index].fieldTypes.updateValue(type, forKey: field) != type {
            if body["rotate"] == true { indexSets[index].rotations += 1 }
        }
        return changedTypes(field, type, in: chosen.map { indexSets[$0].id })
    }

    private func changedTypes(_ field: String, _ type: String, in ids: [String]) -> GraylogAnswer {
        guard version.answersWithFieldTypes else { return GraylogAnswer(200) }
        var answer = JSONObject()
        for id in ids {
            answer.set(
                id,
                to: [
                    "field_name": .string(field), "type": .string(type), "origin": "OVERRIDDEN_INDEX",
                    "is_reserved": false,
                ])
        }
        return GraylogAnswer(.object(answer))
    }

    // MARK: ClusterDeflectorResource

    /// `/cluster/deflector/{id}/cycle`
    static func deflectorResource(_ route: [String]) -> [String: GraylogOperation]? {
        guard route.count == 2, route[1] == "cycle" else { return nil }
        return ["POST": GraylogOperation { state, _ throws(GraylogAnswer) in try state.rotate(route[0]) }]
    }

    private mutating func rotate(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("deflector:cycle")
        guard let index = indexSets.firstIndex(where: { $0.id == id }) else {
            throw .failure(404, "Index set <\(id)> not found.")
        }
        indexSets[index].rotations += 1
        return GraylogAnswer(204)
    }
}

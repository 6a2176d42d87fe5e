// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// What is in a content pack, for whatever refers to it.
struct PackContents {
    let entities: [JSONValue]
    /// The types of the parameters, by name.
    let parameters: [String: String]

    /// The ids of Graylog's own streams, to which a pack may refer.
    static let systemStreams: Set = [
        "000000000000000000000001", "000000000000000000000002", "000000000000000000000003",
    ]

    init(_ pack: JSONValue) {
        entities = pack["entities"]?.elements ?? []
        let named = (pack["parameters"]?.elements ?? []).compactMap { parameter in
            parameter["name"]?.string.map { ($0, parameter["type"]?.string?.lowercased() ?? "") }
        }
        parameters = Dictionary(named) { first, _ in first }
    }

    /// The type of an entity with its version, as in `stream/1`.
    static func type(of entity: JSONValue) -> String {
        "\(entity["type"]?["name"]?.string ?? "")/\(entity["type"]?["version"]?.string ?? "")"
    }

    /// Whether there is such an entity.
    func has(_ type: String, _ id: String) -> Bool {
        entities.contains { Self.type(of: $0) == type && $0["id"]?.string == id }
    }

    /// The fields of all events that a notification tells of.
    func eventFields(notifying id: String) -> Set<String> {
        let definitions = entities.filter { entity in
            Self.type(of: entity) == "event_definition/1"
                && (entity["data"]?["notifications"]?.elements ?? []).contains {
                    $0["notification_id"]?["@value"]?.string == id
                }
        }
        return Set(definitions.flatMap { $0["data"]?["field_spec"]?.names ?? [] })
    }

    /// Whether a stream of that id is in the pack, or Graylog's own.
    func hasStream(_ id: String) -> Bool {
        has("stream/1", id) || Self.systemStreams.contains(id)
    }
}

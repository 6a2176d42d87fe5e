// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A content pack that was uploaded, as Graylog keeps it.
package struct StoredPack: Hashable, Sendable {
    /// Which pack, and which revision of it.
    package struct ID: Hashable, Sendable {
        package let id: String
        package let revision: Int64
    }

    package let id: ID
    /// What a download gives.
    package let json: JSONValue

    /// Keeps what was uploaded with what Graylog makes of it: a constraint to its own version for an entity that has
    /// none, and of the first search type of a dashboard only those streams whose title is on the server already.
    ///
    /// Source: `EntityV1.Builder.build` and `ContentPackPersistenceService.filterMissingResourcesAndInsert`.
    init?(_ uploaded: JSONValue, titles: Set<String>, version: GraylogVersion, createdAt: String) {
        guard let id = uploaded["id"]?.string, let revision = uploaded["rev"]?.integer,
            case .object(var members) = uploaded
        else { return nil }
        self.id = ID(id: id, revision: revision)
        let entities = uploaded["entities"]?.elements ?? []
        let known = Set(
            entities.filter { Self.isStream($0) && titles.contains(Self.title(of: $0)) }.compactMap { $0["id"]?.string }
        )
        let kept = entities.map { Self.withoutStreams(besides: known, Self.constrained($0, to: version)) }
        members.set("entities", to: .array(kept))
        if members["parameters"] == nil { members.set("parameters", to: []) }
        if members["created_at"] == nil { members.set("created_at", to: .string(createdAt)) }
        if members["server_version"] == nil { members.set("server_version", to: .string("\(version)")) }
        json = .object(members)
    }

    /// The title of an entity, without its wrapping; empty for one that has none.
    static func title(of entity: JSONValue) -> String {
        entity["data"]?["title"]?["@value"]?.string ?? ""
    }

    private static func isStream(_ entity: JSONValue) -> Bool {
        ["stream", "stream_title"].contains(entity["type"]?["name"]?.string)
    }

    private static func constrained(_ entity: JSONValue, to version: GraylogVersion) -> JSONValue {
        let constraints = entity["constraints"]?.elements ?? []
        guard case .object(var members) = entity, !constraints.contains(where: { $0["type"] == "server-version" })
        else { return entity }
        let constraint: JSONValue = ["type": "server-version", "version": ">=\(version)"]
        members.set("constraints", to: .array(constraints + [constraint]))
        return .object(members)
    }

    private static func withoutStreams(besides known: Set<String>, _ entity: JSONValue) -> JSONValue {
        guard entity["type"] == ["name": "dashboard", "version": "2"] else { return entity }
        let types = entity["data"]?["search"]?["queries"]?.elements.first?["search_types"]?.elements ?? []
        let first = types.firstIndex { $0["streams"] != nil } ?? 0
        return entity.replacing(["data", "search", "queries", "0", "search_types", "\(first)", "streams"]) { streams in
            .array(streams.elements.filter { known.contains($0.string ?? "") })
        }
    }
}

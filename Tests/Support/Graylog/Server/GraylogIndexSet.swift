// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// An index set of a Graylog, with the field types that somebody has set for it.
package struct GraylogIndexSet: Hashable, Sendable {
    package let id: String
    package let title: String
    package let prefix: String
    package let isDefault: Bool
    /// Whether field types may be set for it: not for those of events.
    let takesFieldTypes: Bool
    /// The type of each field, as in `long`.
    package internal(set) var fieldTypes: [String: String] = [:]
    /// How often it was given a new index.
    package internal(set) var rotations = 0

    /// Those that every Graylog has.
    static let initial = [
        GraylogIndexSet(
            id: "650000000000000000000001", title: "Default index set", prefix: "graylog", isDefault: true,
            takesFieldTypes: true),
        GraylogIndexSet(
            id: "650000000000000000000002", title: "Graylog Events", prefix: "gl-events", isDefault: false,
            takesFieldTypes: false),
        GraylogIndexSet(
            id: "650000000000000000000003", title: "Graylog System Events", prefix: "gl-system-events",
            isDefault: false, takesFieldTypes: false),
    ]

    func json(createdAt: String, for version: GraylogVersion) -> JSONValue {
        var members: JSONObject = [
            "id": .string(id), "title": .string(title), "description": "", "default": .boolean(isDefault),
            "writable": true, "can_be_default": .boolean(takesFieldTypes), "index_prefix": .string(prefix),
            "shards": 1, "replicas": 0,
            "rotation_strategy_class": "org.graylog2.indexer.rotation.strategies.MessageCountRotationStrategy",
            "retention_strategy_class": "org.graylog2.indexer.retention.strategies.DeletionRetentionStrategy",
            "creation_date": .string(createdAt), "index_analyzer": "standard",
            "index_optimization_max_num_segments": 1, "index_optimization_disabled": false,
            "field_type_refresh_interval": 5000, "index_template_type": takesFieldTypes ? .null : "events",
            "field_type_profile": .null, "use_legacy_rotation": false,
            "rotation_strategy": [
                "type": "org.graylog2.indexer.rotation.strategies.TimeBasedSizeOptimizingStrategyConfig",
                "index_lifetime_min": "P30D", "index_lifetime_max": "P40D",
            ],
            "retention_strategy": [
                "type": "org.graylog2.indexer.retention.strategies.DeletionRetentionStrategyConfig",
                "max_number_of_indices": 20,
            ],
            "data_tiering": ["type": "hot_only", "index_lifetime_min": "P30D", "index_lifetime_max": "P40D"],
        ]
        if version.hasMembersOfSeven { members.set("field_restrictions", to: .null) }
        return .object(members)
    }
}

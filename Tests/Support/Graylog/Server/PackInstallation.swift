// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A content pack as it is installed.
package struct PackInstallation: Hashable, Sendable {
    /// What became of an entity of the pack.
    package struct Entity: Hashable, Sendable {
        /// Its id on the server.
        package let id: String
        /// The name of its type, as in `stream`.
        package let type: String
        let typeVersion: String
        /// Its id in the pack.
        package let packID: String
        package let title: String

        var json: JSONValue {
            [
                "id": .string(id), "type": ["name": .string(type), "version": .string(typeVersion)],
                "content_pack_entity_id": .string(packID), "title": .string(title), "found_on_system": false,
            ]
        }
    }

    package let id: String
    package let pack: StoredPack.ID
    package let entities: [Entity]
    package let comment: String
    let parameters: JSONValue

    func json(createdAt: String) -> JSONValue {
        [
            "_id": .string(id), "content_pack_id": .string(pack.id),
            "content_pack_revision": .integer(pack.revision), "parameters": parameters,
            "entities": .array(entities.map(\.json)), "comment": .string(comment),
            "created_at": .string(createdAt), "created_by": "admin",
        ]
    }
}

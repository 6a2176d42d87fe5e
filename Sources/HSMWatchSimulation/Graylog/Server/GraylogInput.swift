// SPDX-License-Identifier: Apache-2.0

/// An input of a Graylog that listens.
package struct GraylogInput: Hashable, Sendable {
    package let id: String
    package let title: String
    /// The class that implements it.
    let type: String
    package let port: Int64

    func json(createdAt: String) -> JSONValue {
        [
            "id": .string(id), "title": .string(title), "name": "GELF TCP", "type": .string(type), "global": true,
            "content_pack": .null, "created_at": .string(createdAt), "creator_user_id": "admin", "static_fields": [:],
            "node": .null,
            "attributes": ["bind_address": "0.0.0.0", "port": .integer(port), "tls_key_password": ""],
        ]
    }
}

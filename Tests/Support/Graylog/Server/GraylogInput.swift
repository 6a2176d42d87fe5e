// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// An input of a Graylog.
package struct GraylogInput: Hashable, Sendable {
    /// The class of GELF TCP.
    package static let gelfTCP = "org.graylog2.inputs.gelf.tcp.GELFTCPInput"

    package let id: String
    package internal(set) var title: String
    /// The class that implements it.
    package internal(set) var type: String
    /// Its settings, with the names that Graylog has for them.
    package internal(set) var attributes: JSONValue

    /// Where it listens; 0 when it does not.
    package var port: Int64 { attributes["port"]?.integer ?? 0 }

    /// Whether two of them cannot listen at once: both have the same port of TCP, or of UDP.
    func collides(with other: GraylogInput) -> Bool {
        port != 0 && port == other.port && isDatagram == other.isDatagram
    }

    var isDatagram: Bool { type.lowercased().contains("udp") }

    func json(createdAt: String, for version: GraylogVersion) -> JSONValue {
        var shown = JSONObject()
        for name in attributes.names { shown.set(name, to: attributes[name] ?? .null) }
        if version.masksKeyPasswords { shown.set("tls_key_password", to: ["is_set": false]) }
        return [
            "id": .string(id), "title": .string(title), "name": .string(name), "type": .string(type), "global": true,
            "content_pack": .null, "created_at": .string(createdAt), "creator_user_id": "admin", "static_fields": [:],
            "node": .null, "attributes": .object(shown),
        ]
    }

    /// What the web interface calls the type.
    private var name: String {
        switch type.split(separator: ".").last {
        case "GELFTCPInput": "GELF TCP"
        case "GELFUDPInput": "GELF UDP"
        case "GELFHttpInput": "GELF HTTP"
        case "SyslogTCPInput": "Syslog TCP"
        case "SyslogUDPInput": "Syslog UDP"
        default: type
        }
    }
}

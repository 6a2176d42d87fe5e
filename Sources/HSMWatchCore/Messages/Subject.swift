// SPDX-License-Identifier: Apache-2.0

/// Whom a message is about: one HSM and, if asked, one query port of it.
package struct Subject: Hashable, Sendable {
    package let name: String
    package let address: HostPort
    package let queryPort: UInt16?
    /// What a person calls it: `khi-2`, or `khi-2 #9010` where a port was asked. Every table and every group uses it.
    package let label: String
    /// The configured extra fields, in the file's order.
    package let fields: [Field]
    /// All of it as every message about this subject carries it: encoded once, sent thousands of times a second.
    let encoded: JSONWriter

    package init(name: String, address: HostPort, queryPort: UInt16?, fields: [Field]) {
        self.name = name
        self.address = address
        self.queryPort = queryPort
        self.fields = fields
        label = Self.label(name, queryPort: queryPort)

        var encoded = JSONWriter()
        encoded.string("_hsm", label)
        encoded.string("_hsm_name", name)
        encoded.string("_hsm_address", address.description)
        encoded.string("_hsm_host", address.host)
        encoded.integer("_hsm_port", Int(address.port))
        if let queryPort { encoded.integer("_query_port", Int(queryPort)) }
        for field in fields { encoded.string("_" + field.name, field.value) }
        self.encoded = encoded
    }

    /// The name of an HSM, with the query port if there is one.
    static func label(_ name: String, queryPort: UInt16?) -> String {
        name + (queryPort.map { " #\($0)" } ?? "")
    }

    /// What a query of a configured HSM is about.
    package init(_ hsm: HSMConfiguration, _ query: Query) {
        self.init(name: hsm.name, address: hsm.address, queryPort: query.port, fields: hsm.fields)
    }
}

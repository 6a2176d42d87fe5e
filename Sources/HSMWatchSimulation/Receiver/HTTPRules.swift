// SPDX-License-Identifier: Apache-2.0

/// What a GELF HTTP input wants of a request: Graylog's configuration of it.
package struct HTTPRules: Hashable, Sendable {
    /// The header that must have one value: `authorization_header_name` and `authorization_header_value`.
    package struct Authorization: Hashable, Sendable {
        /// The header's name, as in `Authorization`.
        package let header: String
        /// The whole value, as in `Bearer secret`.
        package let value: String

        package init(header: String, value: String) {
            self.header = header
            self.value = value
        }
    }

    /// The most bytes of a body: the default of Graylog's `max_chunk_size`.
    package static let maximumBodyLength = 65_536

    /// How long a connection may send nothing before it is closed: the default of Graylog's `idle_writer_timeout`.
    package static let idleLimit = Duration.seconds(60)

    /// The only path that is served, to the letter: one with a query is another one.
    package var path: String
    /// What a request must show; `nil` asks for nothing.
    package var authorization: Authorization?
    /// Whether each line of a body is a message: `enable_bulk_receiving`.
    package var isBulk: Bool
    /// How long a connection may send nothing before it is closed.
    package var idleLimit: Duration

    package init(
        path: String = "/gelf", authorization: Authorization? = nil, isBulk: Bool = false,
        idleLimit: Duration = HTTPRules.idleLimit
    ) {
        self.path = path
        self.authorization = authorization
        self.isBulk = isBulk
        self.idleLimit = idleLimit
    }
}

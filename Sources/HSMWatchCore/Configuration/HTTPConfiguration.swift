// SPDX-License-Identifier: Apache-2.0

/// How an output posts GELF over HTTP.
package struct HTTPConfiguration: Equatable, Sendable {
    /// A header that Graylog's input, or a proxy before it, wants to see.
    package struct Authorization: Equatable, Sendable {
        /// `authorization_header_name` of Graylog's input.
        package var header: String
        /// File whose first line is the header's whole value.
        package var file: String

        package static let defaultHeader = "Authorization"

        package init(header: String = Authorization.defaultHeader, file: String) {
            self.header = header
            self.file = file
        }
    }

    /// Graylog takes exactly `/gelf`; a proxy may want another.
    package var path: String
    /// Many messages a request, for an input with `enable_bulk_receiving`.
    package var isBulk: Bool
    package var authorization: Authorization?
    /// An HTTP proxy that all requests go through.
    package var proxy: HostPort?

    package static let defaultPath = "/gelf"

    package init(
        path: String = HTTPConfiguration.defaultPath, isBulk: Bool = false, authorization: Authorization? = nil,
        proxy: HostPort? = nil
    ) {
        self.path = path
        self.isBulk = isBulk
        self.authorization = authorization
        self.proxy = proxy
    }
}

// SPDX-License-Identifier: Apache-2.0

/// How an output speaks TLS; all nil trusts the system's authorities and presents no certificate.
package struct TLSConfiguration: Equatable, Sendable {
    /// File of the authorities trusted instead of the system's.
    package var ca: String?
    /// File of the certificate presented; only together with `key`.
    package var certificate: String?
    /// File of the certificate's private key.
    package var key: String?
    /// File whose first line is the key's password; nil when the key has none.
    package var keyPassword: String?
    /// Name the peer's certificate must carry; nil takes the endpoint's host.
    package var serverName: String?

    package init(
        ca: String? = nil, certificate: String? = nil, key: String? = nil, keyPassword: String? = nil,
        serverName: String? = nil
    ) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
        self.keyPassword = keyPassword
        self.serverName = serverName
    }
}

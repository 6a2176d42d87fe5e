// SPDX-License-Identifier: Apache-2.0

extension HostPort {
    /// The HSM of the example configuration: an address for documentation (RFC 5737), at which no HSM can be.
    ///
    /// An administrator has not edited a configuration that has it.
    package static let example = HostPort(host: "192.0.2.11", port: 9010)

    /// The Graylog of the example configuration. A Graylog on this machine may really have this address.
    package static let exampleGraylog = HostPort(host: "127.0.0.1", port: 12_201)
}

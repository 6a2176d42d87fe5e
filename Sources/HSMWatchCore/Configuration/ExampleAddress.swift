// SPDX-License-Identifier: Apache-2.0

extension HostPort {
    /// The HSM of the example configuration: an address for documentation (RFC 5737), at which no HSM can be.
    ///
    /// A configuration that has it was never edited. It is valid, but nothing that is to be polled.
    package static let example = HostPort(host: "192.0.2.11", port: 9010)
}

// SPDX-License-Identifier: Apache-2.0

/// What a changed entry of `hsms` means for the HSM's connection and for what is known of the HSM.
package enum HSMReconfiguration: Hashable, Sendable {
    /// Only thresholds, forecast, labels or times changed: the connection, the state and the history go on.
    case judgement
    /// The questions are asked in another way: the connection is replaced, the state and the history go on.
    case wire
    /// Another HSM answers at another address: nothing is known of it.
    case address

    /// The two have the same name.
    package init(from old: HSMConfiguration, to new: HSMConfiguration) {
        if old.address.port != new.address.port || old.address.host.lowercased() != new.address.host.lowercased() {
            self = .address
        } else if old.queryPorts != new.queryPorts || old.connection != new.connection
            || old.lineEnding != new.lineEnding
        {
            self = .wire
        } else {
            self = .judgement
        }
    }
}

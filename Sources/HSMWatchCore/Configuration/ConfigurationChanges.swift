// SPDX-License-Identifier: Apache-2.0

/// What changed in a new configuration, by the names of HSMs and outputs.
package struct ConfigurationChanges: Hashable, Sendable {
    /// Names that a sentence gives of each kind.
    package static let namesShown = 3

    /// In the order of the files: of the new one, and for `removed` of the old one.
    package struct Names: Hashable, Sendable {
        package var added: [String] = []
        package var changed: [String] = []
        package var removed: [String] = []
        /// Entries that both have, unchanged.
        package var unchanged: [String] = []
    }

    package let hsms: Names
    package let outputs: Names

    package init(from old: Configuration, to new: Configuration) {
        hsms = Self.names(from: old.hsms, to: new.hsms, by: \.name)
        outputs = Self.names(from: old.outputs, to: new.outputs, by: \.name)
    }

    private static func names<Entry: Equatable>(
        from old: [Entry], to new: [Entry], by name: KeyPath<Entry, String>
    ) -> Names {
        let before = Dictionary(uniqueKeysWithValues: old.map { ($0[keyPath: name], $0) })
        var names = Names()
        for entry in new {
            switch before[entry[keyPath: name]] {
            case nil: names.added.append(entry[keyPath: name])
            case entry: names.unchanged.append(entry[keyPath: name])
            default: names.changed.append(entry[keyPath: name])
            }
        }
        let after = Set(new.map { $0[keyPath: name] })
        names.removed = old.map { $0[keyPath: name] }.filter { !after.contains($0) }
        return names
    }
}

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

// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// Reads `defaults` and `hsms`, and merges the one into each of the other.
    mutating func hsms(_ root: ConfigurationSection) -> [HSMConfiguration] {
        let defaults = root.section("defaults", keys: HSMSettings.keys, &problems)
            .map { HSMSettings($0, &problems) }
        root.reportIfMissing("hsms", needed: "the list of HSMs to poll, each with name and address", &problems)
        guard let list = root.list("hsms", count: 1...ConfigurationLimits.hsms, &problems) else { return [] }

        var merger = HSMMerger(defaults: defaults ?? HSMSettings())
        var names: [String: Mark] = [:]
        var places: [HostPort: Mark] = [:]
        var hsms: [HSMConfiguration] = []
        for (index, node) in list.value.enumerated() {
            let keys = ["name", "address"] + HSMSettings.keys
            guard let section = ConfigurationSection(node, path: "hsms[\(index)]", keys: keys, &problems) else {
                continue
            }
            let name = uniqueName(section, &names)
            let address = address(section, &places)
            // Without a name or address the rest is checked all the same; the error keeps it from being used.
            var hsm = HSMConfiguration(name: name ?? "", address: address ?? HostPort(host: "", port: 1))
            merger.merge(HSMSettings(section, &problems), into: &hsm, &problems)
            hsms.append(hsm)
        }
        return hsms
    }

    /// Reads an entry's address: an error if it is the example's, and a warning if another entry has it, because each entry
    /// keeps its own connection.
    private mutating func address(
        _ section: ConfigurationSection, _ places: inout [HostPort: Mark]
    ) -> HostPort? {
        let address = section.required("address", needed: "host:port or [v6]:port of the HSM", &problems) {
            text throws(InvalidText) in try HostPort(destination: text)
        }
        guard let address else { return nil }
        if address.value == .example, !acceptsExample {
            hasExampleHSM = true
            problems.error(
                at: address,
                "\(address.value) is only an example; put in the addresses of your HSMs and of your Graylog")
        }
        let own = address.value.places
        if let first = own.compactMap({ places[$0] }).min() {
            problems.warning(
                at: address,
                "\(address.value) is also polled by the entry on line \(first.line); each uses a socket of its own")
        } else {
            for place in own { places[place] = address.mark }
        }
        return address.value
    }
}

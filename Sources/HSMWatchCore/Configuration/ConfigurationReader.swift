// SPDX-License-Identifier: Apache-2.0

/// Understands a configuration's syntax tree: strict and complete, every problem at once.
package struct ConfigurationReader {
    let files: FileInspection
    /// Whether the addresses of the example configuration pass.
    let acceptsExample: Bool
    /// Whether an entry has the example's HSM, so that nothing was edited yet.
    var hasExampleHSM = false
    var problems = ConfigurationProblems()

    /// Reads the whole file `node`.
    ///
    /// The problems are sorted by place. The configuration is nil if one of them is an error.
    ///
    /// - Parameter acceptsExample: for what polls nothing and sends nothing.
    package static func read(
        _ node: ConfigurationNode, files: FileInspection, acceptsExample: Bool = false
    ) -> (configuration: Configuration?, problems: [ConfigurationProblem]) {
        var reader = ConfigurationReader(files: files, acceptsExample: acceptsExample)
        let configuration = reader.configuration(node)
        return (reader.problems.hasErrors ? nil : configuration, reader.problems.sorted)
    }

    private mutating func configuration(_ node: ConfigurationNode) -> Configuration? {
        let keys = ["source", "heartbeat", "log_level", "runbook", "defaults", "hsms", "outputs", "spool"]
        guard let root = ConfigurationSection(node, path: "", keys: keys, &problems) else { return nil }
        let source = root.value("source", &problems) { text throws(InvalidText) in
            try VisibleText.check(text, maxLength: ConfigurationLimits.sourceLength)
        }
        let heartbeat = root.duration("heartbeat", in: ConfigurationLimits.heartbeat, &problems)
        let logLevel: Located<LogLevel>? = root.word("log_level", &problems)
        let runbook = root.value("runbook", &problems) { text throws(InvalidText) in
            try VisibleText.check(text, maxLength: ConfigurationLimits.runbookLength)
        }
        let hsms = hsms(root)
        return Configuration(
            source: source?.value,
            heartbeat: heartbeat?.value ?? Configuration.defaultHeartbeat,
            logLevel: logLevel?.value ?? .info,
            runbook: runbook?.value,
            hsms: hsms,
            outputs: outputs(root, for: hsms),
            spool: spool(root)
        )
    }

    private mutating func spool(_ root: ConfigurationSection) -> SpoolConfiguration {
        var spool = SpoolConfiguration()
        guard let section = root.section("spool", keys: ["max_size", "max_age"], &problems) else { return spool }
        let maxSize = section.value("max_size", &problems) { text throws(InvalidText) in
            try SizeText.parse(text, in: ConfigurationLimits.spoolSize)
        }
        let maxAge = section.duration("max_age", in: ConfigurationLimits.spoolAge, &problems)
        spool.maxSize = maxSize?.value ?? spool.maxSize
        spool.maxAge = maxAge?.value ?? spool.maxAge
        return spool
    }

    /// Reads the required key `name` and remembers it in `names`, where each may stand once.
    mutating func uniqueName(_ section: ConfigurationSection, _ names: inout [String: Mark]) -> String? {
        let name = section.required("name", needed: NameText.allowed, &problems, parse: NameText.check)
        guard let name else { return nil }
        if let first = names[name.value] {
            problems.error(at: name, "duplicate name \(name.value.quoted); its first is on line \(first.line)")
        } else {
            names[name.value] = name.mark
        }
        return name.value
    }
}

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

    /// Reads an entry's address: an error if it is the example's, and a warning if another entry has it, because each
    /// entry keeps its own connection.
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

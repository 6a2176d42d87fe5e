// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// Reads `outputs`.
    ///
    /// - Parameter hsms: whose fields every output must be able to carry.
    mutating func outputs(_ root: ConfigurationSection, for hsms: [HSMConfiguration]) -> [OutputConfiguration] {
        root.reportIfMissing("outputs", needed: "the list of outputs, each with name, type and endpoints", &problems)
        guard let list = root.list("outputs", count: 1...ConfigurationLimits.outputs, &problems) else { return [] }
        var names: [String: Mark] = [:]
        var outputs: [OutputConfiguration] = []
        let commandPorts = CommandPorts(hsms)
        for (index, node) in list.value.enumerated() {
            guard
                let section = ConfigurationSection(
                    node, path: "outputs[\(index)]", keys: OutputKey.allCases.map(\.rawValue), &problems)
            else { continue }
            let name = uniqueName(section, &names)
            let kind = kind(section)
            // Without a name or type the rest is checked all the same; the error keeps it from being used.
            let output = OutputConfiguration(
                name: name ?? "", kind: kind?.value ?? .gelfTCP, endpoints: endpoints(section, commandPorts),
                tls: tls(section), confirm: confirm(section, kind), rewind: rewind(section),
                datagramSize: datagramSize(section), http: http(section, commandPorts), syslog: syslog(section),
                events: events(section))
            if let kind {
                refuseForeignKeys(section, of: kind.value)
                checkFields(of: hsms, on: output, at: kind)
                checkHTTP(output, section)
            }
            outputs.append(output)
        }
        warnOfUnsent(by: outputs, at: list)
        return outputs
    }

    private mutating func kind(_ section: ConfigurationSection) -> Located<OutputKind>? {
        let kinds = OutputKind.allCases.map(\.rawValue).joined(separator: ", ")
        section.reportIfMissing("type", needed: "one of \(kinds)", &problems)
        let kind: Located<OutputKind>? = section.word("type", &problems)
        if let kind, kind.value.isDatagram {
            problems.warning(
                at: kind,
                "\(kind.value.rawValue): what was sent counts as delivered; "
                    + "what the network or Graylog loses of it is not noticed")
        }
        return kind
    }

    private mutating func refuseForeignKeys(_ section: ConfigurationSection, of kind: OutputKind) {
        for entry in section.entries {
            guard let key = OutputKey(rawValue: entry.key), !key.kinds.contains(kind) else { continue }
            let kinds = key.kinds.map(\.rawValue).joined(separator: ", ")
            problems.error(
                at: entry.keyMark, section.path,
                "'\(entry.key)' does not go with type \(kind.rawValue); allowed with: \(kinds)")
        }
    }

    private mutating func events(_ section: ConfigurationSection) -> Set<Event.Kind> {
        let all = Event.Kind.selectable
        guard let list = section.list("events", count: 1...all.count, &problems) else { return Set(all) }
        var events: Set<Event.Kind> = []
        for (index, node) in list.value.enumerated() {
            let kind = ConfigurationSection.value(node, path: "\(list.path)[\(index)]", &problems) {
                text throws(InvalidText) in
                guard let kind = all.first(where: { $0.name == text }) else {
                    let names = all.map(\.name)
                    let hint =
                        text == Event.Kind.reminder.name
                        ? ": an output that gets \(Event.Kind.stateChange.name) gets reminders, too"
                        : NearestName.hint(text, among: names)
                    throw InvalidText("unknown \(text.quoted)\(hint) (allowed: \(names.joined(separator: ", ")))")
                }
                return kind
            }
            guard let kind else { continue }
            if !events.insert(kind.value).inserted {
                problems.error(at: kind, "duplicate event \(kind.value.name.quoted)")
            }
        }
        return events
    }

    /// A kind of message that nobody gets may be what somebody relies on.
    private mutating func warnOfUnsent(by outputs: [OutputConfiguration], at list: Located<[ConfigurationNode]>) {
        let sent = outputs.reduce(into: Set<Event.Kind>()) { $0.formUnion($1.events) }
        let unsent = Event.Kind.selectable.filter { !sent.contains($0) }
        guard !problems.hasErrors, !unsent.isEmpty else { return }
        let names = unsent.map(\.name).joined(separator: ", ")
        problems.warning(at: list, "no output gets these events: \(names)")
    }

    private mutating func confirm(_ section: ConfigurationSection, _ kind: Located<OutputKind>?) -> Duration? {
        let confirm: Located<Duration?>? = section.value("confirm", &problems) { text throws(InvalidText) in
            if text == OutputConfiguration.confirmOff { return nil }
            do {
                return try DurationText.parse(text, in: ConfigurationLimits.confirm)
            } catch {
                throw InvalidText("\(error), or \(OutputConfiguration.confirmOff)")
            }
        }
        guard let confirm else { return OutputConfiguration.defaultConfirm }
        if let kind, !kind.value.isStream {
            problems.warning(at: confirm, "has no effect with type \(kind.value.rawValue)")
            return OutputConfiguration.defaultConfirm
        }
        if confirm.value == nil {
            problems.warning(
                at: confirm,
                "off: what Graylog's kernel has acknowledged counts as delivered; "
                    + "what Graylog has not read of it when it stops is lost and not reported")
        }
        return confirm.value
    }

    private mutating func rewind(_ section: ConfigurationSection) -> Duration {
        let rewind = section.durationOrZero("rewind", in: ConfigurationLimits.rewind, &problems)
        return rewind?.value ?? OutputConfiguration.defaultRewind
    }

    private mutating func endpoints(_ section: ConfigurationSection, _ commandPorts: CommandPorts) -> [HostPort] {
        section.reportIfMissing("endpoints", needed: "a list of host:port, tried in order", &problems)
        guard let list = section.list("endpoints", count: 1...ConfigurationLimits.endpoints, &problems) else {
            return []
        }
        var endpoints: [HostPort] = []
        var places: [HostPort: Mark] = [:]
        for (index, node) in list.value.enumerated() {
            let endpoint = ConfigurationSection.value(node, path: "\(list.path)[\(index)]", &problems) {
                text throws(InvalidText) in try Self.destination(text, commandPorts)
            }
            guard let endpoint else { continue }
            warnOfExample(endpoint)
            let own = endpoint.value.places
            if let first = own.compactMap({ places[$0] }).min() {
                problems.error(
                    at: endpoint, "duplicate endpoint \(endpoint.value); its first is on line \(first.line)")
            }
            for place in own { places[place] = endpoint.mark }
            endpoints.append(endpoint.value)
        }
        return endpoints
    }

    /// Warns of the example's Graylog beside HSMs that were edited; the error about the example's HSM names both.
    private mutating func warnOfExample(_ endpoint: Located<HostPort>) {
        guard endpoint.value == .exampleGraylog, !acceptsExample, !hasExampleHSM else { return }
        problems.warning(
            at: endpoint,
            "\(endpoint.value) is the example's Graylog; put in the address of yours, "
                + "or localhost:\(endpoint.value.port) if it runs on this machine")
    }

    /// Reads where an output may send messages: an HSM could take a text of them for a command.
    static func destination(_ text: String, _ commandPorts: CommandPorts) throws(InvalidText) -> HostPort {
        let destination = try HostPort(destination: text)
        if let name = commandPorts.owner(of: destination) {
            throw InvalidText(
                "\(destination) is a command port of HSM \(name); allowed: the address of Graylog or of a proxy to it")
        }
        return destination
    }
}

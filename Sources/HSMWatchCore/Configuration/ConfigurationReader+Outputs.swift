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

    /// Warns of kinds of messages that no output gets.
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

extension ConfigurationReader {
    /// Reads an output's `tls`.
    mutating func tls(_ section: ConfigurationSection) -> TLSConfiguration? {
        let keys = ["ca", "certificate", "key", "key_password", "server_name"]
        guard let tls = section.section("tls", keys: keys, &problems) else { return nil }
        let serverName = tls.value("server_name", &problems) { text throws(InvalidText) in
            if let problem = HostText.problem(text) { throw InvalidText(problem) }
            guard IPAddress(host: text) == nil else {
                throw InvalidText("\(text.quoted) is an address; allowed: a host name that the certificate carries")
            }
            return HostText.withoutRoot(text)
        }
        if tls["certificate"] != nil {
            tls.reportIfMissing("key", needed: "the file of the certificate's private key", &problems)
        }
        if tls["key"] != nil {
            tls.reportIfMissing("certificate", needed: "the file of the key's certificate", &problems)
        }
        if tls["key_password"] != nil {
            tls.reportIfMissing("key", needed: "the file of the key that the password is for", &problems)
        }
        let configuration = TLSConfiguration(
            ca: file("ca", tls), certificate: file("certificate", tls), key: file("key", tls, isSecret: true),
            keyPassword: file("key_password", tls, isSecret: true), serverName: serverName?.value)
        inspect(configuration, tls)
        return configuration
    }

    /// Reports what is wrong with the contents of the files, each at the key that names it. A file that cannot be read
    /// was reported before, and what needs it is not looked at.
    private mutating func inspect(_ configuration: TLSConfiguration, _ section: ConfigurationSection) {
        var readable = configuration
        let isMissing = { (key: TLSFileProblem.Key) in section[key.rawValue] != nil && configuration[key] == nil }
        if isMissing(.keyPassword) { readable.key = nil }
        for problem in files.tlsProblems(readable) {
            guard let entry = section[problem.key.rawValue], let path = configuration[problem.key] else {
                problems.error(at: section.mark, section.path, problem.text)
                continue
            }
            let place = Located(
                value: (), mark: entry.value.mark, path: section.path(of: problem.key.rawValue))
            switch problem.severity {
            case .error: problems.error(at: place, "\(path.quoted) \(problem.text)")
            case .warning: problems.warning(at: place, "\(path.quoted) \(problem.text)")
            }
        }
    }

    /// A file's path; `$CREDENTIALS_DIRECTORY/` at its start is where systemd keeps the service's credentials.
    ///
    /// - Parameter isSecret: whether only its owner may read it.
    mutating func file(_ key: String, _ section: ConfigurationSection, isSecret: Bool = false) -> String? {
        let files = files
        return section.value(key, &problems) { text throws(InvalidText) in
            let path = try VisibleText.check(text, maxLength: ConfigurationLimits.pathLength)
            if let reason = files.unreadability(path) {
                throw InvalidText("\(path.quoted) cannot be read: \(reason); allowed: a readable file")
            }
            if isSecret, let reason = files.exposure(path) {
                throw InvalidText("\(path.quoted) \(reason)")
            }
            return path
        }?.value
    }
}

/// The keys of an output that only some types have.
extension ConfigurationReader {
    mutating func datagramSize(_ section: ConfigurationSection) -> Int {
        let size = section.number(OutputKey.datagramSize.rawValue, in: ConfigurationLimits.datagramSize, &problems)
        return size?.value ?? OutputConfiguration.defaultDatagramSize
    }

    mutating func http(_ section: ConfigurationSection, _ commandPorts: CommandPorts) -> HTTPConfiguration {
        let path = section.value(OutputKey.path.rawValue, &problems, parse: HTTPText.checkPath)
        let bulk: Located<Switch>? = section.word(OutputKey.bulk.rawValue, &problems)
        let proxy = section.value(OutputKey.proxy.rawValue, &problems) { text throws(InvalidText) in
            // What may be a secret is not shown.
            guard !text.utf8.contains(UInt8(ascii: "@")) else {
                throw InvalidText("has a user or a password, which is not supported; allowed: host:port")
            }
            return try Self.destination(text, commandPorts)
        }
        return HTTPConfiguration(
            path: path?.value ?? HTTPConfiguration.defaultPath, isBulk: bulk?.value == .on,
            authorization: authorization(section), proxy: proxy?.value)
    }

    mutating func syslog(_ section: ConfigurationSection) -> SyslogConfiguration {
        var syslog = SyslogConfiguration()
        let format: Located<SyslogFormat>? = section.word(OutputKey.format.rawValue, &problems)
        let facility: Located<SyslogFacility>? = section.word(OutputKey.facility.rawValue, &problems)
        let appName = section.value(OutputKey.appName.rawValue, &problems) { text throws(InvalidText) in
            let lengths = 1...ConfigurationLimits.appNameLength
            guard lengths.contains(text.utf8.count), NameText.hasOnlyNameCharacters(text) else {
                let allowed = "1 … \(lengths.upperBound) of the characters A-Z a-z 0-9 . _ -"
                throw InvalidText("\(text.quoted) is not a name of a program; allowed: \(allowed)")
            }
            return text
        }
        if let format, format.value == .legacy {
            problems.warning(
                at: format,
                "legacy has no fields: Graylog's alerts and dashboard get nothing from this output; rfc5424 or GELF "
                    + "feeds them")
        }
        syslog.format = format?.value ?? syslog.format
        syslog.facility = facility?.value ?? syslog.facility
        syslog.appName = appName?.value ?? syslog.appName
        return syslog
    }

    /// What a secret and a name need of what stands beside them.
    mutating func checkHTTP(_ output: OutputConfiguration, _ section: ConfigurationSection) {
        guard output.kind == .gelfHTTP else { return }
        if output.http.isBulk, let entry = section[OutputKey.bulk.rawValue] {
            problems.warning(
                at: Located(value: (), mark: entry.value.mark, path: section.path(of: entry.key)),
                "on: an input without enable_bulk_receiving keeps the first message of each request and answers 202")
        }
        if output.http.authorization != nil, output.tls == nil, let entry = section[OutputKey.authorization.rawValue] {
            problems.warning(
                at: Located(value: (), mark: entry.keyMark, path: section.path(of: entry.key)),
                "is sent in clear text without tls")
        }
        let isAddress = { (host: String) in IPAddress(host: host) != nil }
        if let place = (output.endpoints + [output.http.proxy].compactMap(\.self)).first(where: \.hasZone),
            let entry = section[OutputKey.endpoints.rawValue]
        {
            problems.error(
                at: entry.keyMark, section.path,
                "\(place) has a zone, which no URL can have; allowed with gelf-http: an address without one, or a name")
        }
        if output.http.proxy != nil, let tls = output.tls, tls.serverName == nil,
            let endpoint = output.endpoints.first(where: { isAddress($0.host) }),
            let entry = section[OutputKey.proxy.rawValue]
        {
            problems.error(
                at: entry.keyMark, section.path,
                "through a proxy a certificate must be checked by its name, and \(endpoint) has none; "
                    + "allowed: a host name as endpoint, or tls.server_name")
        }
    }

    /// Every field of every HSM must have a name that the output can carry.
    mutating func checkFields(
        of hsms: [HSMConfiguration], on output: OutputConfiguration, at kind: Located<OutputKind>
    ) {
        let limit = SyslogEncoder.parameterNameLength
        guard output.kind.isSyslog, output.syslog.format == .rfc5424,
            let (hsm, field) = hsms.lazy.compactMap({ hsm in
                hsm.fields.first { $0.name.utf8.count > limit }.map { (hsm, $0) }
            }).first
        else { return }
        problems.error(
            at: kind,
            "syslog's parameters have names of at most \(limit) characters, and HSM \(hsm.name) has the field "
                + "'\(field.name)' of \(field.name.utf8.count); allowed: a shorter name, or format: legacy")
    }

    private mutating func authorization(_ section: ConfigurationSection) -> HTTPConfiguration.Authorization? {
        let keys = ["header", "file"]
        guard let section = section.section(OutputKey.authorization.rawValue, keys: keys, &problems) else { return nil }
        section.reportIfMissing("file", needed: "a file whose first line is the header's value", &problems)
        let header = section.value("header", &problems, parse: HTTPText.checkHeaderName)
        guard let file = file("file", section, isSecret: true) else { return nil }
        if let reason = files.headerProblem(file), let entry = section["file"] {
            problems.error(at: entry.value.mark, section.path(of: "file"), "\(file.quoted) \(reason)")
        }
        return HTTPConfiguration.Authorization(
            header: header?.value ?? HTTPConfiguration.Authorization.defaultHeader, file: file)
    }

    private enum Switch: String, CaseIterable {
        case on, off
    }
}

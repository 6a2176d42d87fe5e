// SPDX-License-Identifier: Apache-2.0

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

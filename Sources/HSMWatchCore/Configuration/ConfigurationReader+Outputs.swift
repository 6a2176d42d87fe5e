// SPDX-License-Identifier: Apache-2.0

extension ConfigurationReader {
    /// Reads `outputs`.
    mutating func outputs(_ root: ConfigurationSection) -> [OutputConfiguration] {
        root.reportIfMissing("outputs", needed: "the list of outputs, each with name, type and endpoints", &problems)
        guard let list = root.list("outputs", count: 1...ConfigurationLimits.outputs, &problems) else { return [] }
        var names: [String: Mark] = [:]
        var outputs: [OutputConfiguration] = []
        for (index, node) in list.value.enumerated() {
            let keys = ["name", "type", "endpoints", "tls", "confirm"]
            guard let section = ConfigurationSection(node, path: "outputs[\(index)]", keys: keys, &problems) else {
                continue
            }
            let name = uniqueName(section, &names)
            let kind = kind(section)
            let endpoints = endpoints(section)
            let tls = tls(section)
            let confirm = confirm(section)
            guard let name, let kind else { continue }
            outputs.append(
                OutputConfiguration(
                    name: name, kind: kind, endpoints: endpoints, tls: tls,
                    confirm: confirm))
        }
        return outputs
    }

    private mutating func kind(_ section: ConfigurationSection) -> OutputKind? {
        let kinds = OutputKind.allCases.map(\.rawValue).joined(separator: ", ")
        section.reportIfMissing("type", needed: "one of \(kinds)", &problems)
        let kind: Located<OutputKind>? = section.word("type", &problems)
        NotYetAvailable.refuse(kind: kind, &problems)
        return kind?.value
    }

    private mutating func confirm(_ section: ConfigurationSection) -> Duration? {
        let confirm: Located<Duration?>? = section.value("confirm", &problems) { text throws(InvalidText) in
            if text == OutputConfiguration.confirmOff { return nil }
            do {
                return try DurationText.parse(text, in: ConfigurationLimits.confirm)
            } catch {
                throw InvalidText("\(error), or \(OutputConfiguration.confirmOff)")
            }
        }
        guard let confirm else { return OutputConfiguration.defaultConfirm }
        if confirm.value == nil {
            problems.warning(
                at: confirm,
                "off: what Graylog's kernel has acknowledged counts as delivered; "
                    + "what Graylog has not read of it when it stops is lost and not reported")
        }
        return confirm.value
    }

    private mutating func endpoints(_ section: ConfigurationSection) -> [HostPort] {
        section.reportIfMissing("endpoints", needed: "a list of host:port, tried in order", &problems)
        guard let list = section.list("endpoints", count: 1...ConfigurationLimits.endpoints, &problems) else {
            return []
        }
        var endpoints: [HostPort] = []
        for (index, node) in list.value.enumerated() {
            let endpoint = ConfigurationSection.value(node, path: "\(list.path)[\(index)]", &problems) {
                text throws(InvalidText) in try HostPort(parsing: text)
            }
            if let endpoint {
                endpoints.append(endpoint.value)
            }
        }
        return endpoints
    }

    private mutating func tls(_ section: ConfigurationSection) -> TLSConfiguration? {
        let keys = ["ca", "certificate", "key", "key_password", "server_name"]
        guard let tls = section.section("tls", keys: keys, &problems) else { return nil }
        let serverName = tls.value("server_name", &problems) { text throws(InvalidText) in
            if let problem = HostText.problem(text) { throw InvalidText(problem) }
            guard !HostText.isIPv4(text) else {
                throw InvalidText("\(text.quoted) is an address; allowed: a host name that the certificate carries")
            }
            return text
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
        return TLSConfiguration(
            ca: file("ca", tls), certificate: file("certificate", tls), key: file("key", tls),
            keyPassword: file("key_password", tls), serverName: serverName?.value)
    }

    /// A file's path; `$CREDENTIALS_DIRECTORY/` at its start is where systemd keeps the service's credentials.
    private mutating func file(_ key: String, _ section: ConfigurationSection) -> String? {
        let unreadability = unreadability
        return section.value(key, &problems) { text throws(InvalidText) in
            let path = try VisibleText.check(text, maxLength: ConfigurationLimits.pathLength)
            if let reason = unreadability(path) {
                throw InvalidText("\(path.quoted) cannot be read: \(reason); allowed: a readable file")
            }
            return path
        }?.value
    }
}

// SPDX-License-Identifier: Apache-2.0

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
    /// - Parameter isSecret: whether nobody but its owner may be able to read it.
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

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
        return TLSConfiguration(
            ca: file("ca", tls), certificate: file("certificate", tls), key: file("key", tls, isSecret: true),
            keyPassword: file("key_password", tls, isSecret: true), serverName: serverName?.value)
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

// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a file that a `tls` section names.
package struct TLSFileProblem: Equatable, Sendable {
    /// The key of `tls` that names the file.
    package enum Key: String, CaseIterable, Sendable {
        case ca, certificate, key
        case keyPassword = "key_password"
    }

    package let key: Key
    package let severity: ConfigurationProblem.Severity
    /// In words that follow the file's path.
    package let text: String

    package init(_ key: Key, _ text: String, severity: ConfigurationProblem.Severity = .error) {
        self.key = key
        self.severity = severity
        self.text = text
    }
}

extension TLSConfiguration {
    /// The file that a key names.
    package subscript(key: TLSFileProblem.Key) -> String? {
        get {
            switch key {
            case .ca: ca
            case .certificate: certificate
            case .key: self.key
            case .keyPassword: keyPassword
            }
        }
        set {
            switch key {
            case .ca: ca = newValue
            case .certificate: certificate = newValue
            case .key: self.key = newValue
            case .keyPassword: keyPassword = newValue
            }
        }
    }
}

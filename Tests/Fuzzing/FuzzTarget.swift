// SPDX-License-Identifier: Apache-2.0

/// What is given arbitrary bytes. The raw value names its part of the corpus, and what `scripts/fuzz` is told.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// What an HSM sends, up to the message about it.
    case reply
    /// A message as syslog.
    case syslog
    /// The answer of a service, up to the terminal of `hsmwatch status`.
    case snapshot
    /// What is typed while that is shown.
    case keys
    /// A configuration's syntax tree.
    case configuration
    /// What Graylog's REST API says, up to the sentence about it.
    case graylog
    /// Addresses, durations, sizes and whatever else is a text in a configuration.
    case texts
    /// Host names and addresses, and the names of a peer's certificate.
    case hosts
    /// A certificate in DER.
    case certificates
    /// A PEM file, and the certificates in it.
    case pem
    /// A file with a password, the value of a header or a token.
    case secrets
    /// What comes on an HTTP connection, in any order.
    case answers

    /// Has the input processed, and looks at what must hold of every result.
    func check(_ input: [UInt8]) throws(Violation) {
        switch self {
        case .reply: try ReplyFuzz.check(input)
        case .syslog: try SyslogFuzz.check(input)
        case .snapshot: try SnapshotFuzz.check(input)
        case .keys: try KeysFuzz.check(input)
        case .configuration: try ConfigurationFuzz.check(input)
        case .graylog: try GraylogFuzz.check(input)
        case .texts: try TextsFuzz.check(input)
        case .hosts: try HostsFuzz.check(input)
        case .certificates: try CertificatesFuzz.check(input)
        case .pem: try PEMFuzz.check(input)
        case .secrets: try SecretsFuzz.check(input)
        case .answers: try AnswersFuzz.check(input)
        }
    }
}

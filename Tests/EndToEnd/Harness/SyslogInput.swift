// SPDX-License-Identifier: Apache-2.0

import Testing

/// A way into a syslog server: which program, and how it is spoken to.
enum SyslogInput: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case rsyslogTCP = "rsyslog over TCP"
    case rsyslogUDP = "rsyslog over UDP"
    case rsyslogOpenSSL = "rsyslog over TLS by OpenSSL"
    case rsyslogGnuTLS = "rsyslog over TLS by GnuTLS"
    case syslogNGTCP = "syslog-ng over TCP"
    case syslogNGUDP = "syslog-ng over UDP"
    case syslogNGTLS = "syslog-ng over TLS"

    /// Those by whose end a sender knows that they have read everything. rsyslog's GnuTLS driver says close_notify only
    /// where it is the sender, though RFC 5425 section 4.4 demands it as an answer.
    static let confirming = allCases.filter { !$0.isUDP && $0 != .rsyslogGnuTLS }
    /// Those that show a message as it is.
    static let plain = allCases.filter { !$0.isEncrypted }

    var testDescription: String { rawValue }

    var isUDP: Bool {
        switch self {
        case .rsyslogUDP, .syslogNGUDP: true
        case .rsyslogTCP, .rsyslogOpenSSL, .rsyslogGnuTLS, .syslogNGTCP, .syslogNGTLS: false
        }
    }

    var isEncrypted: Bool {
        switch self {
        case .rsyslogOpenSSL, .rsyslogGnuTLS, .syslogNGTLS: true
        case .rsyslogTCP, .rsyslogUDP, .syslogNGTCP, .syslogNGUDP: false
        }
    }

    /// The server's program.
    var program: String {
        switch self {
        case .rsyslogTCP, .rsyslogUDP, .rsyslogOpenSSL, .rsyslogGnuTLS: "rsyslogd"
        case .syslogNGTCP, .syslogNGUDP, .syslogNGTLS: "syslog-ng"
        }
    }

    /// The program's arguments: in the foreground, with all its files in `folder`.
    func arguments(configuration: String, folder: String) -> [String] {
        switch self {
        case .rsyslogTCP, .rsyslogUDP, .rsyslogOpenSSL, .rsyslogGnuTLS:
            ["-n", "-iNONE", "-f", configuration]
        case .syslogNGTCP, .syslogNGUDP, .syslogNGTLS:
            ["--foreground", "--no-caps", "--cfgfile=\(configuration)"]
                + ["--persist-file=\(folder)/persist", "--control=\(folder)/control", "--pidfile=\(folder)/pid"]
        }
    }
}

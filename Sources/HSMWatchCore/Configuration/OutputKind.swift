// SPDX-License-Identifier: Apache-2.0

/// The format and transport of an output; raw values are the words of the configuration.
package enum OutputKind: String, CaseIterable, Sendable {
    case gelfTCP = "gelf-tcp"
    case gelfUDP = "gelf-udp"
    case gelfHTTP = "gelf-http"
    case syslogTCP = "syslog-tcp"
    case syslogUDP = "syslog-udp"

    /// Whether it comes in UDP datagrams, of which none is confirmed or encrypted; else over TCP connections.
    package var isDatagram: Bool {
        switch self {
        case .gelfUDP, .syslogUDP: true
        case .gelfTCP, .gelfHTTP, .syslogTCP: false
        }
    }

    /// Whether a connection's end confirms what was sent on it.
    package var isStream: Bool {
        switch self {
        case .gelfTCP, .syslogTCP: true
        case .gelfUDP, .gelfHTTP, .syslogUDP: false
        }
    }

    /// Whether its messages are syslog's; else they are GELF.
    package var isSyslog: Bool {
        switch self {
        case .syslogTCP, .syslogUDP: true
        case .gelfTCP, .gelfUDP, .gelfHTTP: false
        }
    }
}

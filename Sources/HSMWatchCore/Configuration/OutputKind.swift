// SPDX-License-Identifier: Apache-2.0

/// The format and transport of an output; raw values are the words of the configuration.
package enum OutputKind: String, CaseIterable, Sendable {
    case gelfTCP = "gelf-tcp"
    case gelfUDP = "gelf-udp"
    case gelfHTTP = "gelf-http"
    case syslogTCP = "syslog-tcp"
    case syslogUDP = "syslog-udp"

    /// Whether it can be encrypted.
    var speaksTLS: Bool {
        switch self {
        case .gelfTCP, .gelfHTTP, .syslogTCP: true
        case .gelfUDP, .syslogUDP: false
        }
    }
}

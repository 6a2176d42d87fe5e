// SPDX-License-Identifier: Apache-2.0

/// The keys of an entry of `outputs`.
enum OutputKey: String, CaseIterable {
    case name, type, endpoints, events, tls, confirm, rewind
    case datagramSize = "datagram_size"
    case path, bulk, authorization, proxy
    case format, facility
    case appName = "app_name"

    /// The types that it goes with.
    var kinds: [OutputKind] {
        switch self {
        case .name, .type, .endpoints, .events: OutputKind.allCases
        // Where there is no choice it is no mistake, and a warning says so.
        case .confirm: OutputKind.allCases
        case .rewind: [.gelfTCP, .gelfHTTP, .syslogTCP]
        case .tls: OutputKind.allCases.filter { !$0.isDatagram }
        case .datagramSize: [.gelfUDP]
        case .path, .bulk, .authorization, .proxy: [.gelfHTTP]
        case .format, .facility, .appName: OutputKind.allCases.filter(\.isSyslog)
        }
    }
}

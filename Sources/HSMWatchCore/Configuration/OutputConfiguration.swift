// SPDX-License-Identifier: Apache-2.0

/// One destination of messages.
package struct OutputConfiguration: Equatable, Sendable {
    /// Unique; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.nameLength` characters.
    package var name: String
    package var kind: OutputKind
    /// Tried in order; at least one.
    package var endpoints: [HostPort]
    /// Nil sends in plain text.
    package var tls: TLSConfiguration?
    /// How long a message may wait until its confirmation over TCP begins; nil for `off`: what the peer's kernel has
    /// counts as arrived.
    package var confirm: Duration?
    /// What was confirmed so shortly before the peer may have died is sent again; zero sends nothing again.
    package var rewind: Duration
    /// Bytes of a GELF UDP datagram at the most, a chunk's header included.
    package var datagramSize: Int
    /// Of GELF HTTP.
    package var http: HTTPConfiguration
    /// Of syslog.
    package var syslog: SyslogConfiguration
    /// What `events` names of `Event.Kind.selectable`; one at least.
    package var events: Set<Event.Kind>

    /// `confirm` when the file gives none.
    package static let defaultConfirm = Duration.seconds(10)

    /// `rewind` when the file gives none.
    package static let defaultRewind = Duration.seconds(60)

    /// The word for no confirmation.
    package static let confirmOff = "off"

    /// What passes an Ethernet without being fragmented, also through a tunnel; Graylog's own senders use the same.
    package static let defaultDatagramSize = 1420

    package init(
        name: String,
        kind: OutputKind = .gelfTCP,
        endpoints: [HostPort],
        tls: TLSConfiguration? = nil,
        confirm: Duration? = OutputConfiguration.defaultConfirm,
        rewind: Duration = OutputConfiguration.defaultRewind,
        datagramSize: Int = OutputConfiguration.defaultDatagramSize,
        http: HTTPConfiguration = HTTPConfiguration(),
        syslog: SyslogConfiguration = SyslogConfiguration(),
        events: Set<Event.Kind> = Set(Event.Kind.selectable)
    ) {
        self.name = name
        self.kind = kind
        self.endpoints = endpoints
        self.tls = tls
        self.confirm = confirm
        self.rewind = rewind
        self.datagramSize = datagramSize
        self.http = http
        self.syslog = syslog
        self.events = events
    }

    /// The kinds of messages that it gets: reminders come with changes of state.
    package var kinds: Set<Event.Kind> {
        events.subtracting([.reminder]).union(events.contains(.stateChange) ? [.reminder] : [])
    }

    /// `rewind`, where the output has confirmations to go back on.
    package var effectiveRewind: Duration {
        switch confirmation {
        case .read, .answered: rewind
        case .acknowledged, .sent: .zero
        }
    }

    /// What is known of a message when it counts as delivered.
    package var confirmation: Confirmation {
        switch kind {
        case .gelfTCP, .syslogTCP: confirm == nil ? .acknowledged : .read
        case .gelfHTTP: .answered
        case .gelfUDP, .syslogUDP: .sent
        }
    }
}

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

/// What an output's syslog messages say of their sender, and how they are written.
package struct SyslogConfiguration: Equatable, Sendable {
    package var format: SyslogFormat
    package var facility: SyslogFacility
    /// APP-NAME, and the tag of the old form; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.appNameLength` characters.
    package var appName: String

    /// What the file gives when it says nothing; `local7` is what the script's rsyslog used.
    package init(
        format: SyslogFormat = .rfc5424, facility: SyslogFacility = .local7, appName: String = "hsmwatch"
    ) {
        self.format = format
        self.facility = facility
        self.appName = appName
    }
}

/// What follows the closing `>` of a request; raw values are the words of the configuration.
package enum LineEnding: String, CaseIterable, Sendable {
    case lf
    case crlf
    case none
}

/// How an output speaks TLS; all nil trusts the system's authorities and presents no certificate.
package struct TLSConfiguration: Equatable, Sendable {
    /// File of the authorities trusted instead of the system's.
    package var ca: String?
    /// File of the certificate presented; only together with `key`.
    package var certificate: String?
    /// File of the certificate's private key.
    package var key: String?
    /// File whose first line is the key's password; nil when the key has none.
    package var keyPassword: String?
    /// Name the peer's certificate must carry; nil takes the endpoint's host.
    package var serverName: String?

    package init(
        ca: String? = nil, certificate: String? = nil, key: String? = nil, keyPassword: String? = nil,
        serverName: String? = nil
    ) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
        self.keyPassword = keyPassword
        self.serverName = serverName
    }
}

/// How an output posts GELF over HTTP.
package struct HTTPConfiguration: Equatable, Sendable {
    /// A header that Graylog's input, or a proxy before it, wants to see.
    package struct Authorization: Equatable, Sendable {
        /// `authorization_header_name` of Graylog's input.
        package var header: String
        /// File whose first line is the header's whole value.
        package var file: String

        package static let defaultHeader = "Authorization"

        package init(header: String = Authorization.defaultHeader, file: String) {
            self.header = header
            self.file = file
        }
    }

    /// Graylog takes exactly `/gelf`; a proxy may want another.
    package var path: String
    /// Many messages a request, for an input with `enable_bulk_receiving`.
    package var isBulk: Bool
    package var authorization: Authorization?
    /// An HTTP proxy that all requests go through.
    package var proxy: HostPort?

    package static let defaultPath = "/gelf"

    package init(
        path: String = HTTPConfiguration.defaultPath, isBulk: Bool = false, authorization: Authorization? = nil,
        proxy: HostPort? = nil
    ) {
        self.path = path
        self.isBulk = isBulk
        self.authorization = authorization
        self.proxy = proxy
    }
}

/// Text that becomes part of an HTTP request.
package enum HTTPText {
    /// Headers that the request itself needs.
    private static let ownHeaders: Set<String> = [
        "connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "te",
        "trailer", "transfer-encoding", "upgrade",
    ]

    /// `text` itself, if it is a path that needs no escapes and has no query, which Graylog would refuse.
    package static func checkPath(_ text: String) throws(InvalidText) -> String {
        let limit = ConfigurationLimits.httpPathLength
        guard text.utf8.count <= limit else {
            throw InvalidText("has \(text.utf8.count) characters; allowed: 1 … \(limit)")
        }
        guard text.hasPrefix("/"), text.utf8.allSatisfy(isInPath) else {
            throw InvalidText(
                "\(text.quoted) is not a path; allowed: / and then any of the characters "
                    + "A-Z a-z 0-9 / . _ ~ ! $ & ' ( ) * + , ; = : @ % -")
        }
        return text
    }

    /// `text` itself, if it may be the name of a header that is added (RFC 9110 section 5.6.2).
    static func checkHeaderName(_ text: String) throws(InvalidText) -> String {
        let lengths = 1...ConfigurationLimits.nameLength
        guard lengths.contains(text.utf8.count), text.utf8.allSatisfy(isInToken) else {
            throw InvalidText(
                "\(text.quoted) is not the name of a header; allowed: 1 … \(lengths.upperBound) of the characters "
                    + "A-Z a-z 0-9 ! # $ % & ' * + - . ^ _ ` | ~")
        }
        guard !ownHeaders.contains(text.lowercased()) else {
            throw InvalidText("\(text.quoted) is a header that every request has; allowed: another name")
        }
        return text
    }

    /// Whether the value of a header may have this byte (RFC 9110 section 5.5; those over 0x7F mean nothing anywhere).
    static func isInHeaderValue(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) || byte == UInt8(ascii: "\t")
    }

    private static func isInPath(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "/._~!$&'()*+,;=:@%-".utf8.contains(byte)
    }

    private static func isInToken(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "A"..."Z", "a"..."z", "0"..."9": true
        default: false
        }
    }
}

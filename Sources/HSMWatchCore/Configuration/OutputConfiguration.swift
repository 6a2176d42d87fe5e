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
    /// How long a message may wait until its confirmation over TCP begins; nil for `off`: what the peer's kernel has counts
    /// as arrived.
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

    /// `rewind` as far as there are confirmations to go back on.
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

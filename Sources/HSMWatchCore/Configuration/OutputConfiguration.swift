// SPDX-License-Identifier: Apache-2.0

/// One destination of all messages.
package struct OutputConfiguration: Equatable, Sendable {
    /// Unique; `[A-Za-z0-9._-]`, at most `ConfigurationLimits.nameLength` characters.
    package var name: String
    package var kind: OutputKind
    /// Tried in order; at least one.
    package var endpoints: [HostPort]
    /// Nil sends in plain text.
    package var tls: TLSConfiguration?
    /// Distance between two confirmations of delivery; nil for `off`: what the peer's kernel has counts as arrived.
    package var confirm: Duration?
    /// The kinds of messages that it gets.
    package var events: Set<Event.Kind>

    /// Distance between two confirmations when the file gives none.
    package static let defaultConfirm = Duration.seconds(10)

    /// The word for no confirmation.
    package static let confirmOff = "off"

    package init(
        name: String,
        kind: OutputKind = .gelfTCP,
        endpoints: [HostPort],
        tls: TLSConfiguration? = nil,
        confirm: Duration? = OutputConfiguration.defaultConfirm,
        events: Set<Event.Kind> = Set(Event.Kind.allCases)
    ) {
        self.name = name
        self.kind = kind
        self.endpoints = endpoints
        self.tls = tls
        self.confirm = confirm
        self.events = events
    }
}

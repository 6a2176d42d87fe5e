// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What Graylog needs to show what hsmwatch sends and to deliver its alerts: inputs, a stream, alerts with their
/// notifications, and a dashboard, in the format of Graylog's content packs.
///
/// It has no parameters, so that a Graylog that loads content packs by itself (`content_packs_auto_install`) can. No
/// key is younger than Graylog 5.2: an older server rejects what it does not know. It has nothing of a single HSM: only
/// sources, outputs and options change it.
package struct ContentPack: Sendable {
    /// The same for every configuration: a pack replaces the one before.
    package static let id = PackIdentity.uuid(of: "content pack")
    /// The one stream, among the entities.
    package static let streamID = MessageStream.id
    /// What Graylog takes as a revision.
    package static let revisions = 1...Int(Int32.max)
    /// What stands before the fingerprint in the pack's description.
    package static let fingerprintLabel = "Fingerprint: "

    /// Tells whether two packs make the same of Graylog: 16 hexadecimal digits over the entities.
    package let fingerprint: String
    /// What an administrator should know of this pack, a sentence each.
    package let notes: [String]

    private let entities: JSONTree

    /// - Parameter configurations: of all instances that send to this Graylog; at least one.
    package init(_ configurations: [Configuration], _ options: ContentPackOptions) {
        let scope = PackScope(configurations)
        let (inputs, conflicts) = WantedInput.each(of: options.hasInput ? configurations : [], options.tls)
        let alerts = AlertDefinitions(scope: scope, runbook: options.runbook).all
        let notifications = AlertNotification.all(options)
        let ids = notifications.map(\.id)
        let definitions = alerts.map { $0.entity(stream: MessageStream.id, notifications: ids) }

        let all = [
            inputs.map(\.entity), [MessageStream.entity], notifications, definitions,
            [Dashboard(presence: scope.presence).entity],
        ].flatMap(\.self)
        entities = .array(all.map(\.tree))
        // Of the brackets themselves: the escaping of `<` and `>` is no other pack.
        fingerprint = PackIdentity.fingerprint(of: CommandFrame.unescaping(entities.text))
        notes =
            ContentPackNotes(
                configurations: configurations, options: options, inputs: inputs, conflicts: conflicts, scope: scope
            ).all
    }

    /// The pack as a file for Graylog, as this revision, one of `revisions`. A Graylog that has a revision takes no
    /// other content for it.
    package func json(revision: Int) -> [UInt8] {
        let pack: JSONTree = [
            "v": "1",
            "id": .string(Self.id),
            "rev": .integer(revision),
            "name": "hsmwatch",
            "summary": "Sockets of payment HSMs: stream, alerts and dashboard",
            "description": .string("Made by hsmwatch content-pack. \(Self.fingerprintLabel)\(fingerprint)"),
            "vendor": "hsmwatch",
            "url": "",
            "parameters": [],
            "entities": entities,
        ]
        return Array(pack.text.utf8)
    }
}

/// What a content pack needs to know that no configuration of hsmwatch says.
package struct ContentPackOptions: Equatable, Sendable {
    /// Mail addresses that get the alerts; none: no mail.
    package let recipients: [String]
    /// Where alerts are posted as JSON; Graylog's URL allowlist must have it. nil: nowhere.
    package let webhook: String?
    /// Where the runbook of the alerts stands: a URL or a path; nil: where the configuration says, or
    /// `installedRunbook`.
    package let runbook: String?
    /// Whether the pack has an input; not when Graylog has one already.
    package let hasInput: Bool
    /// Files on the Graylog server for a TLS input.
    package let tls: InputTLS

    /// The files of a TLS input, on the Graylog server.
    package struct InputTLS: Hashable, Sendable {
        package let certificate: String
        package let key: String
        /// The authorities, one of which must have signed the certificate that hsmwatch presents.
        package let clientAuthorities: String

        package static let standard = InputTLS(
            certificate: "/etc/graylog/server/hsmwatch.crt", key: "/etc/graylog/server/hsmwatch.key",
            clientAuthorities: "/etc/graylog/server/hsmwatch-ca.crt")

        package init(certificate: String, key: String, clientAuthorities: String) {
            self.certificate = certificate
            self.key = key
            self.clientAuthorities = clientAuthorities
        }
    }

    /// A placeholder (RFC 2606) that reaches no mailbox.
    package static let exampleRecipient = "soc@example.org"
    /// Where a package of hsmwatch has it.
    package static let installedRunbook = "/usr/share/doc/hsmwatch/docs/runbook.md"

    /// The addresses of mail at the most.
    package static let mostRecipients = 50
    /// Characters of any of the texts.
    package static let longestText = 1024

    /// Throws what is wrong with a text, and what is allowed.
    package init(
        recipients: [String] = [ContentPackOptions.exampleRecipient],
        webhook: String? = nil,
        runbook: String? = nil,
        hasInput: Bool = true,
        tls: InputTLS = .standard
    ) throws(InvalidText) {
        guard recipients.count <= Self.mostRecipients else {
            throw InvalidText("\(recipients.count) addresses; allowed: at most \(Self.mostRecipients)")
        }
        for recipient in recipients {
            let parts = recipient.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }), Self.isPlain(recipient) else {
                throw InvalidText("\(recipient.quoted) is not an address; allowed: name@host")
            }
        }
        if let webhook {
            guard webhook.hasPrefix("https://") || webhook.hasPrefix("http://"), Self.isPlain(webhook) else {
                // What may be a secret is not shown.
                let shown = webhook.utf8.contains(UInt8(ascii: "@")) ? "the webhook" : webhook.quoted
                throw InvalidText("\(shown) is not a URL; allowed: https://… or http://…")
            }
        }
        for text in [runbook ?? Self.installedRunbook, tls.certificate, tls.key, tls.clientAuthorities] {
            guard Self.isPlain(text) else {
                throw InvalidText(
                    "\(text.quoted) is not a place; allowed: 1 … \(Self.longestText) visible characters without spaces")
            }
        }
        self.recipients = recipients
        self.webhook = webhook
        self.runbook = runbook
        self.hasInput = hasInput
        self.tls = tls
    }

    /// The host of the webhook. What stands before and after it may be a secret.
    package var webhookHost: String? {
        guard let webhook else { return nil }
        let authority = webhook.split(separator: "//").dropFirst().first?.prefix { !"/?#".contains($0) } ?? ""
        return authority.split(separator: "@").last.map(String.init) ?? ""
    }

    private static func isPlain(_ text: String) -> Bool {
        let scalars = text.unicodeScalars
        return (1...longestText).contains(scalars.count) && scalars.allSatisfy { (0x21...0x7E).contains($0.value) }
    }
}

/// What a Graylog hears of each hsmwatch that sends to it, by the outputs of their configurations.
///
/// It has nothing of a single HSM or threshold: a pack stays the same when those change.
struct PackScope: Hashable, Sendable {
    /// One hsmwatch.
    struct Instance: Hashable, Sendable {
        /// The `source` of its configuration; nil when the configuration gives none.
        let source: String?
        let heartbeat: Duration
        /// The kinds of messages that Graylog gets of it, with their fields.
        let kinds: Set<Event.Kind>
        /// The `runbook` of its configuration; nil when the configuration gives none.
        let runbook: String?

        var isHeard: Bool { kinds.contains(.heartbeat) }
    }

    /// Heartbeats that must be missing before an hsmwatch counts as silent.
    private static let missedHeartbeats = 3
    /// The shortest silence that counts: an output needs time to reconnect and to send what waits.
    private static let shortestSilence = Duration.seconds(180)

    /// Each `source` once, with what is heard of any instance of that name.
    let instances: [Instance]

    init(_ configurations: [Configuration]) {
        let each = configurations.map {
            Instance(source: $0.source, heartbeat: $0.heartbeat, kinds: Self.kinds(of: $0), runbook: $0.runbook)
        }
        var sources: [String?] = []
        for source in each.map(\.source) where !sources.contains(source) { sources.append(source) }
        instances = sources.map { source in Self.merged(each.filter { $0.source == source }, source) }
    }

    /// The kinds of messages that any instance sends.
    var kinds: Set<Event.Kind> {
        instances.reduce(into: []) { $0.formUnion($1.kinds) }
    }

    /// The time within which every instance that lives has sent a heartbeat.
    var presence: Duration {
        instances.map(Self.silence).max() ?? Self.shortestSilence
    }

    /// The time without a heartbeat after which an instance is silent.
    static func silence(of instance: Instance) -> Duration {
        max(shortestSilence, instance.heartbeat * missedHeartbeats)
    }

    /// Of two instances with one name, the slower one that is heard decides how long a silence is.
    private static func merged(_ same: [Instance], _ source: String?) -> Instance {
        let heard = same.filter(\.isHeard)
        return Instance(
            source: source, heartbeat: (heard.isEmpty ? same : heard).map(\.heartbeat).max() ?? .zero,
            kinds: same.reduce(into: []) { $0.formUnion($1.kinds) }, runbook: same.lazy.compactMap(\.runbook).first)
    }

    /// The script's old line has no fields, so Graylog puts it into no stream of hsmwatch.
    private static func kinds(of configuration: Configuration) -> Set<Event.Kind> {
        configuration.outputs.filter(\.hasFields).reduce(into: []) { $0.formUnion($1.kinds) }
    }
}

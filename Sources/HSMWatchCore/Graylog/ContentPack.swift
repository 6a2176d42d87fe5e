// SPDX-License-Identifier: Apache-2.0

/// What Graylog needs to show and alert what hsmwatch sends: an input, a stream, alerts with their notifications, and a
/// dashboard, in the format of Graylog's content packs.
///
/// It has no parameters, so that a Graylog that loads content packs by itself (`content_packs_auto_install`) can. No key
/// is younger than Graylog 5.2: an older server refuses what it does not know.
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
    /// The input that the pack makes; nil when it makes none.
    package let inputPort: UInt16?

    private let entities: JSONTree

    /// - Parameter configurations: of all instances that send to this Graylog; at least one.
    package init(_ configurations: [Configuration], _ options: ContentPackOptions) {
        let scope = PackScope(configurations)
        let input = options.hasInput ? configurations.flatMap(\.outputs).lazy.compactMap(GELFInput.init).first : nil
        let alerts = AlertDefinitions(scope: scope, runbook: options.runbook)
        let notifications =
            alerts.all.isEmpty ? [] : [AlertNotification.email(options), AlertNotification.webhook(options)]

        let all =
            (input.map { [$0.entity(options.tls)] } ?? []) + [MessageStream.entity] + notifications
            + alerts.all.map { $0.entity(stream: MessageStream.id, notifications: notifications.map(\.id)) }
            + [Dashboard(of: scope).entity]
        entities = .array(all.map(\.tree))
        // Of the brackets themselves: a pack that 0.1.0 has installed is the same.
        fingerprint = PackIdentity.fingerprint(of: CommandFrame.unescaping(entities.text))
        inputPort = input?.port
        notes =
            ContentPackNotes(
                configurations: configurations, options: options, input: input, alerts: alerts, scope: scope
            ).all
    }

    /// The pack as a file for Graylog, as this revision, one of `revisions`. A Graylog that has a revision takes no other content
    /// for it.
    package func json(revision: Int) -> [UInt8] {
        let pack: JSONTree = [
            "v": "1",
            "id": .string(Self.id),
            "rev": .integer(revision),
            "name": "hsmwatch",
            "summary": "Sockets of payment HSMs: input, stream, alerts and dashboard",
            "description": .string(
                "Made by hsmwatch content-pack for one configuration. \(Self.fingerprintLabel)\(fingerprint)"),
            "vendor": "hsmwatch",
            "url": "",
            "parameters": [],
            "entities": entities,
        ]
        return Array(pack.text.utf8)
    }
}

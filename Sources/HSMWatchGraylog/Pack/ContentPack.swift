// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What Graylog needs to show what hsmwatch sends and to deliver its alerts: inputs, a stream, alerts with their
/// notifications, and a dashboard, in the format of Graylog's content packs.
///
/// It has no parameters, so that a Graylog that loads content packs by itself (`content_packs_auto_install`) can. No key
/// is younger than Graylog 5.2: an older server rejects what it does not know. It has nothing of a single HSM: only
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

    /// The pack as a file for Graylog, as this revision, one of `revisions`. A Graylog that has a revision takes no other content
    /// for it.
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

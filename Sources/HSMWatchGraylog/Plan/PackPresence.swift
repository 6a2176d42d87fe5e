// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What a Graylog has of hsmwatch's content pack.
package struct PackPresence: Equatable, Sendable {
    /// A revision that was uploaded.
    package struct Revision: Equatable, Sendable {
        package let number: Int
        /// What `ContentPack.fingerprint` was; nil when its description has none.
        package let fingerprint: String?

        package init(number: Int, fingerprint: String?) {
            self.number = number
            self.fingerprint = fingerprint
        }

        /// - Parameter description: the pack's.
        package init(number: Int, description: String) {
            let parts = description.split(separator: ContentPack.fingerprintLabel, maxSplits: 1)
            let digits = parts.count == 2 ? String(parts[1].prefix { $0.isASCII && $0.isHexDigit }) : ""
            self.init(number: number, fingerprint: digits.isEmpty ? nil : digits)
        }
    }

    /// What Graylog has made of a revision.
    package struct Installation: Equatable, Sendable {
        package let id: GraylogID
        package let revision: Int
        package let entities: [Entity]
        package let stream: Stream?
        /// What Graylog is known not to have any more, where that was looked at.
        package var lost: [Entity]
        /// Alerts that were switched off by hand, besides those of silence, where that was looked at.
        package var off: [Entity]

        package init(
            id: GraylogID, revision: Int, entities: [Entity], stream: Stream?, lost: [Entity] = [],
            off: [Entity] = []
        ) {
            self.id = id
            self.revision = revision
            self.entities = entities
            self.stream = stream
            self.lost = lost
            self.off = off
        }

        /// Whether every part of it exists.
        var isWhole: Bool { stream != nil && lost.isEmpty }

        /// Whether its alerts get messages.
        var isWatching: Bool { stream?.isPaused == false }
    }

    /// One thing of an installation.
    package struct Entity: Equatable, Sendable {
        /// Characters of a kind at most.
        private static let longestKind = 64

        /// As Graylog names it: `input`, `stream`, `event_definition` …
        package let kind: String
        package let id: GraylogID
        package let title: String

        package init(kind: String, id: GraylogID, title: String) {
            self.kind = Reply.printable(kind.utf8, limit: Self.longestKind)
            self.id = id
            self.title = title
        }
    }

    /// The pack's stream, if it exists.
    package struct Stream: Equatable, Sendable {
        package let id: GraylogID
        package let isPaused: Bool
        /// nil when Graylog does not say it.
        package let storage: StreamStorage?

        package init(id: GraylogID, isPaused: Bool, storage: StreamStorage? = nil) {
            self.id = id
            self.isPaused = isPaused
            self.storage = storage
        }
    }

    /// Where the messages of a stream are stored, which an administrator chooses.
    package struct StreamStorage: Equatable, Sendable {
        package let indexSet: GraylogID
        /// Whether they are not stored in the default stream's index set as well.
        package let leavesDefaultStream: Bool

        package init(indexSet: GraylogID, leavesDefaultStream: Bool) {
            self.indexSet = indexSet
            self.leavesDefaultStream = leavesDefaultStream
        }
    }

    /// An input of Graylog, the pack's or another.
    package struct Input: Equatable, Sendable {
        package let id: GraylogID
        package let title: String
        /// The class that implements it.
        package let type: String
        /// nil when it does not listen.
        package let port: Int?
        /// Its settings, by Graylog's names for them.
        package let attributes: [JSONTree.Member]
        /// The node that alone has it; nil when all have it.
        package let node: String?

        package init(
            id: GraylogID, title: String, type: String, port: Int?, attributes: [JSONTree.Member] = [],
            node: String? = nil
        ) {
            self.id = id
            self.title = title
            self.type = type
            self.port = port
            self.attributes = attributes
            self.node = node
        }

        /// Whether it takes a TCP port.
        var isStream: Bool { !type.lowercased().contains("udp") }

        /// A setting; nil when Graylog does not show it.
        func attribute(_ name: String) -> JSONTree? {
            attributes.first { $0.name == name }?.value
        }
    }

    package var version: GraylogRelease
    /// In the order of their numbers.
    package var revisions: [Revision]
    /// The oldest first; usually there is one at most.
    package var installations: [Installation]
    /// Those that the token's user may see; nil where a proxy lets no one look.
    package var inputs: [Input]?

    package init(
        version: GraylogRelease, revisions: [Revision], installations: [Installation], inputs: [Input]?
    ) {
        self.version = version
        self.revisions = revisions.sorted { $0.number < $1.number }
        self.installations = installations
        self.inputs = inputs
    }

    /// The inputs that packs have made, except one installation's.
    package func inputsOfPacks(besides kept: Installation?) -> Set<GraylogID> {
        Set(
            installations.filter { $0.id != kept?.id }.flatMap(\.entities).filter { $0.kind == "input" }.map(\.id))
    }
}

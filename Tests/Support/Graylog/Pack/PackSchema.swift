// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// The keys that an object of a content pack may have: those of one of Graylog's classes, by version.
struct PackSchema: Sendable {
    /// One key, and what its value must be.
    struct Key: Sendable {
        let name: String
        let kind: PackKind
        let isRequired: Bool
        /// The first version that knows it.
        let since: GraylogVersion

        /// A key that must be there, and not `null`.
        static func required(_ name: String, _ kind: PackKind, since: GraylogVersion = .oldest) -> Key {
            Key(name: name, kind: kind, isRequired: true, since: since)
        }

        /// A key that has a default.
        static func optional(_ name: String, _ kind: PackKind, since: GraylogVersion = .oldest) -> Key {
            Key(name: name, kind: kind, isRequired: false, since: since)
        }
    }

    let keys: [Key]
    /// The first version that has the class.
    let since: GraylogVersion

    init(_ keys: Key..., since: GraylogVersion = .oldest) {
        self.init(keys: keys, since: since)
    }

    private init(keys: [Key], since: GraylogVersion) {
        self.keys = keys
        self.since = since
    }

    /// The same class with more keys.
    func with(_ more: Key...) -> PackSchema {
        PackSchema(keys: keys + more, since: since)
    }
}

extension GraylogVersion {
    /// Before all versions.
    static let oldest = GraylogVersion(0, 0)
    static let v60 = GraylogVersion(6, 0)
    static let v61 = GraylogVersion(6, 1)
    static let v62 = GraylogVersion(6, 2)
    static let v70 = GraylogVersion(7, 0)
    static let v71 = GraylogVersion(7, 1)
    static let v72 = GraylogVersion(7, 2)
}

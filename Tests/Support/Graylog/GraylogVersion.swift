// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A version of Graylog, and what differs between versions for whoever installs a content pack.
///
/// Source: `graylog2-server` at the tags named. Rules were read at those tags; a version between two of them has the
/// rules of the earlier one, unless the place where a rule changed is known.
package struct GraylogVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    /// The versions at which something changes for a content pack, with those that are current; 7.2 is not released.
    package static let examined = [
        GraylogVersion(5, 2), GraylogVersion(6, 0), GraylogVersion(6, 1), GraylogVersion(6, 2), GraylogVersion(6, 3),
        GraylogVersion(7, 0), GraylogVersion(7, 0, 12), GraylogVersion(7, 1, 7), GraylogVersion(7, 2),
    ]

    package var description: String { "\(major).\(minor).\(patch)" }

    /// Whether an installation is asked for as `{"entity": …, "share_request": …}`, not as what is in `entity` alone.
    package var wrapsInstallations: Bool { self >= GraylogVersion(7, 0) }

    /// Whether a content pack's stream is created paused.
    package var pausesNewStreams: Bool { self >= GraylogVersion(7, 0) }

    /// Whether the id of a pack's stream must be an ObjectId (issue 24154).
    package var needsObjectIDs: Bool { self == GraylogVersion(7, 0) }

    /// Whether an installer needs the permission to create each kind of entity in the pack.
    package var checksCreatePermissions: Bool { self >= GraylogVersion(6, 3) }

    /// Whether JSON that cannot be mapped is refused with a `RequestError`, not an `ApiError`.
    package var namesPlaceOfBadJSON: Bool { self >= GraylogVersion(6, 1) }

    /// Whether an unknown path below `/api` is refused, and not answered with the web interface's page.
    package var refusesUnknownPaths: Bool { self >= GraylogVersion(7, 1) }

    /// Whether the answer to an uninstallation holds every removed entity, which Graylog cannot write down for an input: the
    /// answer breaks off there. Seen on 6.1.4; until 6.2 by source.
    package var writesUninstalledEntities: Bool { self >= GraylogVersion(6, 0) && self < GraylogVersion(6, 3) }

    /// Whether the answer to an uninstallation holds the permissions that went with each entity. Seen on 6.3.15 and 7.1.7.
    package var writesUninstalledGrants: Bool { self >= GraylogVersion(6, 3) }

    /// The last part of the allowlist's path. Seen on 6.1.4 and 6.3.15 (`urlwhitelist`), and on 7.1.7.
    package var allowlistName: String { self >= GraylogVersion(7, 0) ? "urlallowlist" : "urlwhitelist" }

    /// Whether the password of an input's key is shown as an object. Seen on 6.3.15, not on 6.1.4.
    package var masksKeyPasswords: Bool { self >= GraylogVersion(6, 3) && self < GraylogVersion(7, 0) }

    /// Whether streams and states of inputs have the members that came with 7. Seen on 7.1.7.
    package var hasMembersOfSeven: Bool { self >= GraylogVersion(7, 0) }

    /// Whether a changed field type is told in the answer, which else has no body.
    package var answersWithFieldTypes: Bool { self >= GraylogVersion(6, 0) }

    package static func < (one: GraylogVersion, other: GraylogVersion) -> Bool {
        (one.major, one.minor, one.patch) < (other.major, other.minor, other.patch)
    }
}

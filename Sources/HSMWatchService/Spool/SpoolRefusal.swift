// SPDX-License-Identifier: Apache-2.0

/// Why hsmwatch does not start with a spool. Nothing is polled then.
///
/// While the service runs, the same answers mean that the disk cannot be used now: it goes on in memory and tries again.
package enum SpoolRefusal: Error, Equatable, CustomStringConvertible {
    /// Another hsmwatch uses the database at this path. It is a state for as long as that one runs.
    case inUse(path: String)
    /// The directory or a file in it is absent, or this user may not use it.
    case cannotOpen(directory: String, reason: String)
    /// A newer hsmwatch wrote the database at this path. It stays unchanged.
    case newer(path: String, version: Int)

    package var description: String {
        switch self {
        case .inUse(let path): "another hsmwatch uses \(path)"
        case .cannotOpen(let directory, let reason): "cannot open the spool in \(directory): \(reason)"
        case .newer(let path, let version):
            "a newer hsmwatch wrote the spool \(path)"
                + " (version \(version); this one knows versions up to \(SpoolSchema.version))"
        }
    }

    /// What to do about it.
    package var nextStep: String {
        switch self {
        case .inUse:
            "not started, since both would take sockets of the HSMs; stop the other,"
                + " or give each its own $STATE_DIRECTORY"
        case .cannotOpen:
            "nothing was polled; start hsmwatch with systemctl, or set STATE_DIRECTORY to a directory that this user"
                + " may write"
        case .newer:
            "not started, and the spool is unchanged; install the newer hsmwatch again, or move the spool away"
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore

/// The path of a file with a key or a certificate, which systemd may keep for the service (`LoadCredential=`).
package enum CredentialPath {
    /// Bytes of a file with a secret; Graylog takes 8192 of all headers.
    static let secretLimit = 4096
    /// What the group and all others may do with a file.
    private static let othersAccess: mode_t = 0o077
    /// What stands at the start of a path for the directory that systemd makes for each run of a service.
    private static let placeholder = "$CREDENTIALS_DIRECTORY/"

    /// The path as the file system knows it.
    ///
    /// - Throws: when it is in a directory that nobody has named.
    static func resolve(_ path: String) throws(InvalidText) -> String {
        guard path.hasPrefix(placeholder) else { return path }
        guard let directory = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"] else {
            throw InvalidText("$CREDENTIALS_DIRECTORY is not set; systemd sets it for a service with LoadCredential=")
        }
        return directory + "/" + path.dropFirst(placeholder.count)
    }

    /// The first line of a file that holds a secret.
    ///
    /// - Throws: in words that follow the file's path.
    package static func secret(in path: String) throws(InvalidText) -> SecretLine {
        SecretLine(ofFile: try read(path, limit: secretLimit))
    }

    /// A whole file.
    ///
    /// - Throws: in words that follow the file's path.
    static func read(_ path: String, limit: Int) throws(InvalidText) -> [UInt8] {
        do {
            return try RegularFile.read(try resolve(path), limit: limit)
        } catch {
            throw InvalidText("cannot be read: \(error)")
        }
    }

    /// Who else can read a file that must be secret, and how to end that; nil when nobody can. What systemd keeps for the
    /// service nobody else can.
    package static func exposure(_ path: String) -> String? {
        guard !path.hasPrefix(placeholder), let mode = RegularFile.mode(path), mode & othersAccess != 0 else {
            return nil
        }
        let digits = String(mode, radix: 8)
        return "can be read or changed by others than its owner (mode \(digits)); "
            + "allowed: its owner alone: chmod 600 \(path.shellQuoted)"
    }

    /// Why this process cannot read the file; nil when it can.
    static func unreadability(_ path: String) -> String? {
        do {
            return RegularFile.unreadability(try resolve(path))
        } catch {
            return error.description
        }
    }
}

extension FileInspection {
    /// Looks at the files as they are.
    static let real = FileInspection(
        unreadability: CredentialPath.unreadability, exposure: CredentialPath.exposure,
        tlsProblems: { TLSFiles($0).read().problems }, headerProblem: AuthorizationFile.problem)
}

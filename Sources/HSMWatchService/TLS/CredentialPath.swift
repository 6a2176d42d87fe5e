// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore

/// The path of a file with a key or a certificate, which systemd may keep for the service (`LoadCredential=`).
enum CredentialPath {
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

    /// Why this process cannot read the file; nil when it can.
    static func unreadability(_ path: String) -> String? {
        do {
            return RegularFile.unreadability(try resolve(path))
        } catch {
            return error.description
        }
    }
}

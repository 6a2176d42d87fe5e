// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore

/// Why there is no snapshot, and what to do about it.
package struct StatusUnavailable: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    /// What a failed connection means.
    init(_ error: any Error, path: String) {
        switch (error as? IOError)?.errnoCode {
        case ENOENT, ECONNREFUSED, ENOTDIR:
            self.init(
                "hsmwatch is not running: nobody listens on \(path);"
                    + " start it with 'systemctl start hsmwatch', or name its socket with --socket")
        case EACCES, EPERM:
            let group = Self.group(of: path).map { ", or as a member of the group '\($0)'" } ?? ""
            self.init("\(path): permission denied: ask with sudo\(group)")
        case EAGAIN:
            self.init("\(path): hsmwatch is busy with others who ask; try again")
        case let code?:
            self.init("\(path): \(ConnectFailure.words(code))")
        case nil:
            let isTooLong = (try? SocketAddress(unixDomainSocketPath: path)) == nil
            self.init("\(path): \(isTooLong ? "the path is longer than a socket's may be" : "\(error)")")
        }
    }

    /// The group that may ask; nil when the file cannot be looked at.
    private static func group(of path: String) -> String? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.groupOwnerAccountName] as? String
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// A file system of a few MiB in memory, which is soon full.
final class TinyDisk: Sendable {
    /// Where it is mounted.
    let path: String
    private let options: String

    /// Whether this process may mount anything. Where nothing may be skipped, the tests shall fail without it.
    static let isPossible =
        (try? TinyDisk()) != nil || ProcessInfo.processInfo.environment["CI"] == "true"

    init(megabytes: Int = 1) throws {
        options = "size=\(megabytes)m"
        path = NSTemporaryDirectory() + "hsmwatch-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("tmpfs", path, "tmpfs", 0, options) == 0 else {
            defer { try? FileManager.default.removeItem(atPath: path) }
            throw CocoaError(.fileWriteNoPermission)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Lets it be written, or not; nothing on it may be open for writing.
    func set(readOnly: Bool) throws {
        let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
        guard mount("tmpfs", path, "tmpfs", flags, options) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    /// Takes all the space that is left; removed, it is there again.
    func fill() throws -> URL {
        let ballast = URL(filePath: path + "/ballast")
        try Data().write(to: ballast)
        let file = try FileHandle(forWritingTo: ballast)
        defer { try? file.close() }
        while (try? file.write(contentsOf: Data(count: 4096))) != nil {}
        return ballast
    }
}

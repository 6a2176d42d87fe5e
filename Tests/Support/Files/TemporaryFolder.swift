// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A folder of a test's own, gone with it.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "hsmwatch-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The names of what lies in it.
    package var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

extension [UInt8] {
    /// Overwrites a file, or makes it.
    package func write(to path: String) throws {
        try Data(self).write(to: URL(filePath: path))
    }
}

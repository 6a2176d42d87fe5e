// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What may happen to a file, whether somebody has it open or not.
enum FileDamage: CaseIterable, Sendable {
    case overwritten, truncated

    /// Does it in place. Answers what is left.
    @discardableResult
    func happen(to url: URL) throws -> Data {
        let file = try FileHandle(forUpdating: url)
        defer { try? file.close() }
        let size = try file.seekToEnd()
        switch self {
        case .overwritten:
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data(repeating: 0x2A, count: Int(size)))
        case .truncated:
            try file.truncate(atOffset: size / 2 + 100)
        }
        return try Data(contentsOf: url)
    }
}

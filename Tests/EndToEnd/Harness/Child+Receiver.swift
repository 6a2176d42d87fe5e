// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import Testing

extension Child {
    /// Where `hsmwatch receive` says that its inputs listen, in their order.
    func inputAddresses(_ count: Int = 1) async throws -> [ListenAddress] {
        let record = try await said { $0.errors.count { $0 == "\n" } >= count }
        return try record.errors.split(separator: "\n").prefix(count).map { line in
            let words = line.split(separator: " ")
            try #require(words.count >= 3 && words[0] == "listening" && words[1] == "on", "\(line)")
            return try #require(ListenAddress(String(words[2])))
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Ranges of versions")
struct VersionRangeTests {
    @Test(
        "reads npm's notation",
        arguments: [
            (">=5.2.0", [false, true, true, true]), (">5.2.0", [false, false, true, true]),
            ("<6.1", [true, true, false, false]), ("<=6.1.0", [true, true, true, false]),
            (">=5.2.0 <7.0.0", [false, true, true, false]), ("^6.0.0", [false, false, true, false]),
            ("~6.1.0", [false, false, true, false]), ("6.x", [false, false, true, false]),
            ("6.1.0", [false, false, true, false]), ("=7.0.12", [false, false, false, true]),
            ("5.x || 7.x", [true, true, false, true]), ("*", [true, true, true, true]),
        ])
    func contains(text: String, holds: [Bool]) {
        let versions = [GraylogVersion(5, 1, 9), GraylogVersion(5, 2), GraylogVersion(6, 1), GraylogVersion(7, 0, 12)]
        #expect(versions.map { VersionRange(text)?.contains($0) } == holds)
    }

    @Test("reads nothing else", arguments: ["", " ", "new", ">=", ">=a", "5.2.0.1", "5.-2", "!5.2.0", "5.2.0 - 6.0.0"])
    func refuses(text: String) {
        #expect(VersionRange(text) == nil)
    }
}

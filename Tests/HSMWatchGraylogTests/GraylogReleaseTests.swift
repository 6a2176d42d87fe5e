// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("The version of a Graylog")
struct GraylogReleaseTests {
    @Test(
        "is read, whatever follows its numbers",
        arguments: [
            ("5.2.0", "5.2.0"), ("6.3.0-rc.1", "6.3.0"), ("7.2.0-SNAPSHOT+1a2b3c4", "7.2.0"),
            ("5.2.12+c1a2b3", "5.2.12"),
            ("7.1", "7.1.0"),
        ])
    func valid(text: String, version: String) {
        #expect(GraylogRelease(parsing: text)?.description == version)
    }

    @Test("is none of other texts", arguments: ["", "7", "7.x.0", "7..0", "a.b.c", "1.2.3.4", "-1.0", "7.1."])
    func invalid(text: String) {
        #expect(GraylogRelease(parsing: text) == nil)
    }

    @Test("is ordered by its numbers, and from 7.0 on what is made may be shared at once")
    func order() throws {
        let versions = try ["5.2.0", "6.3.15", "6.10.0", "7.0.0-alpha.1", "7.0.12", "7.1.0"].map {
            try #require(GraylogRelease(parsing: $0))
        }
        #expect(versions == versions.sorted())
        #expect(versions.map(\.isSharing) == [false, false, false, true, true, true])
    }
}

// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import HSMWatchCore
@testable import HSMWatchGraylog

@Suite("The ids of a content pack")
struct PackIdentityTests {
    @Test("are the same for ever: another would leave the old entity in Graylog beside the new one")
    func same() {
        #expect(ContentPack.id == "d6682ee7-2160-8749-8e88-92ede024a505")
        #expect(ContentPack.streamID == "146bff9923b3e2ba2bd7103f")
        #expect(PackIdentity.uuid(of: "dashboard") == "213f5bcb-b741-8707-9478-376dd8f5999f")
    }

    @Test("are UUIDs of version 8, and of a stream 24 hexadecimal digits", arguments: 0..<200)
    func form(number: Int) throws {
        let uuid = PackIdentity.uuid(of: "thing \(number)")
        _ = try #require(uuid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/))
        _ = try #require(PackIdentity.objectID(of: "thing \(number)").wholeMatch(of: /[0-9a-f]{24}/))
    }

    @Test("differ for 10,000 names")
    func distinct() {
        let names = (0..<10_000).map { "silence of HSM hsm-\($0)" }
        #expect(Set(names.map(PackIdentity.uuid)).count == names.count)
        #expect(Set(names.map(PackIdentity.objectID)).count == names.count)
    }
}

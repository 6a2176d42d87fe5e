// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("Names of extra fields")
struct ReservedFieldsTests {
    static let golden = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "HSMWatchCoreTests/Golden")

    /// The fields of our own messages, as the golden ones have them, without those configured there.
    static func sent() throws -> [String] {
        let files = try FileManager.default.contentsOfDirectory(at: golden, includingPropertiesForKeys: nil)
        let keys = try files.flatMap { file in
            try String(decoding: Data(contentsOf: file), as: UTF8.self).matches(of: /"_?([a-z_]+)":/).map {
                String($0.1)
            }
        }
        return Set(keys).subtracting(["site", "environment"]).sorted()
    }

    /// Those that 0.1.0 did not send: its configurations may have extra fields of these names.
    static let newer: Set = ["hsm", "hsms_overdue", "next_step"]

    @Test("a field that hsmwatch sends itself is refused", arguments: try sent().filter { !newer.contains($0) })
    func refusesSent(name: String) {
        expectReserved(name)
        expectReserved(name.replacing("_", with: "."))
    }

    @Test("a field that 0.1.0 took and hsmwatch sends now is left out with a warning", arguments: newer)
    func leavesOutNewer(name: String) throws {
        let name = name.replacing("_", with: ".")
        let yaml = "defaults: {fields: {\(name): x, site: khi}}\n" + ConfigurationFileTests.minimal
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(problems.map(\.severity) == [.warning])
        #expect(
            problems.map(\.message) == [
                "defaults.fields: field '\(name)' is not sent: hsmwatch itself sets it now; give it another name"
            ])
        #expect(try #require(configuration?.hsms.first).fields == [Field(name: "site", value: "khi")])
    }

    @Test(
        "a field that Graylog sets, skips or overwrites is refused",
        arguments: [
            "id", "host", "source", "message", "short_message", "full_message", "timestamp", "level", "facility",
            "file",
            "line", "version", "streams", "gl2_remote_ip", "gl2_", "gl2.source",
        ])
    func refusesGraylogs(name: String) {
        expectReserved(name)
    }

    @Test(
        "a field that becomes one of the index's own is refused by what it becomes",
        arguments: [
            (".id", "_id"), (".source", "_source"), (".index", "_index"), (".type", "_type"), (".routing", "_routing"),
            (".version", "_version"), (".seq.no", "_seq_no"), (".field_names", "_field_names"), (".size", "_size"),
        ])
    func refusesMetadata(name: String, indexed: String) {
        #expect(
            Self.problems(name) == [
                "defaults.fields: field '\(name)' is '\(indexed)' in Graylog, one that Graylog or hsmwatch itself sets; "
                    + "allowed: another name"
            ])
    }

    @Test(
        "any other is allowed",
        arguments: ["site", "Host", "sources", "id2", "gl3", "rack.row", "-", "9", "a", ".site", "..id", "id."])
    func allows(name: String) {
        #expect(Self.problems(name).isEmpty)
    }

    private func expectReserved(_ name: String) {
        #expect(
            Self.problems(name) == [
                "defaults.fields: field '\(name)' is one that Graylog or hsmwatch itself sets; allowed: another name"
            ])
    }

    private static func problems(_ name: String) -> [String] {
        let yaml = "defaults: {fields: {\"\(name)\": x}}\n" + ConfigurationFileTests.minimal
        return ConfigurationFile.read(yaml.utf8).problems.map(\.message)
    }
}

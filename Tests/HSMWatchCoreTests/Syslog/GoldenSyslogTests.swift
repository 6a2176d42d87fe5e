// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Testing

@Suite("Syslog messages, byte for byte")
struct GoldenSyslogTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    @Test("every kind is encoded as its golden file: RFC 5424, then the old form", arguments: Sample.all)
    func golden(_ sample: Sample) throws {
        let file = Self.folder.appending(path: "\(sample.testDescription).log")
        let expected = try String(contentsOf: file, encoding: .utf8)
        let lines = SyslogFormat.allCases.map { format in
            let encoder = SyslogEncoder(SyslogConfiguration(format: format)) { _ in
                LocalTime(offset: 18_000, zone: "PKT")
            }
            return String(
                decoding: encoder.encode(sample.message, spooledAt: Timestamp(milliseconds: 0)), as: UTF8.self) + "\n"
        }
        #expect(lines.joined() == expected)
    }

    @Test("every golden file has its sample")
    func everyFile() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.sorted() == Sample.all.map { "\($0.testDescription).log" }.sorted())
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

/// Every `BadConfigurations/NAME.yaml` has its exact messages in `NAME.expected`.
@Suite("Bad configurations")
struct BadConfigurationTests {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "BadConfigurations")

    static func files(_ fileExtension: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(fileExtension) }.map { String($0.dropLast(fileExtension.count)) }.sorted()
    }

    @Test("every file has its messages, and all messages have their file")
    func pairs() throws {
        let files = try Self.files(".yaml")
        #expect(files.count > 30)
        #expect(try files == Self.files(".expected"))
    }

    @Test("each is refused with all its problems, sorted by place", arguments: try files(".yaml"))
    func refuses(name: String) throws {
        let file = Self.folder.appending(path: name + ".yaml")
        let expected = try String(contentsOf: Self.folder.appending(path: name + ".expected"), encoding: .utf8)
        let (configuration, problems) = ConfigurationFile.load(file.path)
        #expect(configuration == nil)
        #expect(problems.map { $0.rendered(file: file.lastPathComponent) + "\n" }.joined() == expected)
    }
}

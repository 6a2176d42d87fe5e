// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("Messages, byte for byte")
struct GoldenMessageTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden")

    @Test("every kind is encoded as its golden file", arguments: Sample.all)
    func golden(_ sample: Sample) throws {
        let file = Self.folder.appending(path: "\(sample.testDescription).json")
        let expected = try String(contentsOf: file, encoding: .utf8)
        #expect(String(decoding: sample.message, as: UTF8.self) + "\n" == expected)
    }

    @Test("every golden file has its sample")
    func everyFile() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(files.sorted() == Sample.all.map { "\($0.testDescription).json" }.sorted())
    }

    @Test("Foundation reads the same fields", arguments: Sample.all)
    func foundation(_ sample: Sample) throws {
        let object = try JSONSerialization.jsonObject(with: Data(sample.message))
        let names = try #require(object as? [String: Any]).keys.sorted()
        #expect(try names == MessageFields(sample.message).names.sorted())
    }
}

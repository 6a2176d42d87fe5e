// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What `make fuzz` begins with, and what it has found: `Corpus` has a folder for each target.
@Suite("What fuzzing has found")
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

    private static func inputs(_ target: FuzzTarget) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
    }

    @Test("every input of the corpus keeps the invariants", arguments: FuzzTarget.allCases)
    func corpus(target: FuzzTarget) throws {
        let inputs = try Self.inputs(target)
        #expect(!inputs.isEmpty)
        for input in inputs {
            let bytes = try [UInt8](Data(contentsOf: input))
            #expect(throws: Never.self, "\(input.path)") { try target.check(bytes) }
        }
    }

    @Test("every folder of the corpus is of a target")
    func folders() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(names.sorted() == FuzzTarget.allCases.map(\.rawValue).sorted())
    }

    @Test("seeded bytes keep the invariants", arguments: FuzzTarget.allCases)
    func random(target: FuzzTarget) throws {
        var numbers = SeededNumbers(seed: 20_261_124)
        let inputs = try Self.inputs(target).map { try [UInt8](Data(contentsOf: $0)) }
        for _ in 0..<200 {
            var bytes = inputs.randomElement(using: &numbers) ?? []
            for _ in 0..<Int.random(in: 1...8, using: &numbers) where !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            #expect(throws: Never.self, "\(bytes)") { try target.check(bytes) }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("A configuration file that cannot be read")
struct UnreadableFileTests {
    static let needed = "; needed: a readable file of at most 16MiB, or another one with --config"

    @Test("does not exist")
    func missing() {
        expectProblem("/nonexistent/hsmwatch.yaml", "No such file or directory")
    }

    @Test("is a directory")
    func directory() {
        expectProblem("/", "it is a directory")
    }

    @Test("is a device", .timeLimit(.minutes(1)))
    func device() {
        expectProblem("/dev/zero", "it is not a regular file")
    }

    @Test("is a named pipe without a writer, which is not waited for", .timeLimit(.minutes(1)))
    func namedPipe() throws {
        try withFolder { folder in
            let path = folder.appending(path: "pipe").path
            try #require(mkfifo(path, 0o600) == 0)
            expectProblem(path, "it is not a regular file")
        }
    }

    @Test("is larger than 16 MiB")
    func tooLarge() throws {
        try withFolder { folder in
            let file = folder.appending(path: "large.yaml")
            let limit = 16 << 20
            try Data(repeating: UInt8(ascii: "#"), count: limit).write(to: file)
            #expect(
                ConfigurationFile.load(file.path).problems.map(\.message) == [
                    "the file is empty; needed: at least hsms and outputs"
                ])
            try Data(repeating: UInt8(ascii: "#"), count: limit + 1).write(to: file)
            expectProblem(file.path, "it is larger than 16MiB")
        }
    }

    private func expectProblem(_ path: String, _ reason: String) {
        let (configuration, problems) = ConfigurationFile.load(path)
        #expect(configuration == nil)
        #expect(
            problems.map { $0.rendered(file: path) } == [
                "\(path):1:1: error: the file cannot be read: \(reason)\(Self.needed)"
            ])
    }

    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hsmwatch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }
}

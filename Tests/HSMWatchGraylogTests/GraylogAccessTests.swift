// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import TestSupport
import Testing

@testable import HSMWatchGraylog

@Suite("What opens a Graylog")
struct GraylogAccessTests {
    private let folder: TemporaryFolder
    private let token: String

    init() throws {
        folder = try TemporaryFolder()
        token = folder.path + "/token"
    }

    private func problem(_ text: String, mode: Int = 0o600, url: String = "http://127.0.0.1:1/api", ca: String? = nil)
        throws -> String?
    {
        try Array(text.utf8).write(to: token)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: token)
        let url = try GraylogURL(parsing: url)
        do {
            _ = try GraylogAccess(url: url, tokenFile: token, ca: ca)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("is the first line of a file that nobody else can read")
    func valid() throws {
        #expect(try problem("abc123\n") == nil)
        #expect(try problem("abc123\r\nsomething else\n", mode: 0o400) == nil)
    }

    @Test("is refused while others can read the file", arguments: [0o644, 0o640, 0o604])
    func exposed(mode: Int) throws {
        let problem = try problem("abc123", mode: mode)
        #expect(problem?.hasSuffix("allowed: its owner alone: chmod 600 \(token)") == true)
    }

    @Test("is refused when it cannot be a token", arguments: ["", "\nabc", "a b", "abc ", "user:password", "tökën"])
    func invalid(text: String) throws {
        #expect(try problem(text)?.hasPrefix("the token in \(token) is none; allowed: ") == true)
    }

    @Test("needs its files")
    func missing() throws {
        let url = try GraylogURL(parsing: "https://127.0.0.1:1/api")
        let problem = #expect(throws: InvalidText.self) {
            try GraylogAccess(url: url, tokenFile: "/nonexistent", ca: nil)
        }
        #expect(problem?.description == "the token in /nonexistent cannot be read: No such file or directory")
        #expect(
            try self.problem("abc", url: "https://127.0.0.1:1/api", ca: "/nonexistent")
                == "ca /nonexistent cannot be read: No such file or directory")
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

extension EndToEnd {
    @Suite("hsmwatch demo", .timeLimit(.minutes(1)))
    struct DemoTests {
        @Test("shows readings and a change of state as plain lines, ends by itself and leaves nothing behind")
        func ends() async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: ["demo", "--duration", "5s"])
                #expect(record.ending == .exited(0))
                let kinds = record.lines.map { $0.split(separator: " ").dropFirst(2).first }
                #expect(kinds.count { $0 == "reading" } >= 10)
                #expect(kinds.contains("state_change"))
                #expect(kinds.last == "service")
                #expect(record.lines.contains { $0.contains(" is warning: ") && $0.contains("(was ok for ") })
                #expect(record.errors.hasSuffix("\ndemo: Graylog would have stored \(record.lines.count) messages\n"))
                #expect(!record.output.contains("DROPPED"))
                #expect(!record.output.contains("lost "))
                #expect(!(record.output + record.errors).contains("\u{1B}"))
                #expect(try FileManager.default.contentsOfDirectory(atPath: stage.folder.path()) == [])
            }
        }

        @Test("Ctrl-C ends it at once and leaves nothing behind", arguments: [SIGINT, SIGTERM])
        func interrupted(signal: Int32) async throws {
            try await Stage.play { stage in
                let demo = try stage.hsmwatch(["demo"])
                _ = try await demo.said { $0.output.contains(" reading ") }
                #expect(try await demo.ended(by: signal).ending == .exited(0))
                #expect(try FileManager.default.contentsOfDirectory(atPath: stage.folder.path()) == [])
            }
        }
    }
}

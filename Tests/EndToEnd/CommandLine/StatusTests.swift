// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch status", .timeLimit(.minutes(1)))
    struct StatusTests {
        /// Starts a service with a healthy and a dead HSM, and returns when both have been asked.
        private static func serve(_ stage: Stage) async throws -> Child {
            let graylog = try await stage.graylog()
            var configuration = ConfigurationText(
                to: graylog,
                hsms: [
                    ConfigurationText.entry("khi-1", try await stage.hsm(HSMBehaviour(total: 128, inUse: 7))),
                    ConfigurationText.entry("khi-2", try await stage.hsm(HSMBehaviour(fault: .refuse))),
                ])
            // So rarely that nothing is confirmed while it is asked.
            configuration.confirm = "1h"
            let service = try stage.service(configuration)
            var mail = Mail()
            try await mail.collect(from: graylog) { $0.isStateChange && $0.string("hsm_name") == "khi-2" }
            try await mail.collect(readings: 3, from: graylog)
            return service
        }

        /// The snapshot's HSMs.
        private static func hsms(_ stage: Stage) async throws -> [[String: Any]] {
            let record = try await stage.outcome(of: ["status", "--json", "--socket", stage.statusSocket()])
            let object = try JSONSerialization.jsonObject(with: Data(record.output.utf8)) as? [String: Any]
            return try #require(object?["hsms"] as? [[String: Any]])
        }

        @Test("--json is what the service knows: one object with HSMs, outputs and spool")
        func json() async throws {
            try await Stage.play { stage in
                let service = try await Self.serve(stage)
                let record = try await stage.outcome(of: ["status", "--json", "--socket", stage.statusSocket()])
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
                #expect(record.lines.count == 1)
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(record.output.utf8)) as? [String: Any])
                #expect(object["version"] as? Int == 1)
                #expect(object["hsmwatch"] as? String == "0.1.0")
                #expect(object["pid"] as? Int == Int(service.processIdentifier))
                #expect(object["configuration"] as? String == stage.folder.appending(path: "service.yaml").path())
                let states = try #require(object["states"] as? [String: Int])
                #expect(states == ["ok": 1, "warning": 0, "critical": 0, "unreachable": 1, "unknown": 0])
                let hsms = try #require(object["hsms"] as? [[String: Any]])
                #expect(hsms.map { $0["name"] as? String } == ["khi-1", "khi-2"])
                #expect(hsms[0]["available"] as? Int == 120)
                #expect(hsms[0]["total"] as? Int == 128)
                #expect((hsms[0]["readings"] as? [Int])?.allSatisfy { $0 == 120 } == true)
                #expect(hsms[0]["failure"] == nil)
                #expect(hsms[1]["failure"] as? String == "refused")
                #expect(hsms[1]["available"] == nil)
                #expect((hsms[1]["readings"] as? [Any])?.allSatisfy { $0 is NSNull } == true)
                let outputs = try #require(object["outputs"] as? [[String: Any]])
                #expect(outputs.map { $0["state"] as? String } == ["unconfirmed"])
                #expect((object["spool"] as? [String: Any])?["storage"] as? String == "disk")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("the table is plain text without a terminal, the worst HSM first")
        func table() async throws {
            try await Stage.play { stage in
                _ = try await Self.serve(stage)
                let record = try await stage.outcome(of: ["status", "--socket", stage.statusSocket()])
                #expect(record.ending == .exited(0))
                #expect(record.errors == "")
                #expect(record.lines.allSatisfy { !$0.contains("\u{1B}") })
                #expect(record.lines[1] == "2 HSMs: 1 ok, 1 unreachable")
                let first = record.lines.map { $0.prefix { $0 != " " } }
                #expect(first.dropFirst(3).prefix(5) == ["NAME", "khi-2", "khi-1", "OUTPUT", "graylog"])
            }
        }

        @Test("the socket is for the owner and the group, and gone with the service; then it ends with exit 69")
        func socket() async throws {
            try await Stage.play { stage in
                let service = try await Self.serve(stage)
                let attributes = try FileManager.default.attributesOfItem(atPath: stage.statusSocket())
                #expect(attributes[.posixPermissions] as? Int == 0o660)
                try await service.ended(by: SIGTERM)
                #expect(!FileManager.default.fileExists(atPath: stage.statusSocket()))
                for options in [[], ["--json"], ["--watch"]] {
                    let record = try await stage.outcome(of: ["status", "--socket", stage.statusSocket()] + options)
                    #expect(record.ending == .exited(69))
                    #expect(record.output == "")
                    let sentence = "hsmwatch is not running: nobody listens on \(stage.statusSocket());"
                    #expect(record.errors.hasPrefix(sentence))
                }
            }
        }

        @Test("a socket of a service that was killed is taken over by the next")
        func killed() async throws {
            try await Stage.play { stage in
                try await Self.serve(stage).ended(by: SIGKILL)
                #expect(FileManager.default.fileExists(atPath: stage.statusSocket()))
                _ = try await Self.serve(stage)
                #expect(try await stage.outcome(of: ["status", "--socket", stage.statusSocket()]).ending == .exited(0))
            }
        }

        @Test("after a reload the HSMs come in their new order, and what is unchanged keeps its history")
        func reload() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let (kept, added) = (try await stage.hsm(), try await stage.hsm())
                var configuration = ConfigurationText(to: graylog, watching: kept)
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                let before = try await Self.hsms(stage)
                configuration.hsms.insert(ConfigurationText.entry("added", added), at: 0)
                try stage.change(configuration)
                service.signal(SIGHUP)
                // At an interval of 100 ms the last of them comes when no snapshot from before is shared any more.
                for _ in 1...4 {
                    try await mail.collect(from: graylog) {
                        $0.string("hsm_name") == "added" && $0.string("event_type") == "reading"
                    }
                }
                let after = try await Self.hsms(stage)
                #expect(after.map { $0["name"] as? String } == ["added", "khi-1"])
                #expect(after.last?["since"] as? Double == before.last?["since"] as? Double)
                #expect(((after.last?["readings"] as? [Int])?.count ?? 0) >= 3)
            }
        }

        @Test("without a terminal --watch prints one table after the other, until the service is gone")
        func repeated() async throws {
            try await Stage.play { stage in
                let service = try await Self.serve(stage)
                let watch = try stage.hsmwatch(["status", "--watch", "--socket", stage.statusSocket()])
                _ = try await watch.said { $0.lines.count { $0.hasPrefix("NAME ") } == 2 }
                try await service.ended(by: SIGTERM)
                let record = try await watch.ended()
                #expect(record.ending == .exited(69))
                #expect(!record.output.contains("\u{1B}"))
            }
        }
    }
}

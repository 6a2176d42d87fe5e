// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("A fault of this machine", .timeLimit(.minutes(2)))
    struct LocalFaultTests {
        /// The share of a processor that a service with little to do may take.
        private static let idleShare = 0.2

        /// The processor time that a process has taken, in seconds (proc_pid_stat(5), fields 14 and 15).
        private static func processorTime(of child: Child) throws -> Double {
            let text = try String(contentsOfFile: "/proc/\(child.processIdentifier)/stat", encoding: .utf8)
            let fields = try #require(text.split(separator: ")").last).split(separator: " ")
            let ticks = try #require(Double(fields[11])) + #require(Double(fields[12]))
            return ticks / Double(sysconf(CInt(_SC_CLK_TCK)))
        }

        /// Lets a running process open no more files, or as many as it likes.
        private static func limit(_ child: Child, to count: Int, _ stage: Stage) async throws {
            let record = try await stage.outcome(
                ofTool: "prlimit", ["--pid", "\(child.processIdentifier)", "--nofile=\(count):"])
            #expect(record.ending == .exited(0))
        }

        /// Waits for so many heartbeats, and answers the share of a processor that the service took meanwhile.
        private static func share(
            of service: Child, over heartbeats: Int, _ mail: inout Mail, from graylog: Receiver
        ) async throws -> Double {
            let (begin, before) = (ContinuousClock.now, try processorTime(of: service))
            for _ in 1...heartbeats {
                try await mail.collect(from: graylog) { $0.string("event_type") == "heartbeat" }
            }
            let elapsed = ContinuousClock.now - begin
            return (try processorTime(of: service) - before) / (elapsed / .seconds(1))
        }

        @Test("without a descriptor an HSM is unknown and not unreachable; nothing spins, and all goes on afterwards")
        func descriptors() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                var configuration = ConfigurationText(
                    to: graylog,
                    hsms: [
                        ConfigurationText.entry("kept", try await stage.hsm()),
                        ConfigurationText.entry("fresh", try await stage.hsm(), "connection: per-probe"),
                    ])
                configuration.heartbeat = "500ms"
                // The connection that stands goes on delivering.
                configuration.confirm = "1h"
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)

                try await Self.limit(service, to: 3, stage)
                let started = try await mail.collect(from: graylog) { $0.tells("local_fault_started") }
                #expect(started.string("reason") == "hsmwatch has no file descriptor left")
                #expect(started.integer("level") == 4)
                let change = try await mail.collect(from: graylog) {
                    $0.isStateChange && $0.string("state") == "unknown"
                }
                #expect(change.string("hsm_name") == "fresh")
                #expect(change.string("previous_state") == "ok")

                // Somebody asks meanwhile, and waits in the kernel.
                let asking = try stage.hsmwatch(["status", "--socket", stage.statusSocket()])
                let share = try await Self.share(of: service, over: 6, &mail, from: graylog)
                #expect(share < Self.idleShare)

                try await Self.limit(service, to: 1024, stage)
                #expect(try await asking.ended().ending == .exited(0))
                let back = try await mail.collect(from: graylog) { $0.isStateChange && $0.string("state") == "ok" }
                #expect(back.string("hsm_name") == "fresh")
                #expect(back.string("previous_state") == "unknown")
                let ended = try await mail.collect(from: graylog) { $0.tells("local_fault_ended") }
                #expect(ended.integer("level") == 5)
                #expect((ended.integer("outage_seconds") ?? 0) >= 2)

                let failures = Array(mail.messages).of("probe_failure")
                #expect(failures.allSatisfy { $0.string("failure") == "local" && $0.string("hsm_name") == "fresh" })
                #expect(!mail.messages.contains { $0.string("state") == "unreachable" })
                #expect(mail.messages.telling("local_fault_started").count == 1)
                #expect(mail.isComplete)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("with fewer descriptors than HSMs the others are polled, delivery goes on, and the start has warned")
        func tooFew() async throws {
            try await Stage.play { stage in
                let graylog = try await stage.graylog()
                let hsm = try await stage.hsm(HSMBehaviour(total: 256))
                var configuration = ConfigurationText(
                    to: graylog, hsms: (1...60).map { ConfigurationText.entry("khi-\($0)", hsm) })
                configuration.heartbeat = "500ms"
                configuration.confirm = "100ms"
                configuration.timing = "interval: 500ms, timeout: 500ms"
                let service = try stage.service(configuration, after: "ulimit -n 64")
                var mail = Mail()
                let started = try await mail.collect(from: graylog) { $0.tells("local_fault_started") }
                #expect(started.integer("level") == 4)
                let share = try await Self.share(of: service, over: 6, &mail, from: graylog)
                #expect(share < 2 * Self.idleShare)
                let record = try await stage.outcome(of: ["status", "--socket", stage.statusSocket()])
                #expect(record.ending == .exited(0))
                let heartbeat = try await mail.collect(from: graylog) { $0.string("event_type") == "heartbeat" }
                #expect(heartbeat.integer("hsms_unreachable") == 0)
                #expect((heartbeat.integer("hsms_ok") ?? 0) >= 10)
                #expect((heartbeat.integer("hsms_unknown") ?? 0) >= 10)
                #expect(mail.messages.telling("output_down").isEmpty)
                #expect(mail.messages.telling("local_fault_started").count == 1)
                // A reload warns as the start does.
                service.signal(SIGHUP)
                _ = try await service.said { $0.errors.ranges(of: "need 126 open files").count == 2 }
                let end = try await service.ended(by: SIGTERM)
                #expect(end.ending == .exited(0))
                #expect(end.errors.contains("warning: 60 HSMs and the outputs need 126 open files"))
            }
        }

        @Test("with too few descriptors for anything the service does not start: exit 71")
        func notStarted() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm()
                let configuration = ConfigurationText(to: try await stage.graylog(), watching: hsm)
                let record = try await stage.service(configuration, after: "ulimit -n 45").ended()
                #expect(record.ending == .exited(71))
                #expect(record.errors.contains("ERROR hsmwatch needs 46 open files at least, and the limit is 45: "))
                #expect(await hsm.facts.accepted == 0)
            }
        }

        @Test("a receiver without a descriptor for the next client waits, and does not spin")
        func receiver() async throws {
            try await Stage.play { stage in
                let script = #"ulimit -n 24; exec "$0" receive --listen 127.0.0.1:0"#
                let receiver = try stage.tool("sh", ["-c", script, Stage.program.path()])
                let said = try await receiver.said { $0.errors.contains("listening on ") }
                let line = try #require(said.errors.firstMatch(of: /listening on 127\.0\.0\.1:([0-9]+)/))
                let port = try #require(Int(line.1))
                let clients = try (1...40).map { _ in try SocketClient(ListenAddress(host: "127.0.0.1", port: port)) }
                // Nothing happens but time: that is what is measured.
                let (begin, before) = (ContinuousClock.now, try Self.processorTime(of: receiver))
                _ = try await stage.outcome(ofTool: "sleep", ["2"])
                let elapsed = ContinuousClock.now - begin
                let share = (try Self.processorTime(of: receiver) - before) / (elapsed / .seconds(1))
                #expect(share < Self.idleShare)
                withExtendedLifetime(clients) {}
            }
        }
    }
}

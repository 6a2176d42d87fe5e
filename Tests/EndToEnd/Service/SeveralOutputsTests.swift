// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Outputs of every type at once", .timeLimit(.minutes(3)))
    struct SeveralOutputsTests {
        /// The script's line, as Graylog stores it: behind the host and the tag.
        private static var scriptLine: Regex<(Substring, Substring, Substring)> {
            #/monitor-1 hsmwatch: \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \S+ \d{4} (.*)  (<2223#\d+#\d+#\d+#>)/#
        }

        @Test(
            "seven outputs: each gets what it is entitled to, in order; the dead one delays none, and gets it all later"
        )
        func seven() async throws {
            try await Stage.play { stage in
                let load = try await Load(5, on: stage)
                let dead = try await stage.graylogThatIsDown()
                let (gelf, udp) = (try await stage.graylog(), try await stage.graylog(.gelfUDP))
                let (http, syslog) = (try await stage.graylog(.gelfHTTP), try await stage.graylog(.syslogTCP))
                let (syslogUDP, legacy) = (try await stage.graylog(.syslogUDP), try await stage.graylog(.syslogTCP))
                var configuration = load.configuration(to: dead.address)
                configuration.otherOutputs = [
                    "name: tcp, type: gelf-tcp, endpoints: [\"\(gelf.address)\"], confirm: 200ms",
                    "name: udp, type: gelf-udp, endpoints: [\"\(udp.address)\"], datagram_size: 512",
                    "name: http, type: gelf-http, endpoints: [\"\(http.address)\"]",
                    "name: syslog, type: syslog-tcp, endpoints: [\"\(syslog.address)\"], confirm: 200ms",
                    "name: syslog-udp, type: syslog-udp, endpoints: [\"\(syslogUDP.address)\"]",
                    "name: legacy, type: syslog-tcp, format: legacy, events: [reading], confirm: 200ms, "
                        + "endpoints: [\"\(legacy.address)\"]",
                ]
                let service = try stage.service(configuration)
                let live = [gelf, udp, http, syslog, syslogUDP, legacy]

                // While one is down the others get what happens, as it happens.
                for _ in 1...3 {
                    var known: [Int] = []
                    for graylog in live { known.append(await graylog.facts.stored) }
                    try await load.goesOn(for: .seconds(1))
                    for (graylog, before) in zip(live, known) {
                        _ = try await graylog.facts(within: .seconds(5)) { $0.stored >= before + 25 }
                    }
                }
                #expect(await dead.facts.stored == 0)

                try await dead.start()
                _ = try await dead.facts(within: patience) { $0.stored > 150 }
                // What is told while the others have ended already would wait for the next start.
                _ = try await service.said { $0.errors.contains("Output graylog delivers again") }
                try await load.goesOn(for: .seconds(1))
                let record = try await service.ended(by: SIGTERM)
                #expect(record.ending == .exited(0))

                let messages = try await Self.all(of: gelf)
                let numbers = Array(1...messages.count)
                #expect(messages.sequences == numbers)
                for (name, graylog) in [("udp", udp), ("http", http), ("dead", dead)] {
                    let others = try await Self.all(of: graylog)
                    #expect(others.sequences == numbers, "\(name)")
                    #expect(others == messages, "\(name)")
                }
                for graylog in [syslog, syslogUDP] {
                    let others = try await Self.all(of: graylog)
                    #expect(others.map { $0.string("sequence") } == numbers.map { "\($0)" })
                    for (other, message) in zip(others, messages) {
                        try Self.expect(other, toSayWhat: message)
                    }
                }
                let lines = try await Self.all(of: legacy).compactMap { $0.string("message") }
                let readings = messages.of("reading")
                #expect(lines.count == readings.count)
                for (line, reading) in zip(lines, readings) {
                    let match = try #require(line.wholeMatch(of: Self.scriptLine))
                    #expect(match.1 == reading.string("message") ?? "")
                    #expect(match.2 == reading.string("reply") ?? "")
                }
            }
        }

        @Test("an output that is down keeps only what is for it, and gets that when it is back")
        func entitled() async throws {
            try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 1))
                let (graylog, siem) = (try await stage.graylog(), try await stage.graylog(.syslogTCP))
                try await siem.stop()
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.confirm = "100ms"
                configuration.otherOutputs = [
                    "name: siem, type: syslog-tcp, endpoints: [\"\(siem.address)\"], events: [state_change], confirm: 100ms"
                ]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 20, from: graylog)
                // The first state of its HSM, and that it is down, which it does not get.
                let snapshot = try await Self.snapshot(on: stage) {
                    $0.spooled(of: "siem") == 1 && $0.spooled(of: "graylog") < 5
                }
                #expect(snapshot.contains("\"dropped\":0"))
                try await siem.start()
                let changes = try await siem.take(1, within: patience).compactMap(\.stored)
                #expect(changes.map { $0.string("event_type") } == ["state_change"])
                #expect(changes.map { $0.string("state") } == ["ok"])
                try await mail.collect("output_up", from: graylog)
                #expect(mail.messages.last?.string("output") == "siem")
                #expect(mail.messages.last?.integer("waiting") == 1)
                try await service.ended(by: SIGTERM)
                #expect(await siem.facts.stored == 1)
            }
        }

        /// What a Graylog has got, all of it stored without a word.
        private static func all(of graylog: Receiver) async throws -> [StoredMessage] {
            let received = try await graylog.take(await graylog.facts.waiting, within: patience)
            let messages = received.compactMap(\.stored)
            #expect(messages.count == received.count, "\(received.first { $0.stored == nil }.map { "\($0)" } ?? "")")
            #expect(messages.allSatisfy { $0.warnings.isEmpty && $0.droppedFields.isEmpty })
            return messages
        }

        /// Every field of a GELF message is a field of its syslog message, as text.
        private static func expect(_ other: StoredMessage, toSayWhat message: StoredMessage) throws {
            #expect(other.timestamp == message.timestamp)
            #expect(other.string("facility") == "local7")
            #expect(other.string("application_name") == "hsmwatch")
            for (name, value) in message.fields {
                switch value {
                case .string(let text): #expect(other.string(name) == text)
                case .long(let number): #expect(other.integer(name) == Int(number) || other.string(name) == "\(number)")
                case .double(let number): #expect(other.string(name).flatMap(Double.init) == number)
                }
            }
        }

        /// The snapshot as JSON, asked for until it is as expected.
        private static func snapshot(on stage: Stage, when isMet: (String) -> Bool) async throws -> String {
            let deadline = ContinuousClock.now + patience
            while true {
                let text = try await stage.outcome(of: ["status", "--json", "--socket", stage.statusSocket()]).output
                if isMet(text) { return text }
                try #require(ContinuousClock.now < deadline, "\(text)")
            }
        }
    }
}

extension String {
    /// The `spooled` of one output in a snapshot.
    fileprivate func spooled(of output: String) -> Int {
        range(of: "{\"name\":\"\(output)\"").flatMap { String(self[$0.upperBound...]).number(of: "\"spooled") } ?? -1
    }
}

// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import HSMWatchSimulation
import RegexBuilder
import TestSupport
import Testing

extension EndToEnd {
    /// What the service sends as syslog, as rsyslog and syslog-ng understand it, beside what a Graylog gets as GELF in the
    /// same run.
    @Suite(
        "Syslog servers", .enabled(if: SyslogServer.isPossible, Comment(rawValue: SyslogServer.need)),
        .timeLimit(.minutes(5)))
    struct SyslogServerTests {
        /// What a value must survive: quotes, brackets, a backslash, more than ASCII.
        private static let note = #"a"b]c[d\e [0@0] x="y" ü 漢 €"#

        /// More than one confirmation's.
        private static let manyMessages = 30

        /// What an extractor of the script's days matches.
        private static var scriptLine: Regex<(Substring, Substring, Substring, Substring, Substring)> {
            Regex {
                /\w{3} \w{3} [ 1-3]\d \d\d:\d\d:\d\d PKT \d{4}/
                " "
                /(\d+) TCP socket connections are consumed out of (\d+) on HSM Host: ([\d.]+:\d+)  (<2223#.+>)/
            }
        }

        /// HSMs of which one is well, one is dead and one does not speak the protocol.
        private static func configuration(_ hsm: HSMSimulator, _ stage: Stage) async throws -> ConfigurationText {
            let (dead, strange) = (
                try await stage.hsm(HSMBehaviour(fault: .refuse)), try await stage.hsm(HSMBehaviour(fault: .garbage))
            )
            var configuration = ConfigurationText(
                endpoints: [],
                hsms: [
                    ConfigurationText.entry("khi-1", hsm, "fields: {note: '\(note)', site: khi}"),
                    ConfigurationText.entry("khi-2", dead), ConfigurationText.entry("khi-3", strange),
                ])
            configuration.heartbeat = "500ms"
            return configuration
        }

        /// Collects every kind of message, an alarm among them.
        private static func collectAll(_ mail: inout Mail, of hsm: HSMSimulator, from graylog: Receiver)
            async throws
        {
            try await mail.collect(readings: 3, from: graylog)
            try await hsm.change { $0.inUse = $0.total }
            let kinds = Set(["reading", "probe_failure", "state_change", "heartbeat", "service"])
            try await mail.collect(from: graylog) { mail in
                kinds.isSubset(of: mail.messages.compactMap { $0.string("event_type") })
                    && mail.messages.contains { $0.isStateChange && $0.string("state") == "critical" }
            }
        }

        @Test(
            "understand every message: header, text and each value are those that Graylog gets",
            arguments: SyslogInput.allCases)
        func understand(input: SyslogInput) async throws {
            try await Stage.play { stage in
                let server = try await SyslogServer(input, on: stage)
                let (graylog, hsm) = (try await stage.graylog(), try await stage.hsm())
                var configuration = try await Self.configuration(hsm, stage)
                configuration.endpoints = [graylog.address]
                configuration.otherOutputs = [server.output("siem")]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await Self.collectAll(&mail, of: hsm, from: graylog)
                try await server.expect(mail.messages, facility: 23, appName: "hsmwatch")
                #expect(mail.readings.about("khi-1").first?.string("note") == Self.note)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test(
            "are told the facility and the program's name of the configuration",
            arguments: [SyslogInput.rsyslogTCP, .syslogNGTCP])
        func names(input: SyslogInput) async throws {
            try await Stage.play { stage in
                let server = try await SyslogServer(input, on: stage)
                let (graylog, hsm) = (try await stage.graylog(), try await stage.hsm())
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.otherOutputs = [server.output("siem", "facility: daemon, app_name: hsm_watch.a-1")]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 3, from: graylog)
                try await server.expect(mail.messages, facility: 3, appName: "hsm_watch.a-1")
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        /// A service that confirms often, and says often what it has in its spool.
        private static func service(
            sendingTo server: SyslogServer, and graylog: Receiver, confirm: String, _ stage: Stage
        ) async throws -> Child {
            var configuration = ConfigurationText(to: graylog, watching: try await stage.hsm())
            configuration.heartbeat = "100ms"
            configuration.confirm = "100ms"
            configuration.otherOutputs = [server.output("siem", confirm: confirm)]
            return try stage.service(configuration)
        }

        @Test("confirm what they have read, each message once", arguments: SyslogInput.confirming)
        func confirm(input: SyslogInput) async throws {
            try await Stage.play { stage in
                let server = try await SyslogServer(input, on: stage)
                let graylog = try await stage.graylog()
                let service = try await Self.service(sendingTo: server, and: graylog, confirm: "100ms", stage)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.confirmed > Self.manyMessages }
                try await server.expectOnce(mail.sequences)
                #expect(mail.messages.telling("output_down").isEmpty)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("that end TLS without a close_notify confirm nothing: the output says so, and keeps everything")
        func noCloseNotify() async throws {
            try await Stage.play { stage in
                let server = try await SyslogServer(.rsyslogGnuTLS, on: stage)
                let graylog = try await stage.graylog()
                let service = try await Self.service(sendingTo: server, and: graylog, confirm: "100ms", stage)
                var mail = Mail()
                let down = try await mail.collect(from: graylog) { $0.tells("output_down") }
                #expect(down.string("output") == "siem")
                #expect(down.string("reason") == "the peer ended the connection without a TLS close_notify")
                try await mail.collect(from: graylog) { ($0.integer("spooled") ?? 0) > Self.manyMessages }
                #expect(mail.messages.allSatisfy { $0.confirmed <= 0 })
                // It has read them, but who sends cannot know.
                #expect(await server.record.value.sequences.contains(1))
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("that end TLS without a close_notify get each message once with `confirm: off`")
        func confirmOff() async throws {
            try await Stage.play { stage in
                let server = try await SyslogServer(.rsyslogGnuTLS, on: stage)
                let graylog = try await stage.graylog()
                let service = try await Self.service(sendingTo: server, and: graylog, confirm: "off", stage)
                var mail = Mail()
                try await mail.collect(from: graylog) { $0.confirmed > Self.manyMessages }
                try await server.expectOnce(mail.sequences)
                #expect(mail.messages.telling("output_down").isEmpty)
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("that stop and come back get what happened meanwhile: nothing is lost", arguments: SyslogInput.confirming)
        func outage(input: SyslogInput) async throws {
            try await Stage.play { stage in
                var server = try await SyslogServer(input, on: stage)
                let (graylog, hsm) = (try await stage.graylog(), try await stage.hsm())
                var configuration = ConfigurationText(to: graylog, watching: hsm)
                configuration.otherOutputs = [server.output("siem", confirm: "100ms")]
                let service = try stage.service(configuration)
                var mail = Mail()
                try await mail.collect(readings: 10, from: graylog)
                try await server.stop()
                let down = try await mail.collect(from: graylog) { $0.tells("output_down") }
                #expect(down.string("output") == "siem")
                try await mail.collect(readings: 10, from: graylog)
                try await server.start()
                try await mail.collect("output_up", from: graylog)
                #expect(mail.isComplete)
                let last = try #require(mail.sequences.last)
                let record = try await server.record.value { $0.hasAll(through: last) }
                let sent = mail.messages.map { SyslogMessage($0, facility: 23, appName: "hsmwatch") }
                let arrived = Set(record.messages.filter { ($0.sequence ?? 0) <= last })
                // Whatever came twice was the same both times.
                #expect(arrived.count == sent.count)
                #expect(arrived == Set(sent))
                #expect(record.strange == [])
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }

        @Test("get the script's line in the old form, with numbers only of a reading", arguments: SyslogInput.plain)
        func legacy(input: SyslogInput) async throws {
            try await Stage.play { stage in
                // The old form has the time of a place, and does not say which. This one is 5 h ahead.
                let zone = SyslogMessage.scriptZone
                let server = try await SyslogServer(input, on: stage, timeZone: zone)
                let (graylog, hsm) = (try await stage.graylog(), try await stage.hsm())
                var configuration = try await Self.configuration(hsm, stage)
                configuration.endpoints = [graylog.address]
                configuration.otherOutputs = [server.output("siem", "format: legacy, app_name: hsm-conns-khi")]
                let service = try stage.service(configuration, environment: ["TZ": zone])
                var mail = Mail()
                try await Self.collectAll(&mail, of: hsm, from: graylog)
                let sent = mail.messages
                let record = try await server.record.value { $0.messages.count >= sent.count }
                for (message, original) in zip(record.messages, sent) {
                    #expect(message == SyslogMessage(script: original, appName: "hsm-conns-khi"))
                    let line = message.text.wholeMatch(of: Self.scriptLine)
                    try #require((line != nil) == original.isReading, "\(message)")
                    guard let line else { continue }
                    #expect(Int(line.1) == original.integer("sockets_consumed"))
                    #expect(Int(line.2) == original.integer("sockets_total"))
                    #expect(String(line.3) == original.string("hsm_address"))
                    #expect(String(line.4) == original.string("reply"))
                }
                #expect(sent.of("probe_failure").count > 0)
                #expect(record.strange == [])
                #expect(record.complaints == [])
                #expect(try await service.ended(by: SIGTERM).ending == .exited(0))
            }
        }
    }
}

extension StoredMessage {
    /// How many messages before a heartbeat are not in the spool any more: every output has confirmed them.
    fileprivate var confirmed: Int {
        guard let sequence = integer("sequence"), let spooled = integer("spooled") else { return 0 }
        return sequence - 1 - spooled
    }
}

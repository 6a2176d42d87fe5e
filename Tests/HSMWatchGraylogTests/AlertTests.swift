// SPDX-License-Identifier: Apache-2.0

import HSMWatchGraylog
import Testing

@testable import HSMWatchCore
@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("The alerts of a content pack, over the messages that hsmwatch sends")
struct AlertTests {
    private static func good(_ hsm: String, _ seconds: Int) throws -> Outcome { try AlertStage.available(215) }

    /// Ten minutes in which all is well.
    private static func warmedUp(_ stage: inout AlertStage) throws {
        try stage.run(for: .seconds(600), good)
        #expect(stage.mails.map(\.subject) == [])
    }

    @Test("are none while every HSM is ok, its first state included")
    func healthy() throws {
        var stage = try AlertStage([AlertStage.hsm("khi-1"), AlertStage.hsm("khi-2")])
        try stage.run(for: .seconds(7200), Self.good)
        #expect(stage.mails.isEmpty)
    }

    @Test(
        "mail hsmwatch's own sentence of a change, once and within 21 s, for the HSM that changed",
        arguments: [
            (
                HSMState.critical,
                "HSM khi-2 at 10.10.5.6:9010 is critical: 12 of 256 sockets available (was ok for 10 min 0 s)"
            ),
            (.warning, "HSM khi-2 at 10.10.5.6:9010 is warning: 80 of 256 sockets available (was ok for 10 min 0 s)"),
            (.unreachable, "HSM khi-2 at 10.10.5.6:9010 is unreachable: connection refused (was ok for 10 min 10 s)"),
            (.unknown, "HSM khi-2 at 10.10.5.6:9010 is unknown: no frame (was ok for 10 min 10 s)"),
        ])
    func change(state: HSMState, sentence: String) throws {
        var stage = try AlertStage([AlertStage.hsm("khi-1"), AlertStage.hsm("khi-2")])
        try Self.warmedUp(&stage)
        try stage.run(for: .seconds(180)) { hsm, _ in
            switch (hsm, state) {
            case ("khi-2", .critical): try AlertStage.available(12)
            case ("khi-2", .warning): try AlertStage.available(80)
            case ("khi-2", .unreachable): AlertStage.failure(.refused, "connection refused")
            case ("khi-2", .unknown): AlertStage.failure(.malformed, "no frame")
            default: try AlertStage.available(215)
            }
        }
        #expect(stage.mails.map(\.subject) == [sentence])
        let mail = try #require(stage.mails.first)
        #expect(mail.event.key == ["khi-2"] && mail.event.fields["site"] == "khi")
        #expect(mail.time.milliseconds - mail.event.timestamp.milliseconds <= 21_000)
    }

    @Test("mail whole numbers")
    func numbers() throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        try stage.run(for: .seconds(60)) { _, _ in try AlertStage.available(12) }
        #expect(stage.mails.first?.event.fields["sockets_available"] == "12")
        #expect(stage.mails.first?.body.contains("12 of 256 sockets\n") == true)
    }

    @Test("mail a recovery, but not the start of a healthy HSM")
    func recovery() throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        try stage.run(for: .seconds(120)) { _, _ in try AlertStage.available(12) }
        try stage.run(for: .seconds(120), Self.good)
        #expect(stage.mails.map(\.event.title) == ["HSM critical", "HSM recovered"])
    }

    @Test("mail the same change of an HSM once a minute at most, and that of another at once")
    func grace() throws {
        var stage = try AlertStage([AlertStage.hsm("khi-1"), AlertStage.hsm("khi-2")])
        try Self.warmedUp(&stage)
        // One reading in five is bad, two good ones clear it.
        try stage.run(for: .seconds(200)) { hsm, seconds in
            try AlertStage.available(hsm == "khi-1" && seconds.isMultiple(of: 50) ? 12 : 215)
        }
        let criticals = stage.mails.filter { $0.event.title == "HSM critical" }
        #expect(criticals.count == 3)
        let times = criticals.map(\.time.milliseconds)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 60_000 })
    }

    @Test(
        "mail a lasting state for the first time within ten minutes, and then every half hour",
        arguments: Array(stride(from: 0, through: 300, by: 20)))
    func lasting(phase: Int) throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        try stage.run(for: .seconds(phase), Self.good)
        let begin = stage.now
        try stage.run(for: .seconds(5400)) { _, _ in try AlertStage.available(12) }
        let lasting = stage.mails.filter { $0.event.title == "HSM still not ok" }
        #expect(lasting.map(\.subject).allSatisfy { $0 == "HSM khi-1 was still critical in the last 5 min" })
        let seconds = lasting.map { ($0.time.milliseconds - begin.milliseconds) / 1000 }
        #expect(seconds.count == 3)
        #expect((180...570).contains(try #require(seconds.first)), "\(seconds)")
        #expect(zip(seconds, seconds.dropFirst()).allSatisfy { $1 - $0 == 1800 }, "\(seconds)")
    }

    @Test(
        "look at each window once: what comes with a clock that is behind is found by no change, but by the reminders",
        arguments: [20, 40])
    func clock(seconds: Int) throws {
        var stage = try AlertStage(clock: .zero - .seconds(seconds))
        try Self.warmedUp(&stage)
        try stage.run(for: .seconds(1200)) { _, _ in try AlertStage.available(12) }
        #expect(stage.mails.map(\.subject) == ["HSM khi-1 was still critical in the last 5 min"])
    }

    @Test("mail an HSM by its reminders that is unknown from its first probe on, which is no change")
    func unknownFromTheStart() throws {
        var stage = try AlertStage()
        try stage.run(for: .seconds(900)) { _, _ in AlertStage.failure(.malformed, "no frame") }
        #expect(stage.mails.map(\.subject) == ["HSM khi-1 was still unknown in the last 5 min"])
    }

    @Test("mail what hsmwatch reports as a problem, each output for itself, and no notice")
    func problems() throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        try stage.say(.outputDown(output: "graylog", endpoint: "10.10.5.7:12201", reason: "closed"))
        for output in ["graylog", "archive"] {
            let recovery = Outage.Recovery(lasted: .seconds(300), waiting: 3, wasLasting: true)
            try stage.say(AlertStage.back(output, recovery))
        }
        try stage.say(.clockUnsynchronised(lasted: .seconds(600)))
        try stage.run(for: .seconds(60), Self.good)
        #expect(
            stage.mails.map(\.subject) == [
                "Output graylog delivers again to 10.10.5.7:12201 after 5 min 0 s: 3 messages queued, 0 sent again",
                "Output archive delivers again to 10.10.5.7:12201 after 5 min 0 s: 3 messages queued, 0 sent again",
                "The clock of this machine has not been synchronised for 10 min 0 s: times of messages may be wrong, "
                    + "and alerts that search by time may miss them",
            ])
        #expect(stage.mails.map(\.event.title) == Array(repeating: "hsmwatch reports a problem", count: 3))
    }

    @Test("mail two problems of one output that come within a minute, and the same one once")
    func twoProblems() throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        let term = CertificateTerm(serialNumber: "0A", notBefore: AlertStage.midnight, notAfter: stage.now)
        for side in [CertificateWatch.Side.peer, .own, .own] {
            try stage.say(
                .certificateExpiring(output: "graylog", endpoint: "10.10.5.7:12201", side, term, days: 5))
        }
        try stage.run(for: .seconds(60), Self.good)
        #expect(stage.mails.count == 2)
    }

    @Test("mail each HSM of a fleet that changes at once")
    func manyChanges() throws {
        var stage = try AlertStage((1...300).map { AlertStage.hsm("khi-\($0)") })
        try stage.run(for: .seconds(60), Self.good)
        try stage.run(for: .seconds(60)) { _, _ in AlertStage.failure(.timeout, "no connection") }
        #expect(Set(stage.mails.map { $0.event.fields["hsm"] }).count == 300)
    }

    @Test(
        "see what only the old revision's stream has of an upgrade, while both revisions watch",
        arguments: 0...15)
    func upgrade(secondsBefore: Int) throws {
        let change = try AlertStage.change()
        // It comes so long before the new stream runs, at whatever moment of the old alerts' rhythm.
        for phase in 0..<15 {
            let start = Timestamp(milliseconds: change.timestamp.milliseconds - Int64(60 + phase) * 1000)
            var old = try AlertProcessor(AlertStage.pack([AlertStage.hsm()]), startingAt: start)
            old.store(change, at: change.timestamp)
            let switched = change.timestamp.milliseconds + Int64(secondsBefore) * 1000
            old.advance(to: Timestamp(milliseconds: switched + PackPlan.overlap.wholeMilliseconds))
            #expect(old.notifications.contains { $0.event.title == "HSM critical" }, "\(phase)")
        }
    }

    @Test(
        "mail an outage when it is over, if it lasted for more than a minute", arguments: [(60, 0), (120, 1)])
    func outage(seconds: Int, mails: Int) throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        try stage.cut()
        try stage.run(for: .seconds(seconds), Self.good)
        try stage.restore()
        try stage.run(for: .seconds(60), Self.good)
        #expect(stage.mails.count { $0.event.title == "hsmwatch reports a problem" } == mails)
    }

    @Test("are mute when an input prefixes the fields of structured data")
    func prefixes() throws {
        let message = try AlertStage.change(throughSyslog: true)
        let prefixed = StoredMessage(
            timestamp: message.timestamp,
            fields: Dictionary(
                uniqueKeysWithValues: message.fields.map { name, value in
                    (["message", "source", "level"].contains(name) ? name : "hsmwatch@32473_\(name)", value)
                }))
        let end = Timestamp(milliseconds: message.timestamp.milliseconds + 1)
        for rule in try AlertRule.rules(of: AlertStage.pack([AlertStage.hsm()])) where !rule.title.hasSuffix("silent") {
            #expect(rule.events(in: [prefixed], endingAt: end).isEmpty)
        }
    }

    @Test("mail the silence of hsmwatch after three heartbeats that did not come, and then every half hour")
    func silence() throws {
        var stage = try AlertStage()
        try Self.warmedUp(&stage)
        stage.beats = false
        let begin = stage.now
        try stage.run(for: .seconds(3000), Self.good)
        #expect(
            stage.mails.map(\.event.title) == Array(repeating: "hsmwatch of \(AlertStage.source) is silent", count: 2))
        let first = try #require(stage.mails.first)
        #expect((120_000...250_000).contains(first.time.milliseconds - begin.milliseconds))
        #expect(first.event.fields["step"]?.hasSuffix("(https://wiki.bank.example/hsm#nothing-is-heard)") == true)
    }

    @Test("do not notice silence while no other application sends anything: Graylog looks at no window then")
    func alone() throws {
        var stage = try AlertStage(hasOtherSenders: false)
        try Self.warmedUp(&stage)
        stage.beats = false
        try stage.run(for: .seconds(3000), Self.good)
        #expect(stage.mails.isEmpty)
        stage.beats = true
        try stage.run(for: .seconds(120), Self.good)
        #expect(stage.mails.map(\.event.title) == ["hsmwatch of \(AlertStage.source) is silent"])
    }

    @Test("quote the oldest message of a group, and count in doubles")
    func backlog() throws {
        let pack = try SamplePack.pack
        let rule = try #require(
            try AlertRule.rules(
                of: pack.replacing(
                    ["entities", "3", "data", "config", "conditions", "expression"]
                ) { $0["left"] ?? .null }.replacing(
                    ["entities", "3", "data", "field_spec", "kettle", "providers", "0", "template"]
                ) { _ in "${source.kettle}: ${source.aggregation_value_min_celsius}" }
            ).first)
        let messages = [30, 20, 40].enumerated().map { index, celsius in
            StoredMessage(
                timestamp: Timestamp(milliseconds: 60_000 - Int64(index) * 1000),
                fields: [
                    "kind": .string("kettle"), "kettle": .string("tea"), "celsius": .long(Int64(celsius)),
                    "message": .string("\(celsius) degrees"),
                ])
        }
        let events = rule.events(in: messages, endingAt: Timestamp(milliseconds: 61_000))
        #expect(events.map { $0.fields["kettle"] } == ["tea: 20.0"])
        #expect(events.first?.backlog.map { $0.string("message") } == ["40 degrees", "20 degrees", "30 degrees"])
    }

    @Test("work with the texts that a syslog input stores: the sentence and the numbers are the same")
    func texts() throws {
        let gelf = try AlertStage.change()
        let syslog = try AlertStage.change(throughSyslog: true)
        #expect(syslog.fields["sockets_available"] == .string("12"))
        let rules = try AlertRule.rules(of: AlertStage.pack([AlertStage.hsm()]))
        let events = [gelf, syslog].map { message in
            let end = Timestamp(milliseconds: message.timestamp.milliseconds + 1)
            return rules.flatMap { $0.events(in: [message], endingAt: end) }.filter { !$0.title.hasSuffix("silent") }
        }
        #expect(events.map { $0.map(\.title) } == [["HSM critical"], ["HSM critical"]])
        #expect(events[0].first?.fields == events[1].first?.fields)
    }
}

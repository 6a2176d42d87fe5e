// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Testing

@Suite("The alerts of a content pack, over the messages that hsmwatch sends")
struct AlertTests {
    private static func hsm(
        _ name: String = "khi-1", interval: Duration = .seconds(5), warning: Threshold? = nil,
        critical: Threshold = .absolute(50), warnWithin: Duration? = nil
    ) -> HSMConfiguration {
        HSMConfiguration(
            name: name, address: HostPort(host: "10.10.5.6", port: 9010), interval: interval,
            alert: AlertConfiguration(warning: warning, critical: critical),
            forecast: ForecastConfiguration(warnWithin: warnWithin))
    }

    private static func reading(_ available: Int, of total: Int = 256) throws -> Outcome {
        .reading(try #require(Reading(available: available, total: total)), reply: "<2223#\(available)#\(total)#>")
    }

    private static func failure(_ kind: Failure.Kind, code: Int? = nil) -> Outcome {
        .failure(Failure(kind, "no", errorCode: code))
    }

    /// Runs through minutes of good readings, so that nothing is silent.
    private static func warmedUp(_ stage: inout AlertStage, available: Int = 200) throws {
        let good = try reading(available)
        for _ in 0..<16 { _ = try stage.minute { _, _ in good } }
    }

    @Test("are none while every HSM is ok")
    func healthy() throws {
        var stage = try AlertStage([Self.hsm("a", warning: .absolute(100)), Self.hsm("b", critical: .percent(20))])
        try Self.warmedUp(&stage)
        let good = try Self.reading(101)
        for _ in 0..<60 { #expect(try stage.minute { _, _ in good } == []) }
    }

    @Test("tell the HSM that is below 50, by its lowest number of the minute, and no other")
    func below() throws {
        var stage = try AlertStage([Self.hsm("khi-1"), Self.hsm("khi-2")])
        try Self.warmedUp(&stage)
        let (good, low) = (try Self.reading(200), try Self.reading(49))
        let alerts = try stage.minute { hsm, number in hsm == "khi-2" && number == 7 ? low : good }
        #expect(alerts.map(\.title) == ["HSM below 50 sockets"])
        #expect(alerts.first?.group == ["khi-2"])
        #expect(alerts.first?.value == 49)
        #expect(alerts.first?.fields["what"] == "HSM khi-2: 49.0 sockets available, below 50.")
        #expect(alerts.first?.fields["hsm_name"] == "khi-2")
        #expect(alerts.first?.fields["step"]?.contains("#an-hsm-runs-out-of-sockets") == true)
    }

    @Test("tell it by hsmwatch's own judgement where the threshold is a percentage")
    func percentage() throws {
        var stage = try AlertStage([Self.hsm(critical: .percent(20))])
        try Self.warmedUp(&stage)
        let low = try Self.reading(51)
        let alerts = try stage.minute { _, _ in low }
        #expect(alerts.map(\.title) == ["HSM critical, by another threshold"])
        #expect(alerts.first?.fields["what"] == "HSM khi-1: 51.0 sockets available, critical.")
    }

    @Test("are not muted by a threshold that has changed since the pack was made", arguments: [49, 55])
    func changed(available: Int) throws {
        var stage = try AlertStage([Self.hsm(critical: .absolute(60))], packed: [Self.hsm(critical: .absolute(50))])
        try Self.warmedUp(&stage)
        let low = try Self.reading(available)
        #expect(try stage.minute { _, _ in low }.map(\.title) == ["HSM critical, by another threshold"])
    }

    @Test(
        "tell a warning as one, and a critical HSM only as critical",
        arguments: [(99, "HSM below 100 sockets, not critical yet"), (49, "HSM below 50 sockets")])
    func warning(available: Int, title: String) throws {
        var stage = try AlertStage([Self.hsm(warning: .absolute(100))])
        try Self.warmedUp(&stage)
        let low = try Self.reading(available)
        #expect(try stage.minute { _, _ in low }.map(\.title) == [title])
    }

    @Test(
        "tell an HSM that gives no number",
        arguments: [
            (Failure.Kind.refused, "HSM unreachable"), (.noReply, "HSM unreachable"), (.malformed, "HSM unknown"),
            (.hsmError, "HSM unknown"),
        ])
    func failures(kind: Failure.Kind, title: String) throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        let alerts = try stage.minute { _, _ in Self.failure(kind) }
        #expect(alerts.map(\.title) == [title])
        #expect(alerts.first?.group == ["khi-1"])
    }

    @Test("do not take an HSM for silent that rejects the command and is asked every 10 minutes")
    func rejected() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        for minute in 0..<60 {
            let alerts = try stage.minute { _, number in
                minute.isMultiple(of: 10) && number == 0 ? Self.failure(.hsmError, code: 22) : nil
            }
            // Looked for twice.
            #expect(alerts.map(\.title) == (minute % 10 < 2 ? ["HSM unknown"] : []))
        }
    }

    @Test("hear an HSM go silent, with the others still speaking")
    func silence() throws {
        var stage = try AlertStage([Self.hsm("khi-1"), Self.hsm("khi-2")])
        try Self.warmedUp(&stage)
        let good = try Self.reading(200)
        for _ in 0..<14 { #expect(try stage.minute { hsm, _ in hsm == "khi-1" ? good : nil } == []) }
        let alerts = try (0..<2).flatMap { _ in try stage.minute { hsm, _ in hsm == "khi-1" ? good : nil } }
        #expect(Set(alerts.map(\.title)) == ["HSM khi-2 gone silent"])
    }

    @Test("hear hsmwatch go silent after three heartbeats that did not come")
    func heartbeats() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        let good = try Self.reading(200)
        let alerts = try (0..<4).map { _ in try stage.minute(beats: false) { _, _ in good }.map(\.title) }
        #expect(
            alerts == [
                [], [], ["hsmwatch of \(AlertStage.source) gone silent"],
                ["hsmwatch of \(AlertStage.source) gone silent"],
            ])
    }

    @Test("hear everything go silent: the HSMs and hsmwatch")
    func everything() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        var titles: Set<String> = []
        for _ in 0..<20 { titles.formUnion(try stage.minute(beats: false) { _, _ in nil }.map(\.title)) }
        #expect(titles == ["HSM khi-1 gone silent", "hsmwatch of \(AlertStage.source) gone silent"])
    }

    @Test(
        "tell what is foreseen before the HSM is critical, with a threshold for warnings and without",
        arguments: [nil, Threshold.absolute(20)])
    func forecast(warning: Threshold?) throws {
        var stage = try AlertStage([Self.hsm(warning: warning, critical: .absolute(10), warnWithin: .seconds(600))])
        var available = 1200
        var titles: Set<String> = []
        let byState = warning == nil ? "by another threshold or a forecast" : "though not below 20"
        let wanted: Set = ["HSM will have no socket left in 30 min", "HSM in warning, \(byState)"]
        while available > 60, !titles.isSuperset(of: wanted) {
            let alerts = try stage.minute { _, number in try? Self.reading(available - number * 4, of: 2000) }
            titles.formUnion(alerts.map(\.title))
            available -= 48
        }
        #expect(titles == wanted, "\(available) available")
    }

    @Test("tell an HSM that is not critical any more only when hsmwatch says so", arguments: [50, 52, 54])
    func hysteresis(available: Int) throws {
        var stage = try AlertStage([Self.hsm(warning: .absolute(100))])
        try Self.warmedUp(&stage)
        let (low, margin) = (try Self.reading(45), try Self.reading(available))
        _ = try stage.minute { _, _ in low }
        for _ in 0..<10 {
            #expect(try stage.minute { _, _ in margin }.map(\.title) == ["HSM critical, though not below 50"])
        }
    }

    @Test("tell what hsmwatch has dropped, now or in an outage that is over")
    func dropped() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        let good = try Self.reading(200)
        try stage.say(.messagesDropped(count: 12, reason: "the spool is full"))
        let now = try stage.minute { _, _ in good }
        #expect(now.map(\.title) == ["hsmwatch has dropped messages"])
        #expect(
            now.first?.fields["what"]
                == "hsmwatch of \(AlertStage.source) says in messages_dropped that it has dropped 12.0 messages.")
        for _ in 0..<5 { _ = try stage.minute { _, _ in good } }
        try stage.say(Self.outputUp(dropped: 7))
        #expect(
            try stage.minute { _, _ in good }.map(\.title) == [
                "hsmwatch has dropped messages", "hsmwatch wants attention, for an output",
            ])
    }

    @Test("tell that messages may be missing, though nobody knows how many")
    func missing() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        let good = try Self.reading(200)
        try stage.say(.messagesDropped(count: nil, reason: "the last run did not close the spool"))
        #expect(try stage.minute { _, _ in good }.map(\.title) == ["hsmwatch wants attention"])
    }

    @Test("tell each thing that hsmwatch wants looked at, though another was told a moment ago")
    func attention() throws {
        var stage = try AlertStage([Self.hsm()])
        try Self.warmedUp(&stage)
        let good = try Self.reading(200)
        try stage.say(.outputDown(output: "graylog", endpoint: "127.0.0.1:1", reason: "refused", lasted: .seconds(60)))
        try stage.say(.outputDown(output: "archive", endpoint: "127.0.0.1:2", reason: "refused", lasted: .seconds(60)))
        try stage.say(.reloadFailed(reason: "hsmwatch.yaml:1:1: error"))
        let alerts = try stage.minute { _, _ in good }
        #expect(
            alerts.map(\.group) == [
                [AlertStage.source, "reload_failed"], [AlertStage.source, "output_down", "archive"],
                [AlertStage.source, "output_down", "graylog"],
            ])
        #expect(
            alerts.last?.fields["what"]
                == "hsmwatch of \(AlertStage.source) wants attention: output_down of output graylog.")
        for _ in 0..<5 { _ = try stage.minute { _, _ in good } }
        try stage.say(Self.outputUp(dropped: 0))
        #expect(
            try stage.minute { _, _ in good }.map(\.title) == ["hsmwatch wants attention, for an output"],
            "after the outage")
    }

    private static func outputUp(dropped: Int) -> ServiceAction {
        .outputUp(
            output: "graylog", endpoint: "127.0.0.1:1", outage: .seconds(300), waiting: 1, resent: 0, rewound: 0,
            dropped: dropped)
    }

    @Test(
        "tell every HSM that is not ok, in every minute in which it is not, whatever its thresholds, and changed or not",
        arguments: 0..<40)
    func nothingIsMissed(seed: Int) throws {
        var numbers = SeededNumbers(state: UInt64(seed))
        func threshold() -> Threshold {
            Bool.random(using: &numbers)
                ? .absolute(Int.random(in: 1...100, using: &numbers))
                : .percent(Int.random(in: 1...60, using: &numbers))
        }
        let hsms = [Self.hsm("a", warning: threshold(), critical: threshold()), Self.hsm("b")]
        let others = [Self.hsm("a"), Self.hsm("b")]
        var stage = try AlertStage(hsms, packed: Bool.random(using: &numbers) ? hsms : others)
        for _ in 0..<20 {
            let available = Int.random(in: 0...200, using: &numbers)
            let outcome = try Self.reading(available)
            let before = stage.messages.count
            let alerts = try stage.minute { _, _ in outcome }
            for message in stage.messages[before...] where message.string("event_type") == "reading" {
                guard let name = message.string("hsm_name"), let state = message.string("state"), state != "ok" else {
                    continue
                }
                let words = state == "critical" ? ["HSM below", "HSM critical"] : ["not critical yet", "in warning"]
                let told = alerts.contains { alert in
                    alert.group == [name] && words.contains { alert.title.contains($0) }
                }
                #expect(told, "\(name) is \(state) at \(available): \(alerts.map(\.title))")
            }
        }
    }
}

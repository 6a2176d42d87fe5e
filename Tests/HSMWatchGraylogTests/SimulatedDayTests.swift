// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

/// A day of six HSMs in virtual time: two leaks, a dead HSM, a restart of Graylog, and a network that is lost.
@Suite("The mails of a day")
struct SimulatedDayTests {
    static let files = ["day.txt", "day-clock-behind.txt"]

    private static let hour = 3600
    private static let names = ["isb-1", "khi-1", "khi-2", "khi-3", "lhe-1", "lhe-2"]
    /// When Graylog is restarted, for 20 s.
    private static let restart = 15 * hour
    /// When hsmwatch's network is lost: it reaches neither HSMs nor Graylog.
    private static let lost = 18 * hour..<18 * hour + 2400

    /// What an HSM answers at this second of the day.
    private static func outcome(of hsm: String, at second: Int) throws -> Outcome {
        if lost.contains(second) { return AlertStage.failure(.unreachable, "no route to host") }
        switch (hsm, second) {
        // A slow leak in the night: a socket a minute, until somebody restarts the application.
        case ("khi-2", 2 * hour..<6 * hour): return try AlertStage.available(215 - (second - 2 * hour) / 75)
        // A fast one by day: two sockets a minute.
        case ("lhe-1", 9 * hour..<10 * hour + 2400): return try AlertStage.available(215 - (second - 9 * hour) / 30)
        case ("isb-1", 12 * hour..<13 * hour + 2700): return AlertStage.failure(.refused, "connection refused")
        default: return try AlertStage.available(215)
        }
    }

    private static func day(clock: Duration) throws -> [SentNotification] {
        var stage = try AlertStage(names.map { AlertStage.hsm($0, site: String($0.prefix(3))) }, clock: clock)
        func run(to second: Int) throws {
            let begin = Int((stage.now.milliseconds - AlertStage.midnight.milliseconds) / 1000)
            try stage.run(for: .seconds(second - begin), outcome)
        }
        try run(to: restart)
        try stage.cut()
        try run(to: restart + 20)
        try stage.restore()
        try run(to: lost.lowerBound)
        try stage.cut()
        try run(to: lost.upperBound)
        try stage.restore()
        try run(to: 24 * hour)
        return stage.mails
    }

    @Test("are one for each change, and one for each half hour of what lasts; none for the restart of Graylog")
    func day() throws {
        let mails = try Self.day(clock: .zero)
        try GoldenText.check(Self.list(mails), "day.txt")
        try Self.checkRate(of: mails)
        let restart = Self.restart * 1000..<(Self.restart + 1200) * 1000
        #expect(!mails.contains { restart.contains(Self.sinceMidnight($0)) })
        for title in ["HSM warning", "HSM critical", "HSM recovered"] {
            let hsms = mails.filter { $0.event.title == title }.map { $0.event.fields["hsm"] }
            #expect(hsms.contains("khi-2") && hsms.contains("lhe-1"), "\(title): \(hsms)")
        }
    }

    @Test("come for every lasting state though hsmwatch's clock is 30 s behind, and windows are looked at once")
    func clockBehind() throws {
        let mails = try Self.day(clock: .zero - .seconds(30))
        try GoldenText.check(Self.list(mails), "day-clock-behind.txt")
        try Self.checkRate(of: mails)
        let lasting = Set(mails.filter { $0.event.title == "HSM still not ok" }.map(\.event.key))
        #expect(
            lasting.isSuperset(of: [
                ["khi-2", "warning"], ["khi-2", "critical"], ["lhe-1", "warning"], ["lhe-1", "critical"],
                ["isb-1", "unreachable"],
            ]), "\(lasting)")
    }

    /// Two mails about the same lasting thing are half an hour apart, and a message raises one mail.
    private static func checkRate(of mails: [SentNotification]) throws {
        for (subject, same) in Dictionary(grouping: mails, by: { [$0.event.title] + $0.event.key }) {
            let times = same.map(\.time.milliseconds)
            let isLasting = subject[0] == "HSM still not ok" || subject[0].hasSuffix("is silent")
            let distance: Int64 = isLasting ? 1_800_000 : 60_000
            #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= distance }, "\(subject)")
        }
        let changes = mails.filter { !$0.event.backlog.isEmpty }.map {
            [$0.event.title] + $0.event.backlog.map(\.description)
        }
        #expect(Set(changes).count == changes.count)
    }

    private static func sinceMidnight(_ mail: SentNotification) -> Int {
        Int(mail.time.milliseconds - AlertStage.midnight.milliseconds)
    }

    /// A line for each mail: when, which alert, and its subject.
    private static func list(_ mails: [SentNotification]) -> String {
        mails.map { mail in
            let clock = mail.time.graylogText.dropFirst(11).prefix(8)
            return "\(clock)  \(mail.subject ?? "")\n"
        }.joined()
    }
}

extension StoredMessage {
    fileprivate var description: String { "\(timestamp.milliseconds) \(string("message") ?? "")" }
}

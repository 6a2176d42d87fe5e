// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore
@testable import HSMWatchGraylog
@testable import HSMWatchSimulation
@testable import TestSupport

/// A fleet in virtual time, what arrives of it in a Graylog, and the notifications that Graylog sends of a pack's alerts.
struct AlertStage {
    static let source = "monitor-1.example.net"
    /// 2026-11-30 00:00 UTC, at which every stage begins.
    static let midnight = Timestamp(milliseconds: 1_795_996_800_000)
    static let interval = Duration.seconds(10)
    private static let output = "graylog"
    private static let endpoint = "10.10.5.7:12201"

    /// Whether hsmwatch runs.
    var beats = true

    /// How far hsmwatch's clock is ahead of Graylog's; negative: behind.
    private let clock: Duration
    private let encoder = MessageEncoder(source: Self.source)
    private let beat: Heartbeat
    private var fleet: [WatchedHSM]
    /// Whether Graylog is reached, as an output of hsmwatch finds it. While it is not, messages wait.
    private var outage = Outage()
    private var waiting: [StoredMessage] = []
    private var sequence = 0
    private(set) var processor: AlertProcessor
    /// Graylog's time.
    private(set) var now = Self.midnight

    init(
        _ hsms: [HSMConfiguration] = [Self.hsm()], clock: Duration = .zero, hasOtherSenders: Bool = true,
        pack: JSONValue? = nil
    ) throws {
        self.clock = clock
        fleet = hsms.map(WatchedHSM.init)
        beat = Heartbeat(
            states: [.ok: hsms.count], probes: 0, probesFailed: 0, probesSkipped: 0, spooled: 0, dropped: 0,
            uptime: .zero)
        processor = try AlertProcessor(
            try pack ?? Self.pack(hsms), startingAt: Self.midnight, hasOtherSenders: hasOtherSenders)
    }

    static func hsm(_ name: String = "khi-1", site: String = "khi", port: UInt16 = 9010) -> HSMConfiguration {
        HSMConfiguration(
            name: name, address: HostPort(host: "10.10.5.6", port: port), interval: interval,
            alert: AlertConfiguration(warning: .absolute(100), critical: .absolute(50)),
            forecast: ForecastConfiguration(warnWithin: nil), fields: [Field(name: "site", value: site)])
    }

    static func pack(_ hsms: [HSMConfiguration]) throws -> JSONValue {
        let output = OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "127.0.0.1", port: 12_201)])
        let pack = ContentPack(
            [Configuration(source: source, hsms: hsms, outputs: [output])],
            try ContentPackOptions(
                recipients: ["soc@bank.example"], webhook: "https://soc.bank.example/hsm",
                runbook: "https://wiki.bank.example/hsm"))
        var parser = JSONParser(pack.json(revision: 1))
        return try parser.value()
    }

    static func available(_ number: Int, of total: Int = 256) throws -> Outcome {
        .reading(try #require(Reading(available: number, total: total)), reply: "<2223#\(number)#\(total)#>")
    }

    static func failure(_ kind: Failure.Kind, _ detail: String) -> Outcome {
        .failure(Failure(kind, detail))
    }

    /// That an output delivers again.
    static func back(_ output: String, _ recovery: Outage.Recovery) -> ServiceAction {
        .outputUp(
            output: output, endpoint: endpoint, outage: recovery.lasted, waiting: recovery.waiting, resent: 0,
            rewound: 0, dropped: 0, wasLasting: recovery.wasLasting)
    }

    var mails: [SentNotification] { processor.notifications.filter { $0.subject != nil } }

    /// Lets time pass, in which each HSM is probed at its interval with the outcome that `outcome` gives.
    mutating func run(for duration: Duration, _ outcome: (_ hsm: String, _ seconds: Int) throws -> Outcome) throws {
        let end = now.milliseconds + duration.wholeMilliseconds
        while now.milliseconds < end {
            let seconds = Int((now.milliseconds - Self.midnight.milliseconds) / 1000)
            if beats { try probe(seconds, outcome) }
            if let lasted = outage.deadlinePassed(at: instant) { try sayDown(lasted) }
            now.milliseconds += Self.interval.wholeMilliseconds
            processor.advance(to: now)
        }
    }

    /// Graylog is not reached from now on.
    mutating func cut() throws {
        guard outage.lost(at: instant) else { return }
        try sayDown(nil)
    }

    /// Graylog is reached again: what waited arrives in its order, and then how long it took.
    mutating func restore() throws {
        outage.connected(waiting: waiting.count)
        guard let recovery = outage.confirmed(isAll: true, at: instant) else { return }
        for message in waiting { processor.store(message, at: now) }
        waiting = []
        try say(Self.back(Self.output, recovery))
    }

    private mutating func sayDown(_ lasted: Duration?) throws {
        try say(.outputDown(output: Self.output, endpoint: Self.endpoint, reason: "closed", lasted: lasted))
    }

    /// Something that hsmwatch says of itself.
    mutating func say(_ action: ServiceAction) throws {
        deliver(try stored(Event(timestamp: hsmwatchTime, content: .service(action))))
    }

    // MARK: One moment

    private var instant: Instant { Instant(nanoseconds: now.milliseconds * 1_000_000) }

    private var hsmwatchTime: Timestamp {
        Timestamp(milliseconds: now.milliseconds + clock.wholeMilliseconds)
    }

    private mutating func probe(_ seconds: Int, _ outcome: (String, Int) throws -> Outcome) throws {
        for index in fleet.indices {
            let answer = try outcome(fleet[index].subject.name, seconds)
            if let change = fleet[index].observe(answer, at: hsmwatchTime) { deliver(try stored(change)) }
        }
        guard seconds.isMultiple(of: 60) else { return }
        deliver(try stored(Event(timestamp: hsmwatchTime, content: .heartbeat(beat))))
        for reminder in fleet.compactMap({ $0.reminder(at: hsmwatchTime) }) { deliver(try stored(reminder)) }
    }

    private mutating func deliver(_ message: StoredMessage) {
        if outage.isDown { waiting.append(message) } else { processor.store(message, at: now) }
    }

    private mutating func stored(_ event: Event) throws -> StoredMessage {
        sequence += 1
        let body = encoder.encode(event).numbered(instance: "0f3c9a52d1e84b67", sequence: sequence)
        guard case .stored(let message) = GELFRules.decode(body, from: "127.0.0.1", at: now) else {
            throw NotStored(body: String(decoding: body, as: UTF8.self))
        }
        return message
    }

    /// A message of hsmwatch that Graylog would drop.
    struct NotStored: Error {
        let body: String
    }
}

extension AlertStage {
    /// A change to critical as Graylog stores it, over GELF or over syslog.
    static func change(throughSyslog: Bool = false) throws -> StoredMessage {
        let time = Timestamp(milliseconds: midnight.milliseconds + 1000)
        var hsm = WatchedHSM(Self.hsm())
        let event = try #require(hsm.observe(try available(12), at: time))
        let body = MessageEncoder(source: source).encode(event).numbered(instance: "0f3c9a52d1e84b67", sequence: 1)
        var decoded = GELFRules.decode(body, from: "127.0.0.1", at: time)
        if throughSyslog {
            let encoder = SyslogEncoder(SyslogConfiguration()) { _ in .utc }
            decoded = SyslogRules.decode(encoder.encode(body, spooledAt: time), from: "127.0.0.1", at: time)
        }
        guard case .stored(let message) = decoded else { throw NotStored(body: String(decoding: body, as: UTF8.self)) }
        return message
    }
}

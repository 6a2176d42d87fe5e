// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Testing

/// Minutes of an hsmwatch in virtual time, what Graylog has stored of them, and the alerts that a pack raises then.
struct AlertStage {
    static let source = "monitor-1.example.net"

    private let rules: [AlertRule]
    private let hsms: [HSMConfiguration]
    private let heartbeat: Duration
    private var assessors: [Assessor]
    private let encoder = MessageEncoder(source: Self.source)
    private var sequence = 0
    private(set) var now = Timestamp(milliseconds: 1_785_432_000_000)
    private(set) var messages: [StoredMessage] = []

    /// - Parameter packed: the HSMs as they were when the pack was made; nil: as they are.
    init(_ hsms: [HSMConfiguration], heartbeat: Duration = .seconds(60), packed: [HSMConfiguration]? = nil) throws {
        self.hsms = hsms
        self.heartbeat = heartbeat
        assessors = hsms.map { Assessor(alert: $0.alert, forecast: $0.forecast, startedAt: Instant(nanoseconds: 0)) }
        let configuration = Configuration(
            source: Self.source, heartbeat: heartbeat, hsms: packed ?? hsms,
            outputs: [OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "127.0.0.1", port: 12_201)])])
        let pack = try ContentPack([configuration], ContentPackOptions())
        var parser = JSONParser(pack.json(revision: 1))
        rules = try AlertRule.rules(of: try parser.value())
    }

    /// Lets a minute pass, in which an HSM is probed at its interval with this outcome; nil: it is not probed. Answers the
    /// alerts at its end.
    mutating func minute(
        beats: Bool = true, _ outcome: (_ hsm: String, _ number: Int) -> Outcome?
    ) throws -> [AlertRule.RaisedAlert] {
        let start = now
        for (place, hsm) in hsms.enumerated() {
            for number in 0..<max(1, Int(60_000 / hsm.interval.wholeMilliseconds)) {
                now = Timestamp(milliseconds: start.milliseconds + Int64(number) * hsm.interval.wholeMilliseconds)
                guard let outcome = outcome(hsm.name, number) else { continue }
                let observation = Observation(
                    outcome: outcome, instant: Instant(nanoseconds: now.milliseconds * 1_000_000), timestamp: now,
                    latency: .microseconds(421))
                let assessment = assessors[place].assess(observation)
                let subject = Subject(name: hsm.name, address: hsm.address, queryPort: nil, fields: [])
                try Event.telling(of: subject, observation, assessment).forEach { try store($0) }
            }
        }
        now = start
        if beats {
            let beat = Heartbeat(
                states: [:], probes: 0, probesFailed: 0, probesSkipped: 0, spooled: 0, dropped: 7, uptime: .zero)
            try store(Event(timestamp: start, content: .heartbeat(beat)))
        }
        now = Timestamp(milliseconds: start.milliseconds + 60_000)
        return rules.flatMap { $0.alerts(in: messages, at: now) }
    }

    /// Something that hsmwatch says of itself now.
    mutating func say(_ action: ServiceAction) throws {
        try store(Event(timestamp: now, content: .service(action)))
    }

    private mutating func store(_ event: Event) throws {
        sequence += 1
        let body = encoder.encode(event).numbered(instance: "0f3c9a52d1e84b67", sequence: sequence)
        guard case .stored(let message) = GELFRules.decode(body, from: "127.0.0.1", at: now) else {
            Issue.record("not stored: \(String(decoding: body, as: UTF8.self))")
            return
        }
        messages.append(message)
    }
}

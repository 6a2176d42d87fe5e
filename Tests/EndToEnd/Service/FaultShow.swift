// SPDX-License-Identifier: Apache-2.0

import Glibc
import HSMWatchCore
import TestSupport
import Testing

@testable import HSMWatchSimulation

/// The service for 6 seconds beside HSMs of every fault, each polled every 200 ms: what they saw, and what Graylog got.
struct FaultShow: Sendable {
    /// How many sockets an HSM had left, from when to when at the most.
    struct Truth: Sendable {
        let available: Int
        let from: Timestamp
        var to: Timestamp?

        /// Whether it was so at some moment of a probe.
        func held(from start: Timestamp, to end: Timestamp) -> Bool {
            from <= end && to.map { start <= $0 } ?? true
        }
    }

    /// One HSM, as it was itself.
    struct Side: Sendable {
        let facts: HSMFacts
        let truths: [Truth]
    }

    private(set) var mail = Mail()
    private(set) var sides: [String: Side] = [:]
    private(set) var record = Child.Record()

    private static let interval = Duration.milliseconds(200)
    private static let probes = 30

    /// The one performance, for all that is to be said about it.
    static let performance = Task { try await play() }

    private static func play() async throws -> FaultShow {
        try await Stage.play { stage in
            let graylog = try await stage.graylog()
            var hsms: [(FaultyHSM, HSMSimulator)] = []
            for faulty in FaultyHSM.all {
                hsms.append((faulty, try await stage.hsm(faulty.behaviour)))
            }
            var configuration = ConfigurationText(
                to: graylog, hsms: hsms.map { ConfigurationText.entry($0.name, $1, $0.options) })
            configuration.timing = "interval: 200ms, timeout: 150ms, alert: {critical: 40}"
            let begin = Timestamp.now
            let service = try stage.service(configuration)

            var show = FaultShow()
            let truths = try await withThrowingTaskGroup { group in
                for (faulty, hsm) in hsms {
                    group.addTask { (faulty.name, try await live(faulty, hsm, since: begin)) }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            show.record = try await service.ended(by: SIGTERM)
            try await show.mail.collect(from: graylog) { $0.tells("stopping") }
            for (faulty, hsm) in hsms {
                show.sides[faulty.name] = Side(facts: await hsm.facts, truths: truths[faulty.name] ?? [])
            }
            return show
        }
    }

    /// Changes what the HSM has, a part of its probes each, until it was asked as often as 6 seconds allow.
    private static func live(_ faulty: FaultyHSM, _ hsm: HSMSimulator, since begin: Timestamp) async throws -> [Truth] {
        var truths = [Truth(available: faulty.seen(inUse: faulty.behaviour.inUse), from: begin)]
        guard case .readings = faulty.expected else { return truths }
        let requests = probes * faulty.frames.count
        let acts = faulty.laterInUse.count + 1
        for (act, inUse) in faulty.laterInUse.enumerated() {
            _ = try await hsm.facts(within: patience) { $0.requests >= requests * (act + 1) / acts }
            let before = Timestamp.now
            try await hsm.change { $0.inUse = inUse }
            truths[act].to = .now
            truths.append(Truth(available: faulty.seen(inUse: inUse), from: before))
        }
        _ = try await hsm.facts(within: patience) { $0.requests >= requests }
        return truths
    }
}

extension FaultyHSM {
    /// What the monitor must see: it has one of the sockets itself, as long as there is one.
    fileprivate func seen(inUse: Int) -> Int {
        max(0, behaviour.total - inUse - 1)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// How many probes there were.
package struct ProbeCounts: Hashable, Sendable {
    package private(set) var probes = 0
    /// Probes of which at least one query failed.
    package private(set) var failed = 0
    /// Ticks that found the previous probe still running.
    package private(set) var skipped = 0

    package init() {}

    /// Counts one probe. A tick at which no query may be asked, because the HSM has rejected them all, counts as
    /// nothing.
    package mutating func noteProbe(of outcomes: [Outcome]) {
        guard !outcomes.isEmpty else { return }
        probes += 1
        if outcomes.contains(where: \.isFailure) { failed += 1 }
    }

    package mutating func noteSkipped(_ count: Int) {
        skipped += count
    }

    package static func += (sum: inout ProbeCounts, counts: ProbeCounts) {
        sum.probes += counts.probes
        sum.failed += counts.failed
        sum.skipped += counts.skipped
    }
}

/// How all HSMs are at one moment: for the heartbeat and systemd's status line.
package struct FleetStatus: Sendable {
    /// HSMs that the status line names for each state that is not ok.
    package static let namesShown = 3

    /// How one HSM is.
    package struct Member: Hashable, Sendable {
        let name: String
        let state: HSMState
        /// The last one, also after failures.
        let reading: Reading?

        package init(name: String, state: HSMState, reading: Reading?) {
            self.name = name
            self.state = state
            self.reading = reading
        }

        /// The query port that is worst off speaks for the HSM; of two in the same state the one with less available.
        package init(name: String, _ queries: [WatchedQuery]) {
            let worst = queries.max { Self.gravity(of: $0) < Self.gravity(of: $1) }
            self.init(name: name, state: worst?.state ?? .unknown, reading: worst?.reading)
        }

        private static func gravity(of query: WatchedQuery) -> (Int, Int) {
            (query.state.gravity, -(query.reading?.available ?? 0))
        }

        /// `khi-2: 12 of 256 available`
        fileprivate var text: String {
            switch state {
            case .ok, .warning, .critical: reading.map { "\(name): \($0.available) of \($0.total) available" } ?? name
            case .unreachable, .unknown: name
            }
        }
    }

    /// In the order of the configuration.
    private let members: [Member]

    package init(_ members: [Member]) {
        self.members = members
    }

    /// HSMs in each state; every state has an entry.
    package var states: [HSMState: Int] {
        var counts = Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, 0) })
        for member in members { counts[member.state, default: 0] += 1 }
        return counts
    }

    /// `4 HSMs: 3 ok, 1 critical (khi-2: 12 of 256 available) · 0 queued`
    package func line(queued: Int) -> String {
        let groups = HSMState.allCases.compactMap { state -> String? in
            let group = members.filter { $0.state == state }
            guard !group.isEmpty else { return nil }
            guard state != .ok else { return "\(group.count) ok" }
            let names = group.prefix(Self.namesShown).map(\.text)
            let rest = group.count > Self.namesShown ? ", …" : ""
            return "\(group.count) \(state.rawValue) (\(names.joined(separator: ", "))\(rest))"
        }
        return "\(counted(members.count, "HSM")): \(groups.joined(separator: ", ")) · \(queued) queued"
    }
}

extension HSMState {
    /// Which state speaks for an HSM with several query ports: the highest.
    var gravity: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .unknown: 2
        case .unreachable: 3
        case .critical: 4
        }
    }
}

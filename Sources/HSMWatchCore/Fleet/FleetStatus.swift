// SPDX-License-Identifier: Apache-2.0

/// How all HSMs are right now, and what was counted since the start: for the heartbeat and systemd's status line.
package struct FleetStatus: Sendable {
    /// HSMs that the status line names for each state that is not ok.
    package static let namesShown = 3

    private struct Seen {
        var state = HSMState.unknown
        var reading: Reading?

        var gravity: (Int, Int) { (state.gravity, -(reading?.available ?? 0)) }
    }

    private struct Member {
        let name: String
        var queries: [Query: Seen]

        /// The query port that is worst off speaks for the HSM; of two in the same state the one with less available.
        var worst: Seen { queries.values.max { $0.gravity < $1.gravity } ?? Seen() }
    }

    /// By number.
    private var members: [Int: Member] = [:]
    private var added = 0
    package private(set) var probes = 0
    package private(set) var probesFailed = 0
    package private(set) var probesSkipped = 0

    package init() {}

    /// Adds an HSM; answers its number, which no other gets.
    package mutating func add(name: String, queries: [Query]) -> Int {
        defer { added += 1 }
        members[added] = Member(name: name, queries: Dictionary(uniqueKeysWithValues: queries.map { ($0, Seen()) }))
        return added
    }

    /// Goes on with other queries of an HSM; those that stay keep what is known of them.
    package mutating func change(_ number: Int, queries: [Query]) {
        guard let member = members[number] else { return }
        members[number]?.queries = Dictionary(
            uniqueKeysWithValues: queries.map { ($0, member.queries[$0] ?? Seen()) })
    }

    /// Forgets an HSM; what was counted stays.
    package mutating func remove(_ number: Int) {
        members[number] = nil
    }

    /// Notes how one query of the HSM with this number is.
    package mutating func note(_ number: Int, query: Query, outcome: Outcome, state: HSMState) {
        switch outcome {
        case .reading(let reading, _):
            members[number]?.queries[query] = Seen(state: state, reading: reading)
        case .failure:
            members[number]?.queries[query]?.state = state
        }
    }

    /// Counts one probe: failed if any of its queries failed. A tick at which no query may be asked, because the HSM has
    /// rejected them all, is left out on purpose: it counts as nothing.
    package mutating func noteProbe(of outcomes: [Outcome]) {
        guard !outcomes.isEmpty else { return }
        probes += 1
        if outcomes.contains(where: \.isFailure) {
            probesFailed += 1
        }
    }

    /// Counts ticks that found the previous probe still running.
    package mutating func noteSkipped(_ count: Int) {
        probesSkipped += count
    }

    /// HSMs in each state; every state has an entry.
    package var states: [HSMState: Int] {
        var counts = Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, 0) })
        for member in members.values {
            counts[member.worst.state, default: 0] += 1
        }
        return counts
    }

    /// `4 HSMs: 3 ok, 1 critical (khi-2: 12 of 256 available) · 0 queued`
    package func line(queued: Int) -> String {
        let worst = members.sorted { $0.key < $1.key }.map { (name: $0.value.name, seen: $0.value.worst) }
        let groups = HSMState.allCases.compactMap { state -> String? in
            let group = worst.filter { $0.seen.state == state }
            guard !group.isEmpty else { return nil }
            guard state != .ok else { return "\(group.count) ok" }
            let names = group.prefix(Self.namesShown).map { Self.describe($0.name, $0.seen) }
            let rest = group.count > Self.namesShown ? ", …" : ""
            return "\(group.count) \(state.rawValue) (\(names.joined(separator: ", "))\(rest))"
        }
        return "\(counted(members.count, "HSM")): \(groups.joined(separator: ", ")) · \(queued) queued"
    }

    private static func describe(_ name: String, _ seen: Seen) -> String {
        switch seen.state {
        case .ok, .warning, .critical:
            seen.reading.map { "\(name): \($0.available) of \($0.total) available" } ?? name
        case .unreachable, .unknown:
            name
        }
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

// SPDX-License-Identifier: Apache-2.0

/// A snapshot as lines for a person: what is watched and how it is, the HSMs, the outputs.
package struct StatusReport {
    private let snapshot: Snapshot
    private let columns: Int?
    private let hsmTable: HSMTable
    private let outputTable: OutputTable

    /// - Parameter columns: of the terminal; nil when there is none, and then nothing is cut.
    package init(_ snapshot: Snapshot, columns: Int?) {
        self.snapshot = snapshot
        self.columns = columns
        hsmTable = HSMTable(snapshot.hsms, columns: columns, now: snapshot.takenAt)
        outputTable = OutputTable(snapshot.outputs, columns: columns, now: snapshot.takenAt)
    }

    /// All of it. An error of an output may be longer than a line, and is then left to the terminal to break.
    package func lines(_ order: StatusOrder = StatusOrder()) -> [StyledLine] {
        head + [StyledLine(), hsmHeader] + hsmRows(order) + [StyledLine()] + outputLines
    }

    /// What runs, the HSMs by state, what was counted.
    var head: [StyledLine] {
        let (process, counts) = (snapshot.process, snapshot.counts)
        var first = StyledLine("hsmwatch \(process.version)", .bold)
        first.append(", up \(ShortText.seconds(Int(counts.uptime.wholeSeconds))), process \(process.identifier)")
        if let configuration = process.configuration { first.append(", \(configuration)") }
        let storage = snapshot.storage == .memory ? " in memory, the disk fails" : ""
        var third = StyledLine("\(counted(counts.probes, "probe")), \(counts.probesFailed) failed, ")
        third.append("\(counts.probesSkipped) skipped; ")
        third.append("\(counted(counts.spooled, "message")) spooled\(storage), ", storage.isEmpty ? nil : .red)
        third.append("\(counts.dropped) dropped", counts.dropped > 0 ? .red : nil)
        return [first, states, third]
    }

    var hsmHeader: StyledLine { hsmTable.header }

    func hsmRows(_ order: StatusOrder) -> [StyledLine] {
        order.sorted(snapshot.hsms).map(hsmTable.row)
    }

    /// The rows from one index on, as many of them as there are.
    func hsmRows(_ order: StatusOrder, from offset: Int, count: Int) -> [StyledLine] {
        order.sorted(snapshot.hsms).dropFirst(offset).prefix(count).map(hsmTable.row)
    }

    var outputLines: [StyledLine] {
        [outputTable.header] + snapshot.outputs.flatMap(outputTable.rows)
    }

    /// `5 HSMs: 3 ok, 1 warning, 1 critical; 2 overdue; clock not synchronised for 25m`
    private var states: StyledLine {
        let total = snapshot.counts.total
        var line = StyledLine(counted(total, "HSM"), .bold)
        var separator = ": "
        for state in HSMState.allCases {
            guard let count = snapshot.counts.states[state], count > 0 else { continue }
            line.append(separator)
            line.append("\(count) \(state.rawValue)", state.style)
            separator = ", "
        }
        if snapshot.counts.hsmsOverdue > 0 {
            line.append("; ")
            line.append("\(snapshot.counts.hsmsOverdue) overdue", .red)
        }
        if let clock = snapshot.clockUnsynchronised {
            line.append("; ")
            line.append("clock not synchronised for \(ShortText.seconds(Int(clock.wholeSeconds)))", .red)
        }
        return line
    }
}

/// In what order the HSMs are shown.
package struct StatusOrder: Equatable, Sendable {
    /// What HSMs are sorted by. The most important come first, and unknown values come last.
    package enum Key: CaseIterable, Sendable {
        /// The worst first.
        case state
        /// As people count: `khi-2` before `khi-10`.
        case name
        /// The fewest first.
        case available
        /// The slowest first.
        case latency
        /// What has changed last first.
        case since
        /// What is used up soonest first.
        case forecast
    }

    package var key: Key
    package var isReversed: Bool

    package init(_ key: Key = .state, isReversed: Bool = false) {
        self.key = key
        self.isReversed = isReversed
    }

    /// The HSMs in this order; those that are equal stay in the order of the configuration.
    package func sorted(_ hsms: [HSMSnapshot]) -> [HSMSnapshot] {
        let ordered: [HSMSnapshot]
        switch key {
        case .state: ordered = sorted(hsms) { -$0.state.gravity }
        case .name: ordered = hsms.sorted { Self.counts($0.name, before: $1.name) }
        case .available: ordered = sorted(hsms) { $0.status.available ?? .max }
        case .latency: ordered = sorted(hsms) { $0.status.latency.map { -$0.wholeNanoseconds } ?? 1 }
        case .since: ordered = sorted(hsms) { -$0.status.since.instant.nanoseconds }
        case .forecast: ordered = sorted(hsms) { $0.status.exhaustionSeconds ?? .max }
        }
        return isReversed ? ordered.reversed() : ordered
    }

    /// Each value is computed once. Swift's sort is stable.
    private func sorted<Value: Comparable>(
        _ hsms: [HSMSnapshot], by value: (HSMSnapshot) -> Value
    ) -> [HSMSnapshot] {
        hsms.map { (value($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// Compares byte by byte, but a run of digits as a number.
    private static func counts(_ left: String, before right: String) -> Bool {
        var (left, right) = (left.utf8[...], right.utf8[...])
        while let a = left.first, let b = right.first {
            let (runA, runB) = (digits(left), digits(right))
            if !runA.isEmpty, !runB.isEmpty {
                if runA.count != runB.count { return runA.count < runB.count }
                if !runA.elementsEqual(runB) { return runA.lexicographicallyPrecedes(runB) }
                left = left.dropFirst(prefixLength(left))
                right = right.dropFirst(prefixLength(right))
            } else if a != b {
                return a < b
            } else {
                left = left.dropFirst()
                right = right.dropFirst()
            }
        }
        return left.isEmpty && !right.isEmpty
    }

    /// The digits at the beginning, without zeros that do not count.
    private static func digits(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let run = text.prefix { isDigit($0) }
        let counting = run.drop { $0 == UInt8(ascii: "0") }
        return counting.isEmpty ? run.suffix(1) : counting
    }

    private static func prefixLength(_ text: Substring.UTF8View) -> Int {
        text.prefix { isDigit($0) }.count
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

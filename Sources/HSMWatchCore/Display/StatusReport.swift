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

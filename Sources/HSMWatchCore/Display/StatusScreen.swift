// SPDX-License-Identifier: Apache-2.0

/// `hsmwatch status --watch` on a whole terminal: a pure function of what is known, what is looked at and how large the
/// terminal is.
package struct StatusScreen {
    /// Whether what is shown is how things are.
    package enum Link: Equatable, Sendable {
        /// Nothing was answered yet.
        case connecting
        case current
        /// The service does not answer any more, for a reason and for so many seconds.
        case lost(String, seconds: Int)
    }

    package struct Size: Equatable, Sendable {
        package let rows: Int
        package let columns: Int

        package init(rows: Int, columns: Int) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Tells the terminal that a frame begins and ends, so that it shows no half of one; others pass it over.
    private static let synchronized = (begin: "\u{1B}[?2026h", end: "\u{1B}[?2026l")
    /// Three lines of head, the table's header, and the keys.
    private static let fixedRows = 5
    private static let toTheTop = "\u{1B}[H"

    private let report: StatusReport?
    private let size: Size
    private let link: Link
    /// HSMs and query ports that there are.
    package let rows: Int
    /// How many of them are shown at a time.
    package let page: Int
    private let footer: [StyledLine]

    package init(_ snapshot: Snapshot?, link: Link, size: Size) {
        self.size = size
        self.link = link
        report = snapshot.map { StatusReport($0, columns: size.columns) }
        rows = snapshot?.hsms.count ?? 0
        footer = Self.shortened(report?.outputLines ?? [], to: max(2, size.rows / 3))
        page = max(1, size.rows - Self.fixedRows - footer.count)
    }

    /// Exactly as many lines as the terminal has rows, each as wide as the terminal.
    package func lines(_ view: StatusView) -> [StyledLine] {
        var lines = head(view)
        if let report {
            var header = StyledLine()
            header.append(report.hsmHeader.text(isColoured: false), .reverse)
            lines.append(header.filled(to: size.columns, .reverse))
            lines += report.hsmRows(view.order, from: view.offset, count: page)
            if rows < page { lines.append(StyledLine()) }
            lines += footer
        }
        let shown = lines.prefix(max(0, size.rows - 1))
        let blank = Array(repeating: StyledLine(), count: max(0, size.rows - 1 - shown.count))
        return (shown + blank + [keys(view)]).map { $0.filled(to: size.columns) }
    }

    /// The lines as one piece for the terminal: every cell is written, so that nothing has to be erased.
    package func frame(_ view: StatusView) -> String {
        let lines = lines(view).map { $0.text(isColoured: true) }
        return Self.synchronized.begin + Self.toTheTop + lines.joined(separator: "\r\n") + Self.synchronized.end
    }

    private func head(_ view: StatusView) -> [StyledLine] {
        var lines = report?.head ?? [StyledLine()]
        switch link {
        case .connecting:
            lines[0] = StyledLine("asking the service …", .bold)
        case .current:
            break
        case .lost(let reason, let seconds):
            let text = report == nil ? reason : "as it was \(ShortText.seconds(seconds)) ago: \(reason)"
            var line = StyledLine()
            line.append(" \(text); trying again ", .whiteOnRed)
            lines[0] = line
        }
        if rows > page, lines.count > 1 {
            let last = min(rows, view.offset + page)
            let position = "\(view.offset + 1)–\(last) of \(rows)"
            lines[1] = lines[1].filled(to: max(0, size.columns - position.count))
            lines[1].append(position)
        }
        return lines
    }

    private func keys(_ view: StatusView) -> StyledLine {
        var line = StyledLine()
        for (key, word) in [("q", "quit"), ("↑↓", "scroll"), ("r", "reverse")] {
            line.append(key, .bold)
            line.append(" \(word) ")
        }
        line.append("· by")
        for key in StatusOrder.Key.allCases {
            line.append(" ")
            line.append("\(key.letter)", key == view.order.key ? .reverse : .bold)
            line.append(" \(key.label)", key == view.order.key ? .reverse : nil)
        }
        return line
    }

    private static func shortened(_ lines: [StyledLine], to limit: Int) -> [StyledLine] {
        guard lines.count > limit else { return lines }
        return lines.prefix(limit - 1) + [StyledLine("… \(lines.count - limit + 1) lines more")]
    }
}

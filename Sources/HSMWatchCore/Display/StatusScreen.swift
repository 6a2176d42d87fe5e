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

/// Which part of the table is shown, and in what order: changed by keys.
package struct StatusView: Equatable, Sendable {
    /// What a key asks for.
    package enum Action: Equatable, Sendable {
        case none
        /// Something else is to be shown.
        case redraw
        case quit
    }

    package private(set) var order = StatusOrder()
    /// Rows above the first one that is shown.
    package private(set) var offset = 0

    package init() {}

    /// - Parameters:
    ///   - page: rows that are shown at a time.
    ///   - rows: how many there are.
    package mutating func handle(_ key: Key, page: Int, of rows: Int) -> Action {
        let before = self
        switch key {
        case .interrupt, .character("q"), .character("Q"): return .quit
        case .up, .character("k"): offset -= 1
        case .down, .character("j"): offset += 1
        case .pageUp, .character("b"): offset -= page
        case .pageDown, .character(" "): offset += page
        case .home, .character("g"): offset = 0
        case .end, .character("G"): offset = rows
        case .character("r"): order.isReversed.toggle()
        case .character(let letter): sort(by: letter)
        }
        stay(within: rows, page: page)
        return self == before ? .none : .redraw
    }

    /// Goes back to the last full page when there are fewer rows, or more fit.
    package mutating func stay(within rows: Int, page: Int) {
        offset = max(0, min(offset, rows - page))
    }

    private mutating func sort(by letter: Character) {
        guard let key = StatusOrder.Key.allCases.first(where: { $0.letter == letter }) else { return }
        order = StatusOrder(key)
        offset = 0
    }
}

extension StatusOrder.Key {
    /// What is typed for it.
    var letter: Character {
        switch self {
        case .state: "s"
        case .name: "n"
        case .available: "a"
        case .latency: "l"
        case .since: "c"
        case .forecast: "e"
        }
    }

    /// What it is called beside its letter.
    var label: String {
        switch self {
        case .state: "state"
        case .name: "name"
        case .available: "avail"
        case .latency: "lat"
        case .since: "since"
        case .forecast: "empty"
        }
    }
}

/// What was typed on a terminal.
package enum Key: Equatable, Sendable {
    case up, down, pageUp, pageDown, home, end
    /// A printable character of ASCII.
    case character(Character)
    /// Ctrl-C.
    case interrupt
}

/// Makes keys of the bytes that a terminal in raw mode sends (ECMA-48, and xterm's sequences for the keys).
///
///     ground ──ESC──▶ escape ──[ or O──▶ sequence ──final byte──▶ ground
///
/// Unknown bytes are skipped. A lone Escape means nothing: it looks like the beginning of a key.
package struct KeyDecoder: Sendable {
    private enum State {
        case ground
        case escape
        /// The parameters so far.
        case sequence([UInt8])
    }

    /// Parameter bytes of a sequence; a longer one is passed over.
    private static let longestSequence = 16
    private static let escape: UInt8 = 0x1B
    private static let controlC: UInt8 = 0x03

    private var state = State.ground

    package init() {}

    package mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        bytes.compactMap { decode($0) }
    }

    private mutating func decode(_ byte: UInt8) -> Key? {
        if byte == Self.escape {
            state = .escape
            return nil
        }
        switch state {
        case .ground:
            return Self.plain(byte)
        case .escape:
            let isIntroducer = byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O")
            state = isIntroducer ? .sequence([]) : .ground
            return isIntroducer ? nil : Self.plain(byte)
        case .sequence(let parameters):
            let isFinal = (0x40...0x7E).contains(byte)
            let isTooLong = parameters.count >= Self.longestSequence
            state = isFinal || isTooLong ? .ground : .sequence(parameters + [byte])
            return isFinal ? Self.special(byte, parameters) : nil
        }
    }

    private static func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case controlC: .interrupt
        case 0x20...0x7E: .character(Character(Unicode.Scalar(byte)))
        default: nil
        }
    }

    private static func special(_ final: UInt8, _ parameters: [UInt8]) -> Key? {
        switch (Character(Unicode.Scalar(final)), String(decoding: parameters, as: UTF8.self)) {
        case ("A", _): .up
        case ("B", _): .down
        case ("H", _), ("~", "1"), ("~", "7"): .home
        case ("F", _), ("~", "4"), ("~", "8"): .end
        case ("~", "5"): .pageUp
        case ("~", "6"): .pageDown
        case (_, _): nil
        }
    }
}

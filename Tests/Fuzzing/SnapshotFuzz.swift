// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import HSMWatchCore

/// What `hsmwatch status` is answered: arbitrary bytes read as it reads them, or a snapshot with arbitrary texts and
/// numbers, written and read again. Whatever can be read is drawn, and no byte of it commands the terminal.
enum SnapshotFuzz {
    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        let kind = input.byte()
        let size = StatusScreen.Size(rows: Int(input.byte() % 32), columns: Int(input.byte()))
        var keys = KeyDecoder()
        let typed = keys.decode(input.piece())
        let snapshot: Snapshot
        if kind & 1 == 0 {
            guard let read = read(input.piece()) else { return }
            snapshot = read
        } else {
            snapshot = made(&input)
            let json = snapshot.json
            try requirePlain(json.dropLast())
            try require(read(json) == snapshot, "means something else: \(String(decoding: json, as: UTF8.self))")
        }
        if kind & 2 == 0 {
            try drawReport(snapshot, columns: kind & 4 == 0 ? nil : size.columns)
        } else {
            try drawScreen(snapshot, size, typed, isLost: kind & 4 != 0)
        }
    }

    private static func read(_ bytes: [UInt8]) -> Snapshot? {
        try? JSONDecoder().decode(Snapshot.self, from: Data(bytes))
    }

    private static func drawReport(_ snapshot: Snapshot, columns: Int?) throws(Violation) {
        for line in StatusReport(snapshot, columns: columns).lines() {
            let plain = try withoutColour(line.text(isColoured: true))
            try requireVisible(plain, "a line of the table")
            try require(plain.hasPrefix(line.text(isColoured: false)), "another line without colours: \(plain)")
        }
    }

    private static func drawScreen(
        _ snapshot: Snapshot, _ size: StatusScreen.Size, _ keys: [Key], isLost: Bool
    ) throws(Violation) {
        let link = isLost ? StatusScreen.Link.lost(snapshot.process.version, seconds: .max) : .current
        let screen = StatusScreen(snapshot, link: link, size: size)
        var view = StatusView()
        for key in keys { _ = view.handle(key, page: screen.page, of: screen.rows) }
        let lines = screen.lines(view)
        try require(lines.count == max(1, size.rows), "\(lines.count) lines of \(size.rows)")
        for line in lines {
            try require(line.columns == size.columns, "\(line.columns) columns of \(size.columns)")
            try requireVisible(try withoutColour(line.text(isColoured: true)), "a line of the screen")
        }
    }

    /// The text without its colours; any other sequence is left where it is.
    private static func withoutColour(_ text: String) throws(Violation) -> String {
        guard text.utf8.contains(UInt8(ascii: "\u{1B}")) else { return text }
        var plain = String.UnicodeScalarView()
        for (index, part) in text.unicodeScalars.split(separator: "\u{1B}", omittingEmptySubsequences: false)
            .enumerated()
        {
            let parameters = part.dropFirst().prefix { "0123456789;".unicodeScalars.contains($0) }
            let isColour = part.first == "[" && part[parameters.endIndex...].first == "m"
            try require(index == 0 || isColour, "a sequence of the terminal: \(text.debugDescription)")
            plain += index == 0 ? part : part[parameters.endIndex...].dropFirst()
        }
        return String(plain)
    }

    private static func made(_ input: inout FuzzInput) -> Snapshot {
        let now = Moment(instant: Instant(nanoseconds: 0), timestamp: time(&input))
        let counts = Heartbeat(
            states: Dictionary(uniqueKeysWithValues: HSMState.allCases.map { ($0, input.number(bits: 48)) }),
            probes: input.number(bits: 48), probesFailed: input.number(bits: 48), probesSkipped: input.number(bits: 48),
            spooled: input.number(bits: 48), dropped: input.number(bits: 48),
            hsmsOverdue: input.number(bits: 48), uptime: .seconds(input.number(bits: 48)))
        return Snapshot(
            takenAt: now,
            process: Snapshot.Process(
                version: input.visibleText(), identifier: input.number(bits: 32), startedAt: time(&input),
                configuration: input.flag() ? input.visibleText() : nil),
            counts: counts, storage: input.flag() ? .memory : .disk,
            clockUnsynchronised: input.flag() ? .seconds(input.number(bits: 48)) : nil,
            hsms: (0..<Int(input.byte() % 4)).map { _ in hsm(&input) },
            outputs: (0..<Int(input.byte() % 4)).map { _ in output(&input) })
    }

    private static func hsm(_ input: inout FuzzInput) -> HSMSnapshot {
        var status = QueryStatus(since: moment(&input))
        status.state = input.element(of: HSMState.allCases)
        if input.flag() { status.available = input.number(bits: 48) }
        if input.flag() { status.total = input.number(bits: 48) }
        if input.flag() { status.latency = .microseconds(input.number(bits: 40)) }
        if input.flag() {
            status.failure = Failure(input.element(of: Failure.Kind.allCases), input.visibleText(), errorCode: 22)
        }
        if input.flag() { status.exhaustionSeconds = input.number(bits: 48) }
        for _ in 0..<Int(input.byte() % 32) { status.history.add(input.flag() ? input.number(bits: 32) : nil) }
        let host = input.flag() ? "2001:db8::7" : "hsm-1.example.net"
        return HSMSnapshot(
            name: input.visibleText(), address: HostPort(host: host, port: 9010), queryPort: input.flag() ? 9011 : nil,
            status: status)
    }

    private static func output(_ input: inout FuzzInput) -> OutputSnapshot {
        var status = OutputStatus(endpoint: HostPort(host: "10.10.5.7", port: 12201), at: moment(&input))
        if input.flag() { status.connected(to: status.endpoint, tls: input.visibleText(), at: moment(&input)) }
        if input.flag() { status.lost(status.endpoint, reason: input.visibleText(), at: moment(&input)) }
        if input.flag() { status.confirmed(at: moment(&input)) }
        return OutputSnapshot(
            name: input.visibleText(), kind: input.element(of: OutputKind.allCases),
            confirmation: input.element(of: Confirmation.allCases), status: status, spooled: input.number(bits: 48),
            dropped: input.number(bits: 48))
    }

    private static func moment(_ input: inout FuzzInput) -> Moment {
        let age = Duration.seconds(input.number(bits: 32))
        return Moment(instant: Instant(nanoseconds: 0) - age, timestamp: time(&input))
    }

    private static func time(_ input: inout FuzzInput) -> Timestamp {
        Timestamp(milliseconds: Int64(input.number(bits: 40)) - 1 << 38)
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The outputs as a table, each with its last error on its own line.
struct OutputTable {
    private static let stateWidth = 11
    private static let timeWidth = 5
    private static let tlsWidth = 7
    private static let spooledWidth = 8
    private static let confirmedWidth = 9
    private static let droppedWidth = 7
    private static let shortestName = 6
    private static let shortestEndpoint = 12
    /// Between two columns.
    private static let gap = " "

    private let now: Moment
    private let nameWidth: Int
    private let endpointWidth: Int

    /// - Parameters:
    ///   - columns: of the terminal; without one (nil) nothing is cut.
    ///   - now: what ages are told from.
    init(_ outputs: [OutputSnapshot], columns: Int?, now: Moment) {
        self.now = now
        let name = max(6, outputs.lazy.map { DisplayText.columns(of: $0.name) }.max() ?? 0)
        let endpoint = max(8, outputs.lazy.map { DisplayText.columns(of: $0.status.endpoint.description) }.max() ?? 0)
        guard let columns else {
            nameWidth = name
            endpointWidth = endpoint
            return
        }
        // Between the columns of `header` and `row`, which have the same ones.
        let gaps = 7
        let counts = Self.spooledWidth + Self.confirmedWidth + Self.droppedWidth
        let fixed = gaps + Self.stateWidth + Self.timeWidth + Self.tlsWidth + counts
        let room = max(columns, HSMTable.narrowest) - fixed
        nameWidth = min(name, max(Self.shortestName, room - min(endpoint, Self.shortestEndpoint)))
        endpointWidth = min(endpoint, room - nameWidth)
    }

    var header: StyledLine {
        StyledLine(
            [
                DisplayText.fit("OUTPUT", to: nameWidth), DisplayText.fit("ENDPOINT", to: endpointWidth),
                DisplayText.fit("STATE", to: Self.stateWidth),
                DisplayText.fit("SINCE", to: Self.timeWidth, isRight: true), DisplayText.fit("TLS", to: Self.tlsWidth),
                DisplayText.fit("SPOOLED", to: Self.spooledWidth, isRight: true),
                DisplayText.fit("CONFIRMED", to: Self.confirmedWidth, isRight: true),
                DisplayText.fit("DROPPED", to: Self.droppedWidth, isRight: true),
            ].joined(separator: Self.gap), .bold)
    }

    /// The output, and its last error if there was one.
    func rows(_ output: OutputSnapshot) -> [StyledLine] {
        let status = output.status
        var line = StyledLine(DisplayText.fitName(output.name, to: nameWidth) + Self.gap)
        line.append(DisplayText.fitName("\(status.endpoint)", to: endpointWidth) + Self.gap)
        line.append(status.state.rawValue, status.state.style)
        line.append(String(repeating: " ", count: max(0, Self.stateWidth - status.state.rawValue.count)) + Self.gap)
        line.append(DisplayText.fit(ShortText.age(status.since, at: now), to: Self.timeWidth, isRight: true) + Self.gap)
        line.append(DisplayText.fit(DisplayText.visible(status.tls ?? "-"), to: Self.tlsWidth))
        let confirmed = status.confirmedAt.map { output.confirmation.text(age: ShortText.age($0, at: now)) }
        for (cell, width) in [
            ("\(output.spooled)", Self.spooledWidth), (confirmed ?? "-", Self.confirmedWidth),
            ("\(output.dropped)", Self.droppedWidth),
        ] {
            line.append(Self.gap + DisplayText.fit(cell, to: width, isRight: true))
        }
        guard let error = status.lastError else { return [line] }
        let age = status.lastErrorAt.map { "\(ShortText.age($0, at: now)) ago" } ?? ""
        return [line, StyledLine("  last error \(age): \(error)")]
    }
}

extension Confirmation {
    /// When messages were last delivered, as well as that is known.
    fileprivate func text(age: String) -> String {
        switch self {
        case .read, .answered: "\(age) ago"
        case .acknowledged: "ack \(age)"
        case .sent: "sent \(age)"
        }
    }
}

extension OutputStatus.State {
    fileprivate var style: Style {
        switch self {
        case .connecting, .unconfirmed: .reverse
        case .connected: .green
        case .down: .whiteOnRed
        }
    }
}

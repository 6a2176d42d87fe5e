// SPDX-License-Identifier: Apache-2.0

/// The HSMs as a table: 80 columns at least, wider where there is room.
///
/// Another column needs its place in `header`, `row` and the widths, a key to sort by in `StatusReport`, and a word in
/// the help of `hsmwatch status`.
struct HSMTable {
    /// Columns of the narrowest table.
    static let narrowest = 80

    private static let stateWidth = 11
    private static let timeWidth = 5
    private static let shortestName = 8
    private static let shortestAddress = 10
    private static let shortestBar = 6
    private static let longestBar = 24
    private static let shortestSparkline = 8
    /// `128/256`
    private static let shortestNumbers = 7
    /// Between two columns.
    private static let gap = " "

    private let now: Moment
    private let nameWidth: Int
    private let addressWidth: Int
    private let barWidth: Int
    private let numbersWidth: Int
    private let sparklineWidth: Int

    /// - Parameters:
    ///   - hsms: all that there are, whether shown or not: a row must not move what is above it.
    ///   - columns: of the terminal; without one (nil) no name and no address is cut.
    ///   - now: what ages are told from.
    init(_ hsms: [HSMSnapshot], columns: Int?, now: Moment) {
        self.now = now
        let name = max(4, hsms.lazy.map { DisplayText.columns(of: Self.name(of: $0)) }.max() ?? 0)
        let address = max(7, hsms.lazy.map { DisplayText.columns(of: $0.address.description) }.max() ?? 0)
        numbersWidth = max(Self.shortestNumbers, hsms.lazy.map { Self.numbers(of: $0).utf8.count }.max() ?? 0)
        // Between the columns of `header` and `row`, which have the same ones.
        let gaps = 7
        let fixed =
            gaps + Self.stateWidth + Self.shortestBar + 1 + numbersWidth + Self.shortestSparkline + 3 * Self.timeWidth
        guard let columns else {
            nameWidth = name
            addressWidth = address
            barWidth = Self.shortestBar
            sparklineWidth = Self.shortestSparkline
            return
        }
        let room = max(columns, Self.narrowest) - fixed
        nameWidth = min(name, max(Self.shortestName, room - min(address, Self.shortestAddress)))
        addressWidth = max(0, min(address, room - nameWidth))
        let spare = max(0, room - nameWidth - addressWidth)
        let longer = min(spare, ReadingHistory.capacity - Self.shortestSparkline)
        sparklineWidth = Self.shortestSparkline + longer
        barWidth = Self.shortestBar + min(spare - longer, Self.longestBar - Self.shortestBar)
    }

    private var gaugeWidth: Int { barWidth + 1 + numbersWidth }

    var header: StyledLine {
        StyledLine(
            [
                DisplayText.fit("NAME", to: nameWidth), DisplayText.fit("ADDRESS", to: addressWidth),
                DisplayText.fit("STATE", to: Self.stateWidth), DisplayText.fit("AVAILABLE", to: gaugeWidth),
                DisplayText.fit("LATEST", to: sparklineWidth),
                DisplayText.fit("LAT", to: Self.timeWidth, isRight: true),
                DisplayText.fit("SINCE", to: Self.timeWidth, isRight: true),
                DisplayText.fit("EMPTY", to: Self.timeWidth, isRight: true),
            ].joined(separator: Self.gap), .bold)
    }

    func row(_ hsm: HSMSnapshot) -> StyledLine {
        let status = hsm.status
        var line = StyledLine(DisplayText.fitName(Self.name(of: hsm), to: nameWidth) + Self.gap)
        line.append(DisplayText.fitName(hsm.address.description, to: addressWidth) + Self.gap)
        line.append(hsm.state.rawValue, hsm.state.style)
        line.append(String(repeating: " ", count: max(0, Self.stateWidth - hsm.state.rawValue.count)) + Self.gap)
        line.append(gauge(of: hsm))
        line.append(Self.gap)
        line.append(
            Gauge.sparkline(status.history.readings, of: status.total ?? 0, width: sparklineWidth), hsm.state.gaugeStyle
        )
        let latency = status.failure == nil ? status.latency.map(ShortText.latency) : nil
        let forecast = status.exhaustionSeconds.map(ShortText.seconds)
        for cell in [latency ?? "-", ShortText.age(status.since, at: now), forecast ?? "-"] {
            line.append(Self.gap + DisplayText.fit(cell, to: Self.timeWidth, isRight: true))
        }
        return line
    }

    /// The bar and the numbers; why there are none.
    private func gauge(of hsm: HSMSnapshot) -> StyledLine {
        guard let available = hsm.status.available, let total = hsm.status.total else {
            return StyledLine(DisplayText.fit(absence(of: hsm), to: gaugeWidth))
        }
        var line = StyledLine(Gauge.bar(available, of: total, width: barWidth), hsm.state.gaugeStyle)
        line.append(" " + DisplayText.fit(Self.numbers(of: hsm), to: numbersWidth, isRight: true))
        return line
    }

    private func absence(of hsm: HSMSnapshot) -> String {
        guard let failure = hsm.status.failure else { return "not yet asked" }
        let detail = DisplayText.visible(failure.detail)
        return !detail.isEmpty && DisplayText.columns(of: detail) <= gaugeWidth ? detail : failure.kind.rawValue
    }

    private static func name(of hsm: HSMSnapshot) -> String {
        Subject.label(hsm.name, queryPort: hsm.queryPort)
    }

    private static func numbers(of hsm: HSMSnapshot) -> String {
        guard let available = hsm.status.available, let total = hsm.status.total else { return "" }
        return "\(available)/\(total)"
    }
}

/// A number of sockets, drawn.
enum Gauge {
    /// From a little to all of a column's width (U+258F to U+2589).
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    /// From a little to all of a line's height (U+2581 to U+2588).
    private static let heights = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let empty = "░"
    /// A probe without a reading.
    private static let failed = "×"

    /// A bar of so many columns, filled by the share of `part` in `total`. It is empty only for nothing, and full only
    /// for all.
    static func bar(_ part: Int, of total: Int, width: Int) -> String {
        let steps = width * eighths.count
        var filled = Int((share(part, of: total) * Double(steps)).rounded())
        if part > 0 { filled = max(1, filled) }
        if part < total { filled = min(steps - 1, filled) }
        let (whole, rest) = filled.quotientAndRemainder(dividingBy: eighths.count)
        let drawn = String(repeating: "█", count: whole) + eighths[rest]
        return drawn + String(repeating: empty, count: width - whole - (rest > 0 ? 1 : 0))
    }

    /// The last readings, oldest first, one a column: from nothing to `total`. Right-aligned in so many columns.
    static func sparkline(_ readings: [Int?], of total: Int, width: Int) -> String {
        let drawn = readings.suffix(width).map { reading in
            guard let reading else { return failed }
            return heights[min(heights.count - 1, Int(share(reading, of: total) * Double(heights.count)))]
        }
        return String(repeating: " ", count: width - drawn.count) + drawn.joined()
    }

    private static func share(_ part: Int, of total: Int) -> Double {
        total > 0 ? min(1, max(0, Double(part) / Double(total))) : 0
    }
}

extension HSMState {
    /// How the state's name looks.
    var style: Style {
        switch self {
        case .ok: .green
        case .warning: .blackOnYellow
        case .critical: .whiteOnRed
        case .unreachable: .whiteOnMagenta
        case .unknown: .reverse
        }
    }

    /// How what is drawn of the sockets looks.
    var gaugeStyle: Style? {
        switch self {
        case .ok: .green
        case .warning: .yellow
        case .critical: .red
        case .unreachable, .unknown: .magenta
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Readings of one HSM at a fixed interval, as a function of the second, and what a forecast makes of them.
struct Series {
    /// One reading and the forecast that came with it.
    struct Step {
        let second: Int
        let available: Int
        let forecast: Forecast?

        /// Seconds until the critical threshold, as foreseen.
        var critical: Int? { forecast?.untilCritical.map { Int($0.wholeSeconds) } }
        /// Seconds until no socket is left, as foreseen.
        var exhaustion: Int? { forecast?.untilExhaustion.map { Int($0.wholeSeconds) } }
    }

    /// A window with slots of one minute.
    static let window = 24 * 60
    /// The seconds after which a forecast can come: half of the slots, each complete.
    static let halfWindow = window / 2

    var total = 256
    var critical: Int? = 50
    var interval = 10
    var window = Series.window

    /// The readings of the first `seconds`; where `available` is nil, the probe failed.
    func steps(_ seconds: Int, available: (Int) -> Int?) -> [Step] {
        var forecasts = ForecastWindow(length: .seconds(window))
        return stride(from: 0, to: seconds, by: interval).compactMap { second in
            guard let available = available(second) else { return nil }
            let reading = Reading(available, of: total)
            let forecast = forecasts.add(reading, at: .seconds(second), critical: critical)
            return Step(second: second, available: available, forecast: forecast)
        }
    }
}

extension [Series.Step] {
    /// Those that have a forecast.
    var said: Self { filter { $0.forecast != nil } }

    func from(_ second: Int) -> Self { filter { $0.second >= second } }

    func until(_ second: Int) -> Self { filter { $0.second < second } }
}

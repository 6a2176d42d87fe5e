// SPDX-License-Identifier: Apache-2.0

/// What one mapping, `defaults` or an entry of `hsms`, says about an HSM; nil where it says nothing.
struct HSMSettings {
    var queryPorts: [UInt16]?
    var interval: Located<Duration>?
    var timeout: Located<Duration>?
    var connection: ConnectionMode?
    var lineEnding: LineEnding?
    var warning: Located<Threshold>?
    var critical: Located<Threshold>?
    var raiseAfter: Int?
    var raiseAfterFailures: Int?
    var clearAfter: Int?
    var clearMargin: Int?
    var forecastWindow: Located<Duration>?
    /// Zero: off.
    var warnWithin: Located<Duration>?
    var fields: [Located<Field>] = []
    /// The keys that are written, but wrong: to judge others by the value that stands in for one of them would mislead.
    var misunderstood: Set<String> = []

    /// The keys it understands.
    static let keys = [
        "query_ports", "interval", "timeout", "connection", "line_ending", "alert", "forecast", "fields",
    ]

    /// A mapping that says nothing.
    init() {}

    /// Reads `section`, reporting what is wrong.
    init(_ section: ConfigurationSection, _ problems: inout ConfigurationProblems) {
        queryPorts = Self.queryPorts(section, &problems)
        interval = section.duration("interval", in: ConfigurationLimits.interval, &problems)
        timeout = section.duration("timeout", in: ConfigurationLimits.timeout, &problems)
        note("interval", interval, of: section)
        note("timeout", timeout, of: section)
        connection = section.word("connection", &problems)?.value
        lineEnding = section.word("line_ending", &problems)?.value
        readAlert(section, &problems)
        readForecast(section, &problems)
        fields = FieldReader.fields(section, &problems)
    }

    private mutating func readAlert(_ section: ConfigurationSection, _ problems: inout ConfigurationProblems) {
        let keys = ["warning", "critical", "raise_after", "raise_after_failures", "clear_after", "clear_margin"]
        guard let alert = section.section("alert", keys: keys, &problems) else { return }
        warning = alert.value("warning", &problems, parse: Threshold.init(parsing:))
        critical = alert.value("critical", &problems, parse: Threshold.init(parsing:))
        note("warning", warning, of: alert)
        note("critical", critical, of: alert)
        let observations = ConfigurationLimits.observations
        raiseAfter = alert.number("raise_after", in: observations, &problems)?.value
        raiseAfterFailures = alert.number("raise_after_failures", in: observations, &problems)?.value
        clearAfter = alert.number("clear_after", in: observations, &problems)?.value
        clearMargin = alert.number("clear_margin", in: ConfigurationLimits.clearMargin, &problems)?.value
    }

    /// Remembers a key whose value is wrong.
    private mutating func note<Value>(_ key: String, _ value: Located<Value>?, of section: ConfigurationSection) {
        if !section.understands(key, value) { misunderstood.insert(key) }
    }

    private mutating func readForecast(_ section: ConfigurationSection, _ problems: inout ConfigurationProblems) {
        guard let forecast = section.section("forecast", keys: ["window", "warn_within"], &problems) else { return }
        forecastWindow = forecast.duration("window", in: ConfigurationLimits.forecastWindow, &problems)
        warnWithin = forecast.durationOrZero("warn_within", in: ConfigurationLimits.forecastWarnWithin, &problems)
        note("window", forecastWindow, of: forecast)
    }

    private static func queryPorts(
        _ section: ConfigurationSection, _ problems: inout ConfigurationProblems
    ) -> [UInt16]? {
        guard let list = section.list("query_ports", count: 0...ConfigurationLimits.queryPorts, &problems) else {
            return nil
        }
        var ports: [UInt16] = []
        for (index, node) in list.value.enumerated() {
            let port = ConfigurationSection.value(
                node, path: "\(list.path)[\(index)]", &problems
            ) { text throws(InvalidText) in try HostPort.port(parsing: text) }
            guard let port else { continue }
            if ports.contains(port.value) {
                problems.error(at: port, "duplicate query port \(port.value)")
            }
            ports.append(port.value)
        }
        return ports
    }
}

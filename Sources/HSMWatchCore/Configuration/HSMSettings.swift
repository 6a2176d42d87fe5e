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

/// What a command line says of an HSM, over what a configuration or the defaults say; nil or empty where it says
/// nothing.
package struct HSMOverrides: Sendable {
    package var queryPorts: [UInt16] = []
    package var warning: Threshold?
    package var critical: Threshold?
    package var timeout: Duration?
    package var lineEnding: LineEnding?
    /// Of probes that are repeated; a single one has none.
    package var interval: Duration?

    package init() {}

    /// The HSM with all of this, held to the same rules as an entry of a configuration.
    ///
    /// - Parameter isRepeated: whether it is probed more than once. The timeout of a single probe needs no interval.
    package func applied(
        to base: HSMConfiguration, isRepeated: Bool
    ) throws(InvalidText) -> HSMConfiguration {
        var hsm = base
        if !queryPorts.isEmpty { hsm.queryPorts = try checkedPorts() }
        hsm.lineEnding = lineEnding ?? hsm.lineEnding
        hsm.alert.warning = warning ?? hsm.alert.warning
        hsm.alert.critical = critical ?? hsm.alert.critical
        if let warning = hsm.alert.warning, hsm.alert.critical.isAbove(warning) {
            throw InvalidText(
                "critical \(hsm.alert.critical) is above warning \(warning); "
                    + "allowed: a critical of at most the warning (--critical, --warning)")
        }
        hsm.interval = interval ?? hsm.interval
        // Without --timeout, the configured one is cut to a short interval.
        hsm.timeout = timeout ?? (isRepeated ? min(hsm.timeout, hsm.interval) : hsm.timeout)
        if !isRepeated { hsm.interval = max(hsm.interval, hsm.timeout) }
        guard hsm.timeout <= hsm.interval else {
            throw InvalidText(
                "the timeout \(DurationText.format(hsm.timeout)) is longer than the interval "
                    + "\(DurationText.format(hsm.interval)); allowed: a timeout of at most the interval")
        }
        return hsm
    }

    private func checkedPorts() throws(InvalidText) -> [UInt16] {
        guard queryPorts.count <= ConfigurationLimits.queryPorts else {
            throw InvalidText("\(queryPorts.count) query ports; allowed: at most \(ConfigurationLimits.queryPorts)")
        }
        for (index, port) in queryPorts.enumerated() where queryPorts[..<index].contains(port) {
            throw InvalidText("duplicate query port \(port)")
        }
        return queryPorts
    }
}

/// Merges entries of `hsms` with `defaults`, and checks what shows only in the merged whole.
///
/// What an entry says wins, key by key, also inside `alert`, `forecast` and `fields`. A problem that entries inherit
/// from `defaults` is reported there, and once.
struct HSMMerger {
    let defaults: HSMSettings
    /// Places whose problem was reported.
    private var reported: Set<Mark> = []

    init(defaults: HSMSettings) {
        self.defaults = defaults
    }

    /// Replaces the built-in values of `hsm` by those of `defaults`, and these by those of `entry`.
    mutating func merge(
        _ entry: HSMSettings, into hsm: inout HSMConfiguration, _ problems: inout ConfigurationProblems
    ) {
        hsm.queryPorts = entry.queryPorts ?? defaults.queryPorts ?? hsm.queryPorts
        hsm.connection = entry.connection ?? defaults.connection ?? hsm.connection
        hsm.lineEnding = entry.lineEnding ?? defaults.lineEnding ?? hsm.lineEnding
        mergeTiming(entry, &hsm, &problems)
        mergeAlert(entry, &hsm.alert, &problems)
        mergeForecast(entry, &hsm, &problems)
        mergeFields(entry, &hsm, &problems)
    }

    private mutating func mergeTiming(
        _ entry: HSMSettings, _ hsm: inout HSMConfiguration, _ problems: inout ConfigurationProblems
    ) {
        let interval = entry.interval ?? defaults.interval
        let timeout = entry.timeout ?? defaults.timeout
        hsm.interval = interval?.value ?? hsm.interval
        // Without a configured timeout, the default one is cut to a short interval.
        hsm.timeout = timeout?.value ?? min(hsm.timeout, hsm.interval)
        guard isKnown("interval", entry.interval, entry), isKnown("timeout", entry.timeout, entry) else { return }
        guard hsm.timeout > hsm.interval else { return }
        let culprit = entry.timeout ?? entry.interval ?? timeout
        report(
            culprit,
            "the timeout \(DurationText.format(hsm.timeout))\(origin(of: timeout, beside: culprit)) is longer than the "
                + "interval \(DurationText.format(hsm.interval))\(origin(of: interval, beside: culprit)); "
                + "allowed: a timeout of at most the interval",
            &problems)
    }

    private mutating func mergeAlert(
        _ entry: HSMSettings, _ alert: inout AlertConfiguration, _ problems: inout ConfigurationProblems
    ) {
        let warning = entry.warning ?? defaults.warning
        let critical = entry.critical ?? defaults.critical
        alert.warning = warning?.value
        alert.critical = critical?.value ?? alert.critical
        alert.raiseAfter = entry.raiseAfter ?? defaults.raiseAfter ?? alert.raiseAfter
        alert.raiseAfterFailures = entry.raiseAfterFailures ?? defaults.raiseAfterFailures ?? alert.raiseAfterFailures
        alert.clearAfter = entry.clearAfter ?? defaults.clearAfter ?? alert.clearAfter
        alert.clearMargin = entry.clearMargin ?? defaults.clearMargin ?? alert.clearMargin
        guard isKnown("warning", entry.warning, entry), isKnown("critical", entry.critical, entry) else { return }
        guard let warning, alert.critical.isAbove(warning.value) else { return }
        let culprit = entry.critical ?? entry.warning ?? critical ?? warning
        report(
            culprit,
            "critical \(alert.critical)\(origin(of: critical, beside: culprit)) is above "
                + "warning \(warning.value)\(origin(of: warning, beside: culprit)); "
                + "allowed: a critical of at most the warning",
            &problems)
    }

    private mutating func mergeForecast(
        _ entry: HSMSettings, _ hsm: inout HSMConfiguration, _ problems: inout ConfigurationProblems
    ) {
        let window = entry.forecastWindow ?? defaults.forecastWindow
        let warnWithin = entry.warnWithin ?? defaults.warnWithin
        hsm.forecast.window = window?.value ?? hsm.forecast.window
        if let warnWithin { hsm.forecast.warnWithin = warnWithin.value == .zero ? nil : warnWithin.value }
        guard isKnown("interval", entry.interval, entry), isKnown("window", entry.forecastWindow, entry) else { return }
        let needed = hsm.interval * ConfigurationLimits.intervalsOfForecast
        // By default it warns where it can.
        guard let warnWithin, warnWithin.value > .zero, hsm.forecast.window < needed else { return }
        let culprit = entry.warnWithin ?? entry.forecastWindow ?? entry.interval ?? warnWithin
        guard reported.insert(culprit.mark).inserted else { return }
        problems.warning(
            at: culprit,
            "warn_within never warns: a window of \(DurationText.format(hsm.forecast.window)) has too few readings at an "
                + "interval of \(DurationText.format(hsm.interval)); "
                + "needed: at least \(ConfigurationLimits.intervalsOfForecast) intervals")
    }

    private mutating func mergeFields(
        _ entry: HSMSettings, _ hsm: inout HSMConfiguration, _ problems: inout ConfigurationProblems
    ) {
        let inherited = defaults.fields.map { FieldReader.indexedName($0.value.name) }
        var fields = defaults.fields.map(\.value)
        for field in entry.fields {
            guard let index = inherited.firstIndex(of: FieldReader.indexedName(field.value.name)) else {
                fields.append(field.value)
                continue
            }
            if fields[index].name != field.value.name {
                report(field, FieldReader.collision(field.value.name, with: fields[index].name), &problems)
            }
            fields[index] = field.value
        }
        if fields.count > ConfigurationLimits.fields {
            report(
                entry.fields.last,
                "\(fields.count) fields together with those of defaults; allowed: at most \(ConfigurationLimits.fields)",
                &problems)
        }
        hsm.fields = fields
    }

    /// Whether the merged value of a key, which an entry may give as `own`, is what was meant.
    private func isKnown<Value>(_ key: String, _ own: Located<Value>?, _ entry: HSMSettings) -> Bool {
        own != nil || !(entry.misunderstood.contains(key) || defaults.misunderstood.contains(key))
    }

    /// Where a merged value comes from, when that is neither the entry nor where the problem is reported.
    private func origin<Value>(of value: Located<Value>?, beside culprit: Located<Value>?) -> String {
        guard let value else { return " (the default)" }
        return value.isOfDefaults && culprit?.isOfDefaults == false ? " (from defaults)" : ""
    }

    /// Reports a problem at the value that makes it; a value of `defaults` comes here again with every entry.
    private mutating func report<Value>(
        _ culprit: Located<Value>?, _ message: String, _ problems: inout ConfigurationProblems
    ) {
        guard let culprit, reported.insert(culprit.mark).inserted else { return }
        problems.error(at: culprit, message)
    }
}

extension Located {
    fileprivate var isOfDefaults: Bool { path.hasPrefix("defaults.") }
}

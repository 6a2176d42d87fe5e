// SPDX-License-Identifier: Apache-2.0

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
        // A timeout that nobody wrote follows a short interval.
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

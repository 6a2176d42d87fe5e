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
        hsm.forecast.window = entry.forecastWindow ?? defaults.forecastWindow ?? hsm.forecast.window
        mergeTiming(entry, &hsm, &problems)
        mergeAlert(entry, &hsm.alert, &problems)
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
        guard entry.isTimingUnderstood, defaults.isTimingUnderstood, hsm.timeout > hsm.interval else { return }
        report(
            entry.timeout ?? entry.interval ?? timeout,
            "the timeout \(DurationText.format(hsm.timeout)) is longer than the interval "
                + "\(DurationText.format(hsm.interval)); allowed: a timeout of at most the interval",
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
        guard entry.areThresholdsUnderstood, defaults.areThresholdsUnderstood else { return }
        guard let warning, alert.critical.isAbove(warning.value) else { return }
        let origin = critical == nil ? " (the default)" : ""
        report(
            entry.critical ?? entry.warning ?? critical ?? warning,
            "critical \(alert.critical)\(origin) is above warning \(warning.value); "
                + "allowed: a critical of at most the warning",
            &problems)
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

    /// Reports a problem at the value that makes it; a value of `defaults` comes here again with every entry.
    private mutating func report<Value>(
        _ culprit: Located<Value>?, _ message: String, _ problems: inout ConfigurationProblems
    ) {
        guard let culprit, reported.insert(culprit.mark).inserted else { return }
        problems.error(at: culprit, message)
    }
}

extension Threshold {
    /// Whether this is certainly more than `other`; a number and a percentage compare only beside a total.
    fileprivate func isAbove(_ other: Threshold) -> Bool {
        switch (self, other) {
        case (.absolute(let left), .absolute(let right)), (.percent(let left), .percent(let right)): left > right
        case (.absolute, .percent), (.percent, .absolute): false
        }
    }
}

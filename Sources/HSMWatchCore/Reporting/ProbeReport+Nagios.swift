// SPDX-License-Identifier: Apache-2.0

/// The report for Nagios, Icinga and everything else that runs monitoring plugins (monitoring-plugins.org, development
/// guidelines).
extension ProbeReport {
    /// What a plugin's text must not contain: it ends the text and begins the performance data.
    private static let separator = UInt8(ascii: "|")

    /// One line: the status, what was found, and behind `|` numbers that were read; a failed query has none.
    package var nagiosLine: String {
        let title = name == address.host ? "\(address)" : name
        let found = findings.map { finding in
            let port = finding.subject.queryPort.map { "port \($0): " } ?? ""
            return port + finding.nagiosText
        }
        let text = "\(title): \(found.joined(separator: "; "))"
        let performance = findings.flatMap { $0.performance(timeout: timeout) }
        return "HSM \(status.name.uppercased()) - " + EscapedBytes.text(text.utf8, escaping: [Self.separator])
            + (performance.isEmpty ? "" : " | " + performance.joined(separator: " "))
    }
}

extension ProbeReport.Finding {
    fileprivate var nagiosText: String {
        guard let outcome = judged?.observation.outcome else { return Self.unasked }
        return (outcome.isFailure ? "no reading: " : "") + outcome.sentencePart
    }

    /// `'label'=value[UOM];[warn];[crit];[min];[max]`. The range `100:` alerts below 100.
    fileprivate func performance(timeout: Duration) -> [String] {
        guard let judged, case .reading(let reading, _) = judged.observation.outcome else { return [] }
        let suffix = subject.queryPort.map { "_\($0)" } ?? ""
        let thresholds = judged.assessment.thresholds
        let (warning, critical) = (Self.range(thresholds.warning), Self.range(thresholds.critical))
        let latency = Self.seconds(judged.observation.latency)
        return [
            "available\(suffix)=\(reading.available);\(warning);\(critical);0;\(reading.total)",
            "latency\(suffix)=\(latency)s;;;0;\(Self.seconds(timeout))",
        ]
    }

    private static func range(_ threshold: Int?) -> String {
        threshold.map { "\($0):" } ?? ""
    }

    /// `0.000421`: cut to microseconds.
    private static func seconds(_ duration: Duration) -> String {
        let microseconds = duration.wholeNanoseconds / 1000
        let decimals = "\(microseconds % 1_000_000)"
        return "\(microseconds / 1_000_000).\(String(repeating: "0", count: 6 - decimals.count))\(decimals)"
    }
}

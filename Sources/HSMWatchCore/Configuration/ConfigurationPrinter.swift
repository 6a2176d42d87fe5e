// SPDX-License-Identifier: Apache-2.0

/// Writes a configuration as YAML with every default filled in and nothing inherited.
///
/// Reading the text again gives an equal configuration.
package enum ConfigurationPrinter {
    /// The whole file, ending in a newline.
    package static func yaml(_ configuration: Configuration) -> String {
        let source = configuration.source.map { "source: \(word($0))" } ?? "# source: this machine's host name"
        var lines = [
            source, "heartbeat: \(DurationText.format(configuration.heartbeat))",
            "log_level: \(configuration.logLevel.rawValue)",
        ]
        if let runbook = configuration.runbook { lines.append("runbook: \(quoted(runbook))") }
        lines.append("hsms:")
        lines += configuration.hsms.flatMap { item(hsm($0)) }
        lines.append("outputs:")
        lines += configuration.outputs.flatMap { item(output($0)) }
        lines.append("spool:")
        lines.append("  max_size: \(SizeText.format(configuration.spool.maxSize))")
        lines.append("  max_age: \(DurationText.format(configuration.spool.maxAge))")
        return lines.map { $0 + "\n" }.joined()
    }

    private static func hsm(_ hsm: HSMConfiguration) -> [String] {
        [
            "name: \(word(hsm.name))",
            "address: \(address(hsm.address))",
            "query_ports: [\(hsm.queryPorts.map { "\($0)" }.joined(separator: ", "))]",
            "interval: \(DurationText.format(hsm.interval))",
            "timeout: \(DurationText.format(hsm.timeout))",
            "connection: \(hsm.connection.rawValue)",
            "line_ending: \(hsm.lineEnding.rawValue)",
            "alert:",
        ] + alert(hsm.alert).map { "  " + $0 } + forecast(hsm.forecast) + fields(hsm.fields)
    }

    private static func alert(_ alert: AlertConfiguration) -> [String] {
        let warning = alert.warning.map { ["warning: \($0)"] } ?? []
        return warning + [
            "critical: \(alert.critical)",
            "raise_after: \(alert.raiseAfter)",
            "raise_after_failures: \(alert.raiseAfterFailures)",
            "clear_after: \(alert.clearAfter)",
            "clear_margin: \(alert.clearMargin)",
        ]
    }

    private static func forecast(_ forecast: ForecastConfiguration) -> [String] {
        let warnWithin = forecast.warnWithin.map(DurationText.format) ?? "0"
        return ["forecast:", "  window: \(DurationText.format(forecast.window))", "  warn_within: \(warnWithin)"]
    }

    private static func fields(_ fields: [Field]) -> [String] {
        guard !fields.isEmpty else { return ["fields: {}"] }
        return ["fields:"] + fields.map { "  \(word($0.name)): \(quoted($0.value))" }
    }

    private static func output(_ output: OutputConfiguration) -> [String] {
        let kinds = Event.Kind.selectable.filter(output.events.contains).map(\.name)
        return [
            "name: \(word(output.name))",
            "type: \(output.kind.rawValue)",
            "endpoints: [\(output.endpoints.map(address).joined(separator: ", "))]",
            "events: [\(kinds.joined(separator: ", "))]",
        ] + tls(output.tls) + transport(output)
    }

    /// The keys that only the output's type has.
    private static func transport(_ output: OutputConfiguration) -> [String] {
        let rewind = ["rewind: \(output.rewind == .zero ? "0" : DurationText.format(output.rewind))"]
        let confirm =
            ["confirm: \(output.confirm.map(DurationText.format) ?? OutputConfiguration.confirmOff)"] + rewind
        return switch output.kind {
        case .gelfTCP: confirm
        case .gelfUDP: ["datagram_size: \(output.datagramSize)"]
        case .gelfHTTP: http(output.http) + rewind
        case .syslogTCP: syslog(output.syslog) + confirm
        case .syslogUDP: syslog(output.syslog)
        }
    }

    private static func http(_ http: HTTPConfiguration) -> [String] {
        let authorization = http.authorization.map {
            ["authorization: {header: \(quoted($0.header)), file: \(quoted($0.file))}"]
        }
        return ["path: \(quoted(http.path))", "bulk: \(http.isBulk ? "on" : "off")"] + (authorization ?? [])
            + (http.proxy.map { ["proxy: \(address($0))"] } ?? [])
    }

    private static func syslog(_ syslog: SyslogConfiguration) -> [String] {
        [
            "format: \(syslog.format.rawValue)", "facility: \(syslog.facility.rawValue)",
            "app_name: \(word(syslog.appName))",
        ]
    }

    private static func tls(_ tls: TLSConfiguration?) -> [String] {
        guard let tls else { return [] }
        let values = [
            ("ca", tls.ca), ("certificate", tls.certificate), ("key", tls.key), ("key_password", tls.keyPassword),
            ("server_name", tls.serverName),
        ]
        let written = values.compactMap { key, value in value.map { "\(key): \(quoted($0))" } }
        return ["tls: {\(written.joined(separator: ", "))}"]
    }

    /// The lines of one element of a list.
    private static func item(_ lines: [String]) -> [String] {
        lines.enumerated().map { index, line in (index == 0 ? "  - " : "    ") + line }
    }

    private static func address(_ address: HostPort) -> String {
        let text = address.description
        return text.hasPrefix("[") ? quoted(text) : text
    }

    /// Text without quotes where no reader of YAML could take it for anything but text.
    private static func word(_ text: String) -> String {
        let isWord = (text.first?.isLetter ?? false) && NameText.hasOnlyNameCharacters(text)
        return isWord && !typedWords.contains(text.lowercased()) ? text : quoted(text)
    }

    /// Words that YAML 1.1 takes for a truth value or nothing.
    private static let typedWords: Set<String> = ["false", "n", "no", "null", "off", "on", "true", "y", "yes"]

    /// Text in double quotes; what cannot be seen or would be a line break is escaped (YAML 1.1 section 5.6).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            default:
                if scalar == "\"" || scalar == "\\" { quoted += "\\" }
                quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchService
import Testing

@Suite("The configuration file")
struct ConfigurationFileTests {
    static let minimal = """
        hsms:
          - {name: a, address: hsm-a:9010}
        outputs:
          - {name: graylog, type: gelf-tcp, endpoints: [graylog:12201]}

        """
    static let minimalConfiguration = Configuration(
        hsms: [HSMConfiguration(name: "a", address: HostPort(host: "hsm-a", port: 9010))],
        outputs: [OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "graylog", port: 12_201)])])

    @Test("only hsms and outputs are required; all else has its default")
    func defaults() throws {
        let (configuration, problems) = ConfigurationFile.read(Self.minimal.utf8)
        #expect(problems.isEmpty)
        #expect(configuration == Self.minimalConfiguration)
        let hsm = try #require(configuration?.hsms.first)
        #expect(configuration?.source == nil)
        #expect(configuration?.runbook == nil)
        #expect(configuration?.heartbeat == .seconds(60))
        #expect(configuration?.spool == SpoolConfiguration(maxSize: 268_435_456, maxAge: .seconds(604_800)))
        #expect(configuration?.outputs.first?.confirm == .seconds(10))
        #expect(hsm.interval == .seconds(5))
        #expect(hsm.timeout == .seconds(2))
        #expect(hsm.connection == .persistent)
        #expect(hsm.lineEnding == .lf)
        #expect(hsm.queryPorts.isEmpty)
        #expect(hsm.fields.isEmpty)
        #expect(hsm.alert.warning == nil)
        #expect(hsm.alert.critical == .absolute(50))
        #expect(hsm.alert.raiseAfter == 1)
        #expect(hsm.alert.raiseAfterFailures == 2)
        #expect(hsm.alert.clearAfter == 2)
        #expect(hsm.alert.clearMargin == 5)
        #expect(hsm.forecast == ForecastConfiguration(window: .seconds(900), warnWithin: .seconds(1800)))
    }

    @Test("every key is understood")
    func everyKey() {
        let yaml = """
            source: monitor-1.example.net
            heartbeat: 30s
            runbook: https://wiki.example.net/hsm
            hsms:
              - name: khi-1
                address: "[2001:db8::7]:9010"
                query_ports: [9010, 9011]
                interval: 250ms
                timeout: 200ms
                connection: per-probe
                line_ending: crlf
                alert:
                  warning: "20%"
                  critical: 5%
                  raise_after: 3
                  raise_after_failures: 4
                  clear_after: 5
                  clear_margin: 0
                forecast: {window: 10m, warn_within: 5m}
                fields: {site: khi, rack.row: 12, environment: "on"}
            outputs:
              - name: graylog
                type: gelf-tcp
                endpoints: [10.10.5.7:12201, "graylog-2:12201"]
                confirm: 5s
            spool: {max_size: 1GiB, max_age: 1d}
            """
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "2001:db8::7", port: 9010), queryPorts: [9010, 9011],
            interval: .milliseconds(250), timeout: .milliseconds(200), connection: .perProbe, lineEnding: .crlf,
            alert: AlertConfiguration(
                warning: .percent(20), critical: .percent(5), raiseAfter: 3, raiseAfterFailures: 4, clearAfter: 5,
                clearMargin: 0),
            forecast: ForecastConfiguration(window: .seconds(600), warnWithin: .seconds(300)),
            fields: [
                Field(name: "site", value: "khi"), Field(name: "rack.row", value: "12"),
                Field(name: "environment", value: "on"),
            ])
        let output = OutputConfiguration(
            name: "graylog",
            endpoints: [HostPort(host: "10.10.5.7", port: 12_201), HostPort(host: "graylog-2", port: 12_201)],
            confirm: .seconds(5))
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(problems.isEmpty)
        #expect(
            configuration
                == Configuration(
                    source: "monitor-1.example.net", heartbeat: .seconds(30), runbook: "https://wiki.example.net/hsm",
                    hsms: [hsm], outputs: [output],
                    spool: SpoolConfiguration(maxSize: 1_073_741_824, maxAge: .seconds(86_400))))
    }

    @Test("an entry's keys win over those of defaults, also inside alert, forecast and fields")
    func merging() throws {
        let yaml = """
            defaults:
              query_ports: [9010]
              interval: 10s
              timeout: 3s
              connection: per-probe
              line_ending: none
              alert: {warning: 100, critical: 20, raise_after: 3, raise_after_failures: 4, clear_after: 5, clear_margin: 6}
              forecast: {window: 5m, warn_within: 4m}
              fields: {site: khi, environment: production}
            hsms:
              - {name: inherits, address: a:1}
              - name: wins
                address: b:1
                query_ports: []
                timeout: 4s
                line_ending: lf
                alert: {critical: 10%, clear_margin: 7}
                forecast: {warn_within: 3m}
                fields: {rack: "7", site: lhe}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: [graylog:12201]}
            """
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(problems.isEmpty)
        let inherits = HSMConfiguration(
            name: "inherits", address: HostPort(host: "a", port: 1), queryPorts: [9010], interval: .seconds(10),
            timeout: .seconds(3), connection: .perProbe, lineEnding: .none,
            alert: AlertConfiguration(
                warning: .absolute(100), critical: .absolute(20), raiseAfter: 3, raiseAfterFailures: 4, clearAfter: 5,
                clearMargin: 6),
            forecast: ForecastConfiguration(window: .seconds(300), warnWithin: .seconds(240)),
            fields: [Field(name: "site", value: "khi"), Field(name: "environment", value: "production")])
        var wins = inherits
        wins.name = "wins"
        wins.address.host = "b"
        wins.queryPorts = []
        wins.timeout = .seconds(4)
        wins.lineEnding = .lf
        wins.alert.critical = .percent(10)
        wins.alert.clearMargin = 7
        wins.forecast.warnWithin = .seconds(180)
        wins.fields = [
            Field(name: "site", value: "lhe"), Field(name: "environment", value: "production"),
            Field(name: "rack", value: "7"),
        ]
        #expect(configuration?.hsms == [inherits, wins])
    }

    @Test(
        "a timeout that nobody wrote is two seconds, or the interval if that is shorter",
        arguments: [("100ms", .milliseconds(100)), ("2s", .seconds(2)), ("1h", .seconds(2))] as [(String, Duration)])
    func timeoutFollowsInterval(interval: String, timeout: Duration) {
        let (configuration, _) = ConfigurationFile.read("defaults: {interval: \(interval)}\n\(Self.minimal)".utf8)
        #expect(configuration?.hsms.first?.timeout == timeout)
    }

    @Test("two entries with one address are a warning, and the configuration can be used")
    func sameAddress() {
        let yaml = Self.minimal.replacing("outputs:", with: "  - {name: b, address: HSM-A:9010}\noutputs:")
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(configuration?.hsms.count == 2)
        #expect(
            problems.map { $0.rendered(file: "f") } == [
                "f:3:24: warning: hsms[1].address: HSM-A:9010 is also polled by the entry on line 2; "
                    + "each uses a socket of its own"
            ])
    }

    @Test(
        "two spellings of one address are the same HSM",
        arguments: [
            ("10.10.5.6", "[::ffff:10.10.5.6]"), ("\"[2001:db8::7]\"", "[2001:DB8:0:0::7]"), ("hsm-a", "HSM-A."),
            ("127.0.0.1", "localhost"), ("localhost", "[::1]"),
        ])
    func spellings(first: String, second: String) {
        let address = first.hasPrefix("\"") ? "\(first.dropLast()):9010\"" : "\(first):9010"
        let yaml = Self.minimal.replacing("address: hsm-a:9010", with: "address: \(address)")
            .replacing("outputs:", with: "  - {name: b, address: \"\(second):9010\"}\noutputs:")
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(configuration?.hsms.count == 2)
        #expect(problems.count == 1 && problems[0].message.contains("is also polled by the entry on line 2"))
    }

    @Test("a wrong value brings no second problem from being compared")
    func noFollowUpProblem() {
        let yaml = """
            defaults: {interval: 20, alert: {warning: many}}
            hsms:
              - {name: a, address: a:1, timeout: 10s, alert: {critical: 10}}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: [graylog:12201]}
            """
        #expect(ConfigurationFile.read(yaml.utf8).problems.map(\.mark.line) == [1, 1])
    }

    @Test(
        "a byte order mark, CRLF line ends, a document marker and JSON are YAML too",
        arguments: [
            "\u{FEFF}" + minimal,
            minimal.replacing("\n", with: "\r\n"),
            "---\n" + minimal + "...\n",
            #"{"hsms": [{"name": "a", "address": "hsm-a:9010"}], "outputs": [{"name": "graylog", "type": "gelf-tcp", "#
                + #""endpoints": ["graylog:12201"]}]}"#,
        ])
    func forms(yaml: String) {
        let (configuration, problems) = ConfigurationFile.read(yaml.utf8)
        #expect(problems.isEmpty)
        #expect(configuration == Self.minimalConfiguration)
    }

    @Test("an alias repeats what its anchor marks")
    func aliases() {
        let yaml = """
            hsms:
              - {name: a, address: a:1, alert: &strict {critical: 10, clear_margin: 1}}
              - {name: b, address: b:1, alert: *strict}
            outputs:
              - {name: graylog, type: gelf-tcp, endpoints: [graylog:12201]}
            """
        let alert = AlertConfiguration(critical: .absolute(10), clearMargin: 1)
        #expect(ConfigurationFile.read(yaml.utf8).configuration?.hsms.map(\.alert) == [alert, alert])
    }

    @Test("a problem is rendered with file, line and column")
    func rendering() {
        let problem = ConfigurationProblem(Mark(line: 12, column: 3), .error, "too bad")
        #expect(problem.rendered(file: "etc/hsmwatch.yaml") == "etc/hsmwatch.yaml:12:3: error: too bad")
    }
}

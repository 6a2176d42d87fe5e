// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Printing a configuration")
struct ConfigurationPrinterTests {
    @Test("everything is written, defaults and all")
    func everything() {
        let hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "2001:db8::7", port: 9010), queryPorts: [9010, 9011],
            alert: AlertConfiguration(warning: .percent(20)),
            forecast: ForecastConfiguration(window: .seconds(900), warnWithin: .seconds(600)),
            fields: [Field(name: "site", value: "khi"), Field(name: "on", value: #"a "b" \ ü"# + "\u{2028}\u{7F}")])
        let output = OutputConfiguration(
            name: "9", endpoints: [HostPort(host: "graylog-1", port: 12_201), HostPort(host: "::1", port: 1)],
            tls: TLSConfiguration(ca: "/etc/ca.pem", serverName: "graylog"))
        let configuration = Configuration(
            source: "monitor-1", runbook: "https://wiki.example.net/hsm", hsms: [hsm], outputs: [output])
        let yaml = #"""
            source: monitor-1
            heartbeat: 1m
            log_level: info
            runbook: "https://wiki.example.net/hsm"
            hsms:
              - name: khi-1
                address: "[2001:db8::7]:9010"
                query_ports: [9010, 9011]
                interval: 5s
                timeout: 2s
                connection: persistent
                line_ending: lf
                alert:
                  warning: 20%
                  critical: 50
                  raise_after: 1
                  raise_after_failures: 2
                  clear_after: 2
                  clear_margin: 5
                forecast:
                  window: 15m
                  warn_within: 10m
                fields:
                  site: "khi"
                  "on": "a \"b\" \\ ü\U00002028\U0000007f"
            outputs:
              - name: "9"
                type: gelf-tcp
                endpoints: [graylog-1:12201, "[::1]:1"]
                events: [reading, probe_failure, heartbeat, service, state_change]
                tls: {ca: "/etc/ca.pem", server_name: "graylog"}
                confirm: 10s
                rewind: 1m
            spool:
              max_size: 256MiB
              max_age: 7d

            """#
        #expect(ConfigurationPrinter.yaml(configuration) == yaml)
    }

    @Test("what has no default is left out")
    func optional() {
        let hsm = HSMConfiguration(name: "a", address: HostPort(host: "a", port: 1))
        let output = OutputConfiguration(name: "b", endpoints: [HostPort(host: "b", port: 1)])
        let yaml = ConfigurationPrinter.yaml(Configuration(hsms: [hsm], outputs: [output]))
        #expect(yaml.hasPrefix("# source: this machine's host name\nheartbeat: 1m\nlog_level: info\nhsms:\n"))
        #expect(yaml.contains("    alert:\n      critical: 50\n"))
        #expect(yaml.contains("    forecast:\n      window: 15m\n      warn_within: 30m\n    fields: {}\n"))
        #expect(
            yaml.contains(
                "    endpoints: [b:1]\n    events: [reading, probe_failure, heartbeat, service, state_change]\n    confirm: 10s\n    rewind: 1m\n"
            ))
    }

    @Test("of an output's keys only those of its type are written")
    func outputs() {
        let address = HostPort(host: "b", port: 1)
        let http = HTTPConfiguration(
            path: "/x", isBulk: true, authorization: HTTPConfiguration.Authorization(header: "X-Token", file: "/t"),
            proxy: HostPort(host: "::1", port: 3128))
        let outputs = [
            OutputConfiguration(name: "u", kind: .gelfUDP, endpoints: [address], datagramSize: 8192),
            OutputConfiguration(
                name: "h", kind: .gelfHTTP, endpoints: [address], tls: TLSConfiguration(), http: http,
                events: [.stateChange, .service]),
            OutputConfiguration(
                name: "s", kind: .syslogTCP, endpoints: [address], confirm: nil,
                syslog: SyslogConfiguration(facility: .auth)),
            OutputConfiguration(
                name: "l", kind: .syslogUDP, endpoints: [address],
                syslog: SyslogConfiguration(format: .legacy, appName: "hsm-conns-khi")),
        ]
        let hsm = HSMConfiguration(name: "a", address: HostPort(host: "a", port: 1))
        let yaml = ConfigurationPrinter.yaml(Configuration(hsms: [hsm], outputs: outputs))
        let all = "events: [reading, probe_failure, heartbeat, service, state_change]"
        #expect(
            yaml.contains(
                """
                outputs:
                  - name: u
                    type: gelf-udp
                    endpoints: [b:1]
                    \(all)
                    datagram_size: 8192
                  - name: h
                    type: gelf-http
                    endpoints: [b:1]
                    events: [service, state_change]
                    tls: {}
                    path: "/x"
                    bulk: on
                    authorization: {header: "X-Token", file: "/t"}
                    proxy: "[::1]:3128"
                    rewind: 1m
                  - name: s
                    type: syslog-tcp
                    endpoints: [b:1]
                    \(all)
                    format: rfc5424
                    facility: auth
                    app_name: hsmwatch
                    confirm: off
                    rewind: 1m
                  - name: l
                    type: syslog-udp
                    endpoints: [b:1]
                    \(all)
                    format: legacy
                    facility: local7
                    app_name: hsm-conns-khi
                spool:
                """))
    }
}

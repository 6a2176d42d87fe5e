// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation

/// A configuration as an administrator writes it.
struct ConfigurationText {
    /// The interval and timeout of every HSM that has none of its own.
    var timing = "interval: 100ms, timeout: 100ms"
    var heartbeat = "60s"
    var logLevel: String?
    var runbook: String?
    var spool = "max_size: 256MiB"
    /// How often delivery is confirmed, as far as the text says it.
    var confirm: String?
    /// How much is sent again though it was confirmed, as far as the text says it.
    var rewind: String?
    /// The authority that the output `graylog` trusts; nil for plain TCP.
    var authority: String?
    /// The endpoints of the output `graylog`.
    var endpoints: [ListenAddress]
    /// `name: siem, type: …`, for each other output.
    var otherOutputs: [String] = []
    /// `name: khi-1, address: …`, and what else there is to say of an HSM.
    var hsms: [String]

    init(to graylogs: Receiver..., hsms: [String]) {
        self.init(endpoints: graylogs.map(\.address), hsms: hsms)
    }

    init(endpoints: [ListenAddress], hsms: [String]) {
        self.endpoints = endpoints
        self.hsms = hsms
    }

    /// One HSM, `khi-1`.
    init(to graylogs: Receiver..., watching hsm: HSMSimulator) {
        endpoints = graylogs.map(\.address)
        hsms = [Self.entry("khi-1", hsm)]
    }

    /// An entry of `hsms`.
    static func entry(_ name: String, _ hsm: HSMSimulator, _ more: String = "") -> String {
        "name: \(name), address: \"\(hsm.address)\"" + (more.isEmpty ? "" : ", \(more)")
    }

    /// An entry of `otherOutputs`.
    static func output(_ name: String, to graylog: Receiver) -> String {
        "name: \(name), type: gelf-tcp, endpoints: [\"\(graylog.address)\"]"
    }

    var text: String {
        """
        source: monitor-1
        heartbeat: \(heartbeat)\(logLevel.map { "\nlog_level: \($0)" } ?? "")\(runbook.map { "\nrunbook: \($0)" } ?? "")
        defaults: {\(timing)}
        hsms:
        \(hsms.map { "  - {\($0)}" }.joined(separator: "\n"))
        outputs:
          - name: graylog
            type: gelf-tcp
            endpoints: [\(endpoints.map { "\"\($0)\"" }.joined(separator: ", "))]
        \(confirm.map { "    confirm: \($0)" } ?? "")
        \(rewind.map { "    rewind: \($0)" } ?? "")
        \(authority.map { "    tls: {ca: \($0)}" } ?? "")
        \(otherOutputs.map { "  - {\($0)}" }.joined(separator: "\n"))
        spool: {\(spool)}

        """
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import TestSupport

/// What a syslog server is told to do: to listen, and to print what it has understood, one JSON object a line.
extension SyslogInput {
    /// The program's configuration.
    ///
    /// - Parameters:
    ///   - certificate, key: PEM files of the server's own, looked at only with TLS.
    ///   - folder: where it may keep its files.
    func configuration(listeningOn address: ListenAddress, certificate: String, key: String, folder: String) -> String {
        let (host, port) = (address.host, address.ports.lowerBound)
        switch self {
        case .rsyslogTCP:
            return Self.rsyslog("imtcp", "address=\"\(host)\" port=\"\(port)\"", folder: folder)
        case .rsyslogUDP:
            return Self.rsyslog("imudp", "address=\"\(host)\" port=\"\(port)\"", folder: folder)
        case .rsyslogOpenSSL, .rsyslogGnuTLS:
            return Self.rsyslog(
                "imtcp",
                """
                address="\(host)" port="\(port)"
                    streamDriver.name="\(self == .rsyslogGnuTLS ? "gtls" : "ossl")" streamDriver.mode="1"
                    streamDriver.authMode="anon" streamDriver.caFile="\(certificate)"
                    streamDriver.certFile="\(certificate)" streamDriver.keyFile="\(key)"
                """, folder: folder)
        case .syslogNGTCP:
            return Self.syslogNG(input: "transport(tcp) ip(\(host)) port(\(port))")
        case .syslogNGUDP:
            return Self.syslogNG(input: "transport(udp) ip(\(host)) port(\(port))")
        case .syslogNGTLS:
            return Self.syslogNG(
                input: """
                    transport(tls) ip(\(host)) port(\(port))
                        tls(key-file("\(key)") cert-file("\(certificate)") peer-verify(optional-untrusted))
                    """)
        }
    }

    /// What it has read it prints before it ends. It leaves the blank behind the old form's tag in the text.
    private static func rsyslog(_ module: String, _ parameters: String, folder: String) -> String {
        """
        global(workDirectory="\(folder)" processInternalMessages="on" maxMessageSize="64k")
        main_queue(queue.timeoutShutdown="\(Int(patience / .milliseconds(1)))")
        module(load="\(module)")
        module(load="mmpstrucdata")
        module(load="mmrm1stspace")
        template(name="line" type="list" option.jsonf="on") {
            property(outname="pri" name="pri" format="jsonf")
            property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
            property(outname="host" name="hostname" format="jsonf")
            property(outname="app" name="app-name" format="jsonf")
            property(outname="procid" name="procid" format="jsonf")
            property(outname="msgid" name="msgid" format="jsonf")
            property(outname="message" name="msg" format="jsonf")
            property(outname="data" name="$!rfc5424-sd" format="jsonf")
        }
        input(type="\(module)" \(parameters))
        action(type="mmpstrucdata" sd_name.lowercase="off")
        if $protocol-version == "0" then { action(type="mmrm1stspace") }
        action(type="omfile" file="/dev/stdout" template="line")

        """
    }

    private static func syslogNG(input: String) -> String {
        """
        @version: 3.38
        options { keep-hostname(yes); log-msg-size(65536); stats-freq(0); frac-digits(3); };
        source input { syslog(\(input)); internal(); };
        destination output {
            file("/dev/stdout" template("$(format-json pri=$PRI time=$ISODATE host=$HOST app=$PROGRAM procid=$PID \
        msgid=$MSGID message=$MESSAGE --scope sdata)\\n"));
        };
        log { source(input); destination(output); flags(flow-control); };

        """
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("A content pack")
struct ContentPackTests {
    private static func configuration(
        _ names: [String] = ["khi-1"], alert: AlertConfiguration = AlertConfiguration(), source: String? = "monitor-1",
        outputs: [OutputConfiguration] = [graylog()]
    ) -> Configuration {
        Configuration(
            source: source,
            hsms: names.map {
                HSMConfiguration(name: $0, address: HostPort(host: "10.10.5.6", port: 9010), alert: alert)
            }, outputs: outputs)
    }

    private static func graylog(
        _ kind: OutputKind = .gelfTCP, name: String = "graylog", port: UInt16 = 12_201, tls: TLSConfiguration? = nil,
        syslog: SyslogConfiguration = SyslogConfiguration(), events: Set<Event.Kind> = Set(Event.Kind.allCases)
    ) -> OutputConfiguration {
        OutputConfiguration(
            name: name, kind: kind, endpoints: [HostPort(host: "g", port: port)], tls: tls, syslog: syslog,
            events: events)
    }

    private static func pack(
        _ configurations: Configuration..., recipients: [String] = ["soc@bank.example"]
    ) throws -> ContentPack {
        let options = try ContentPackOptions(recipients: recipients, webhook: "https://soc.bank.example/hsm")
        return ContentPack(configurations, options)
    }

    private static func text(_ pack: ContentPack, revision: Int = 1) -> String {
        String(decoding: pack.json(revision: revision), as: UTF8.self)
    }

    // MARK: Identity

    @Test("is the same, byte for byte, for 1, 200 and 10,000 HSMs, and after any change of thresholds")
    func sameForAnyFleet() throws {
        let one = try Self.pack(Self.configuration()).json(revision: 1)
        for count in [200, 10_000] {
            #expect(try Self.pack(Self.configuration((1...count).map { "hsm-\($0)" })).json(revision: 1) == one)
        }
        let thresholds: [(Threshold?, Threshold)] = [
            (.absolute(100), .absolute(10)), (.percent(40), .percent(20)), (nil, .absolute(0)),
        ]
        for (warning, critical) in thresholds {
            let alert = AlertConfiguration(warning: warning, critical: critical)
            #expect(try Self.pack(Self.configuration(alert: alert)).json(revision: 1) == one)
        }
        #expect(!String(decoding: one, as: UTF8.self).contains("khi-1"))
    }

    @Test("has its fingerprint in it, which changes with what it makes of Graylog, but not with the revision")
    func fingerprint() throws {
        let pack = try Self.pack(Self.configuration())
        #expect(Self.text(pack).contains("\(ContentPack.fingerprintLabel)\(pack.fingerprint)\""))
        #expect(pack.fingerprint.wholeMatch(of: /[0-9a-f]{16}/) != nil)
        let other = try Self.pack(Self.configuration(source: "monitor-2"))
        #expect(pack.fingerprint != other.fingerprint)
        #expect(Self.text(pack, revision: 7).contains("\"rev\": 7,"))
        #expect(Self.text(pack, revision: 7).contains(pack.fingerprint))
    }

    // MARK: Inputs

    @Test(
        "has an input of the type of each output",
        arguments: [
            (OutputKind.gelfTCP, "org.graylog2.inputs.gelf.tcp.GELFTCPInput"),
            (.gelfUDP, "org.graylog2.inputs.gelf.udp.GELFUDPInput"),
            (.gelfHTTP, "org.graylog2.inputs.gelf.http.GELFHttpInput"),
            (.syslogTCP, "org.graylog2.inputs.syslog.tcp.SyslogTCPInput"),
            (.syslogUDP, "org.graylog2.inputs.syslog.udp.SyslogUDPInput"),
        ])
    func inputs(kind: OutputKind, type: String) throws {
        let outputs = [Self.graylog(port: 12_201), Self.graylog(kind, name: "other", port: 12_345)]
        let text = Self.text(try Self.pack(Self.configuration(outputs: outputs)))
        #expect(text.contains(#""@value": "\#(type)""#))
        #expect(text.contains(", port 12201\"") && text.contains(", port 12345\""))
        #expect(text.contains("expand_structured_data") == kind.isSyslog)
        #expect(text.contains("allow_override_date") == kind.isSyslog)
    }

    @Test("has one input for several outputs of one type and port")
    func sharedInput() throws {
        let pack = try Self.pack(Self.configuration(), Self.configuration(["lhe-1"], source: "monitor-2"))
        #expect(Self.text(pack).split(separator: "GELFTCPInput").count == 2)
    }

    @Test("says when two inputs would need one port")
    func samePort() throws {
        let outputs = [Self.graylog(), Self.graylog(.gelfHTTP), Self.graylog(.gelfUDP)]
        let notes = try Self.pack(Self.configuration(outputs: outputs)).notes
        #expect(
            notes.filter { $0.contains("port") } == [
                "the outputs need two different inputs on port 12201/TCP of one Graylog (GELF TCP and GELF HTTP, or one "
                    + "with other settings): name the outputs of this Graylog with --output"
            ])
    }

    @Test("takes several messages a request over HTTP when the output sends so")
    func bulk() throws {
        var output = Self.graylog(.gelfHTTP)
        for isBulk in [false, true] {
            output.http.isBulk = isBulk
            let text = try Self.text(Self.pack(Self.configuration(outputs: [output])))
            let setting = text.split(separator: #""enable_bulk_receiving""#).last?.prefix { $0 != "}" }
            #expect(setting?.contains("\(isBulk)") == true)
        }
    }

    @Test("has TLS as the output has it, and names every file that Graylog reads")
    func tls() throws {
        let plain = try Self.pack(Self.configuration())
        #expect(!Self.text(plain).contains("tls_cert_file") && !plain.notes.contains { $0.contains("certificate") })
        let secured = try Self.pack(Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration())]))
        #expect(Self.text(secured).contains("tls_cert_file") && !Self.text(secured).contains("tls_client_auth_cert"))
        #expect(secured.notes.contains { $0.contains("hsmwatch.crt") && $0.contains("hsmwatch.key") })
        #expect(!secured.notes.contains { $0.contains("hsmwatch-ca.crt") })
        let mutual = try Self.pack(
            Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration(certificate: "c", key: "k"))]))
        #expect(Self.text(mutual).contains("tls_client_auth_cert_file"))
        #expect(mutual.notes.contains { $0.contains("hsmwatch-ca.crt") })
    }

    @Test("can do without inputs, which the installer makes by itself")
    func noInputs() throws {
        let configuration = Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration()), Self.graylog(.gelfUDP)])
        let pack = ContentPack([configuration], try ContentPackOptions(hasInput: false))
        #expect(!Self.text(pack).contains("org.graylog2.inputs"))
        #expect(!pack.notes.contains { $0.contains("input") || $0.contains("certificate") })
    }

    // MARK: Notifications

    @Test("says that a placeholder is to be replaced")
    func examples() throws {
        let pack = ContentPack([Self.configuration()], try ContentPackOptions())
        #expect(pack.notes.count { $0.contains("placeholder") } == 1)
        let real = try Self.pack(Self.configuration())
        #expect(!real.notes.contains { $0.contains("placeholder") })
        let neither = try ContentPackOptions(recipients: [], webhook: nil)
        let mute = ContentPack([Self.configuration()], neither)
        #expect(mute.notes.contains { $0.contains("alerts are only in") })
        #expect(!Self.text(mute).contains("notification-v1"))
    }

    @Test(
        "says of a webhook no more than its host: the rest may be a secret",
        arguments: ["/hooks/T0K3N?key=T0K3N", "?key=T0K3N@x", "#T0K3N", "/T0K3N//T0K3N@x"])
    func webhook(rest: String) throws {
        let options = try ContentPackOptions(webhook: "https://user:password@soc.bank.example:8443\(rest)")
        let notes = ContentPack([Self.configuration()], options).notes
        #expect(options.webhookHost == "soc.bank.example:8443")
        #expect(!notes.contains { $0.contains("T0K3N") || $0.contains("password") })
    }

    // MARK: Instances

    @Test("of several instances misses each source, and says what cannot be told apart")
    func instances() throws {
        let pack = try Self.pack(
            Self.configuration(["khi-1", "both"]), Self.configuration(["lhe-1", "both"], source: nil))
        #expect(Self.text(pack).contains("hsmwatch of monitor-1 is silent"))
        #expect(Self.text(pack).contains(#""hsmwatch is silent""#))
        #expect(pack.notes.contains { $0.contains("HSM both is in several configurations") })
        #expect(pack.notes.contains { $0.contains("10.10.5.6:9010 is in several configurations") })
        #expect(pack.notes.contains { $0.contains("a configuration has no 'source'") })
        #expect(pack.notes.contains { $0.contains("those of the hsmwatch that sent the last heartbeat") })
    }

    @Test("misses no source whose heartbeats no output brings, and says what stays mute")
    func differentOutputs() throws {
        let legacy = Self.graylog(.syslogTCP, name: "old", syslog: SyslogConfiguration(format: .legacy))
        let pack = try Self.pack(
            Self.configuration(["khi-1"]),
            Self.configuration(["lhe-1"], source: "quiet", outputs: [Self.graylog(events: [.stateChange])]),
            Self.configuration(["isb-1"], source: "old", outputs: [legacy]),
            Self.configuration(["isb-2"], source: "siem", outputs: [Self.graylog(.syslogTCP)]))
        let text = Self.text(pack)
        for source in ["monitor-1", "siem"] { #expect(text.contains("hsmwatch of \(source) is silent")) }
        for source in ["quiet", "old"] {
            #expect(!text.contains("hsmwatch of \(source) is silent"))
            #expect(
                pack.notes.contains {
                    $0
                        == "no output of \(source) sends 'heartbeat' to this Graylog: the pack has no alert for its silence"
                })
        }
        #expect(pack.notes.contains { $0.hasPrefix("output old sends 'format: legacy', which has no fields") })
        let mute = try Self.pack(Self.configuration(outputs: [Self.graylog(events: [.heartbeat])])).notes
        #expect(
            mute.filter { $0.hasPrefix("no output sends") } == [
                "no output sends 'state_change' to this Graylog: alerts about HSMs stay mute",
                "no output sends 'service' to this Graylog: alerts about problems of hsmwatch stay mute",
                "no output sends 'reading' to this Graylog: the dashboard has no numbers of sockets",
                "no output sends 'probe_failure' to this Graylog: the dashboard shows no failed probes",
            ])
    }

    @Test("hears of two instances of one source, or of none, what either sends", arguments: [nil, "monitor"])
    func sameSource(source: String?) throws {
        var quiet = Self.configuration(["khi-1"], source: source, outputs: [Self.graylog(events: [.stateChange])])
        quiet.heartbeat = .seconds(86_400)
        let whole = Self.configuration(["khi-1"], source: source)
        for pair in [[quiet, whole], [whole, quiet]] {
            let pack = ContentPack(pair, try ContentPackOptions())
            #expect(Self.text(pack).contains("No heartbeat arrived in 3 min"))
            #expect(!pack.notes.contains { $0.hasPrefix("no output") }, "\(pack.notes)")
        }
    }

    @Test("says when two outputs may be two Graylogs")
    func severalOutputs() throws {
        let both = [Self.graylog(name: "all"), Self.graylog(name: "few", events: [.stateChange, .heartbeat])]
        #expect(try Self.pack(Self.configuration(outputs: both)).notes.contains { $0.contains("outputs: all, few;") })
    }

    @Test("says what of so many or so slow HSMs the dashboard leaves out")
    func limits() throws {
        let some = try Self.pack(Self.configuration((1...100).map { "khi-\($0)" }))
        #expect(!some.notes.contains { $0.contains("dashboard") })
        let many = try Self.pack(Self.configuration((1...101).map { "khi-\($0)" }))
        #expect(many.notes.contains { $0.contains("100 of the 101 HSMs") })
        var slow = Self.configuration()
        slow.hsms[0].interval = .seconds(121)
        #expect(try Self.pack(slow).notes.contains { $0.contains("asked less often are in it only at times: 1") })
    }
}

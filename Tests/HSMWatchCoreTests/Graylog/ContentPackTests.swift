// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("A content pack")
struct ContentPackTests {
    private static func configuration(
        _ names: [String] = ["khi-1"], source: String? = "monitor-1", outputs: [OutputConfiguration] = [graylog()]
    ) -> Configuration {
        Configuration(
            source: source,
            hsms: names.map { HSMConfiguration(name: $0, address: HostPort(host: "10.10.5.6", port: 9010)) },
            outputs: outputs)
    }

    private static func graylog(
        _ kind: OutputKind = .gelfTCP, name: String = "graylog", port: UInt16 = 12_201, tls: TLSConfiguration? = nil,
        events: Set<Event.Kind> = Set(Event.Kind.allCases)
    ) -> OutputConfiguration {
        OutputConfiguration(
            name: name, kind: kind, endpoints: [HostPort(host: "g", port: port)], tls: tls, events: events)
    }

    private static func pack(
        _ configurations: Configuration..., recipients: [String] = ["soc@bank.example"]
    ) throws -> ContentPack {
        try ContentPack(
            configurations, ContentPackOptions(recipients: recipients, webhook: "https://soc.bank.example/hsm"))
    }

    private static func text(_ pack: ContentPack, revision: Int = 1) -> String {
        String(decoding: pack.json(revision: revision), as: UTF8.self)
    }

    @Test("of the same configuration is the same, and its fingerprint stands in it")
    func same() throws {
        let pack = try Self.pack(Self.configuration())
        #expect(Self.text(pack) == Self.text(try Self.pack(Self.configuration())))
        #expect(Self.text(pack).contains("\(ContentPack.fingerprintLabel)\(pack.fingerprint)\""))
        #expect(pack.fingerprint.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    }

    @Test("has another fingerprint when it makes something else of Graylog, but not for another revision")
    func fingerprint() throws {
        let pack = try Self.pack(Self.configuration())
        let other = try Self.pack(Self.configuration(["khi-1", "khi-2"]))
        #expect(pack.fingerprint != other.fingerprint)
        #expect(Self.text(pack, revision: 7).contains("\"rev\": 7,"))
        #expect(Self.text(pack, revision: 7).contains(pack.fingerprint))
    }

    @Test("has the input of the first output of type gelf-tcp, with TLS as the output has it")
    func input() throws {
        let plain = try Self.pack(Self.configuration(outputs: [Self.graylog(.gelfUDP), Self.graylog(port: 12_345)]))
        #expect(plain.inputPort == 12_345)
        #expect(!Self.text(plain).contains("tls_cert_file"))
        let secured = try Self.pack(Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration())]))
        #expect(Self.text(secured).contains("tls_cert_file"))
        #expect(!Self.text(secured).contains("tls_client_auth"))
        let mutual = try Self.pack(
            Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration(certificate: "c", key: "k"))]))
        #expect(Self.text(mutual).contains("tls_client_auth_cert_file"))
    }

    @Test("has no input where no output is of type gelf-tcp, and says so")
    func noInput() throws {
        let pack = try Self.pack(Self.configuration(outputs: [Self.graylog(.gelfHTTP)]))
        #expect(pack.inputPort == nil)
        #expect(!Self.text(pack).contains("GELFTCPInput"))
        #expect(pack.notes.contains { $0.contains("no output is of type gelf-tcp") })
    }

    @Test("says that addresses which reach nobody are to be replaced")
    func examples() throws {
        let pack = ContentPack([Self.configuration()], try ContentPackOptions())
        #expect(pack.notes.count { $0.contains("reaches nobody") } == 2)
        let real = try Self.pack(Self.configuration())
        #expect(!real.notes.contains { $0.contains("reaches nobody") })
        #expect(
            real.notes.contains { $0.contains("the webhook at soc.bank.example must be on Graylog's URL allowlist") })
    }

    @Test("of several instances watches the HSMs and heartbeats of all, and says what cannot be told apart")
    func instances() throws {
        let pack = try Self.pack(
            Self.configuration(["khi-1", "both"]), Self.configuration(["lhe-1", "both"], source: nil))
        let text = Self.text(pack)
        for name in ["khi-1", "lhe-1", "both"] {
            #expect(text.contains("HSM \(name) gone silent"))
        }
        #expect(text.contains("hsmwatch of monitor-1 gone silent"))
        #expect(pack.notes.contains { $0.contains("HSM both is in several configurations") })
        #expect(pack.notes.contains { $0.contains("10.10.5.6:9010 is in several configurations") })
        #expect(pack.notes.contains { $0.contains("without 'source'") })
    }

    @Test("hears of each instance only what that sends")
    func differentOutputs() throws {
        let pack = try Self.pack(
            Self.configuration(["khi-1"]),
            Self.configuration(["lhe-1"], source: "quiet", outputs: [Self.graylog(events: [.stateChange])]),
            Self.configuration(["isb-1"], source: "syslog", outputs: [Self.graylog(.syslogTCP)]))
        let text = Self.text(pack)
        #expect(text.contains("HSM khi-1 gone silent") && text.contains("hsmwatch of monitor-1 gone silent"))
        for name in ["HSM lhe-1", "HSM isb-1", "hsmwatch of quiet", "hsmwatch of syslog"] {
            #expect(!text.contains("\(name) gone silent"))
            #expect(pack.notes.contains { $0.contains("the alert '\(name) gone silent'") })
        }
    }

    @Test("hears of two instances of one source, or of none, what either sends", arguments: [nil, "monitor"])
    func sameSource(source: String?) throws {
        let quiet = Self.configuration(["khi-1"], source: source, outputs: [Self.graylog(events: [.stateChange])])
        let whole = Self.configuration(["khi-1"], source: source)
        for pair in [[quiet, whole], [whole, quiet]] {
            let pack = ContentPack(pair, try ContentPackOptions())
            #expect(Self.text(pack).contains("HSM khi-1 gone silent"))
            #expect(!pack.notes.contains { $0.contains("do not bring") }, "\(pack.notes)")
        }
    }

    @Test("takes the time of silence from the one that is heard, and counts those of many that are")
    func heard() throws {
        var slow = Self.configuration(["khi-1"], source: "m", outputs: [Self.graylog(events: [.stateChange])])
        slow.heartbeat = .seconds(86_400)
        let pack = try Self.pack(slow, Self.configuration(["khi-1"], source: "m"))
        #expect(Self.text(pack).contains("No heartbeat in 3 min"))

        let many = Self.configuration((1...1200).map { "khi-\($0)" })
        let mute = Self.configuration(["lhe-1"], outputs: [Self.graylog(.syslogTCP)])
        #expect(try Self.text(Self.pack(many, mute)).contains("HSMs gone silent, of 1200"))
        let partly = Self.configuration(["lhe-1"], outputs: [Self.graylog(events: [.reading])])
        let uncounted = try Self.pack(many, partly)
        #expect(!Self.text(uncounted).contains("HSMs gone silent"))
        #expect(uncounted.notes.contains { $0.contains("HSMs gone silent, of 1200") })
    }

    @Test("says when two outputs may be two Graylogs, and names no more than some of what is missing")
    func severalOutputs() throws {
        let both = [Self.graylog(name: "all"), Self.graylog(name: "few", events: [.stateChange, .heartbeat])]
        #expect(try Self.pack(Self.configuration(outputs: both)).notes.contains { $0.contains("outputs: all, few;") })
        let few = try Self.pack(Self.configuration((1...40).map { "khi-\($0)" }, outputs: [both[1]]))
        #expect(few.notes.count { $0.contains("do not bring all messages") } == 5)
        #expect(few.notes.contains { $0.contains("without 45 more alerts") })
    }

    @Test("can do without an input, where Graylog has one")
    func inputOfGraylog() throws {
        let options = try ContentPackOptions(hasInput: false)
        let pack = ContentPack([Self.configuration(outputs: [Self.graylog(tls: TLSConfiguration())])], options)
        #expect(pack.inputPort == nil)
        #expect(!Self.text(pack).contains("GELFTCPInput"))
        #expect(!pack.notes.contains { $0.contains("input") })
    }

    @Test("says what of so many HSMs the dashboard leaves out")
    func limits() throws {
        let some = try Self.pack(Self.configuration((1...50).map { "khi-\($0)" }))
        #expect(!some.notes.contains { $0.contains("dashboard") })
        let many = try Self.pack(Self.configuration((1...51).map { "khi-\($0)" }))
        #expect(many.notes.contains { $0.contains("at most 50 of the 51 HSMs") })
        let most = try Self.pack(Self.configuration((1...1001).map { "khi-\($0)" }))
        #expect(most.notes.contains { $0.contains("at most 1000 of the 1001") })
    }

    @Test("of as many HSMs as have an alert for their silence stays below what MongoDB takes")
    func size() throws {
        let names = (0..<1000).map { "hsm-\($0)-" + String(repeating: "x", count: 54) }
        let pack = try Self.pack(Self.configuration(names))
        #expect(pack.json(revision: 1).count < 16 * 1024 * 1024)
    }

    @Test(
        "says of a webhook no more than its host: the rest may be a secret",
        arguments: ["/hooks/T0K3N?key=T0K3N", "?key=T0K3N@x", "#T0K3N", "/T0K3N//T0K3N@x"])
    func webhook(rest: String) throws {
        let options = try ContentPackOptions(webhook: "https://user:password@soc.bank.example:8443\(rest)")
        let notes = ContentPack([Self.configuration()], options).notes
        #expect(notes.contains { $0.contains("the webhook at soc.bank.example:8443 must") })
        #expect(!notes.contains { $0.contains("T0K3N") || $0.contains("password") })
    }
}

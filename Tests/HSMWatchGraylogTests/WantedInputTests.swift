// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("The inputs that outputs need")
struct WantedInputTests {
    private static func wanted(_ kind: OutputKind, tls: TLSConfiguration? = nil, isBulk: Bool = false) throws
        -> WantedInput
    {
        let output = OutputConfiguration(
            name: "a", kind: kind, endpoints: [HostPort(host: "graylog", port: 12_201)], tls: tls,
            http: HTTPConfiguration(isBulk: isBulk))
        let configuration = Configuration(source: "m", hsms: [], outputs: [output])
        return try #require(try WantedInput.all(for: [configuration], .standard).first)
    }

    private static func input(
        _ wanted: WantedInput, title: String = "By hand", _ attributes: [JSONTree.Member] = [], port: Int = 12_201
    ) throws -> PackPresence.Input {
        PackPresence.Input(
            id: try GraylogID(parsing: "a"), title: title, type: wanted.type, port: port, attributes: attributes)
    }

    private static func faults(_ wanted: WantedInput, _ attributes: [JSONTree.Member]) throws -> [String] {
        try InputPlan.making([wanted], besides: [input(wanted, attributes)]).faults
    }

    @Test("are one for each port that an output sends to, whatever the number of nodes")
    func ports() throws {
        let endpoints = [("graylog-1", 12_201), ("graylog-2", 12_201), ("graylog-2", 12_202)].map { host, port in
            HostPort(host: host, port: port)
        }
        let configuration = Configuration(
            source: "m", hsms: [], outputs: [OutputConfiguration(name: "a", endpoints: endpoints)])
        #expect(try WantedInput.all(for: [configuration], .standard).map(\.port) == [12_201, 12_202])
    }

    @Test("an existing input with the defaults of its type does for a plain output", arguments: OutputKind.allCases)
    func standard(kind: OutputKind) throws {
        let wanted = try Self.wanted(kind)
        let plan = try InputPlan.making([wanted], besides: [Self.input(wanted)])
        #expect(plan.steps == [] && plan.notes == [] && plan.faults == [])
        #expect(plan.kept.map(\.title) == ["By hand"])
    }

    @Test("what makes alerts mute is a fault, with the name that Graylog's interface has for it")
    func faults() throws {
        let tls = TLSConfiguration()
        #expect(try Self.faults(Self.wanted(.gelfTCP, tls: tls), []).first?.contains("'Enable TLS' is off") == true)
        let files: [JSONTree.Member] = [.init("tls_cert_file", "/c.pem"), .init("tls_key_file", "/k.pem")]
        let secure = [JSONTree.Member("tls_enable", true)] + files
        let bare = try Self.faults(Self.wanted(.gelfTCP, tls: tls), [.init("tls_enable", true)] + files.prefix(1))
        #expect(bare.count == 1)
        #expect(bare.first?.contains("'TLS private key file' is empty, and hsmwatch needs") == true)
        #expect(try Self.faults(Self.wanted(.gelfTCP, tls: tls), secure) == [])
        let strict = secure + [JSONTree.Member("tls_client_auth", "required")]
        #expect(try Self.faults(Self.wanted(.gelfTCP, tls: tls), strict).first?.contains("no certificate") == true)
        let mutual = TLSConfiguration(certificate: "c", key: "k")
        #expect(try Self.faults(Self.wanted(.gelfTCP, tls: mutual), strict) == [])
        #expect(try Self.faults(Self.wanted(.gelfHTTP, isBulk: true), []).first?.contains("Bulk") == true)
        let prefixing = [JSONTree.Member("expand_structured_data", true)]
        #expect(try Self.faults(Self.wanted(.syslogTCP), prefixing).first?.contains("every alert is mute") == true)
    }

    @Test("a date that Graylog does not take is a note, not a fault")
    func date() throws {
        let wanted = try Self.wanted(.syslogUDP)
        let input = try Self.input(wanted, [JSONTree.Member("allow_override_date", false)])
        let plan = try InputPlan.making([wanted], besides: [input])
        #expect(plan.faults == [])
        #expect(plan.notes.count == 1)
        #expect(plan.notes.first?.contains("'Allow overriding date?' is off") == true)
        let update = try InputPlan.making([wanted], besides: [input], isUpdating: true)
        #expect(update.steps == [.change(input, to: wanted)])
    }

    @Test("the note about a new TLS input names every file that Graylog reads")
    func files() throws {
        let mutual = try Self.wanted(.gelfTCP, tls: TLSConfiguration(certificate: "c", key: "k"))
        let note = try #require(try InputPlan.making([mutual], besides: []).notes.first)
        for file in ["hsmwatch.crt", "hsmwatch.key", "hsmwatch-ca.crt"] { #expect(note.contains(file)) }
        let plain = try #require(Self.wanted(.gelfTCP, tls: TLSConfiguration()).notes.first)
        #expect(!plain.contains("hsmwatch-ca.crt"))
    }

    @Test("only inputs with the title that hsmwatch gives are its own")
    func own() throws {
        let wanted = try Self.wanted(.gelfTCP)
        let own = try Self.input(wanted, title: wanted.title)
        let (renamed, moved) = (try Self.input(wanted), try Self.input(wanted, title: wanted.title, port: 1))
        #expect(InputPlan.removing(from: [own, renamed, moved]).steps == [.remove(own)])
        #expect(InputPlan.removing(from: [own], without: [own.id]).steps == [])
    }

    @Test("a list of allowed URLs keeps its entries, and gets the webhook as a literal one")
    func allowlist() {
        let entry: JSONTree = ["id": "a", "value": "https://a.example", "type": "regex", "title": "t"]
        let list = URLAllowlist(entries: [entry], isDisabled: false)
        #expect(list.contains("https://a.example") && !list.contains("https://b.example"))
        let text = list.adding("https://b.example")
        for part in ["https://a.example", "regex", "https://b.example", "literal", "\"disabled\": false"] {
            #expect(text.contains(part))
        }
    }
}

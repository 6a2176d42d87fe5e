// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

@ServiceLoop
@Suite("Making Graylog's inputs", .timeLimit(.minutes(1)))
struct InputInstallerTests {
    private nonisolated static let title = "hsmwatch: GELF TCP, port 12201"
    private nonisolated static let syslogUDP = "org.graylog2.inputs.syslog.udp.SyslogUDPInput"

    private nonisolated static func configuration(_ kinds: [(OutputKind, UInt16)]) -> Configuration {
        GraylogStage.configuration(
            outputs: kinds.map { kind, port in
                OutputConfiguration(
                    name: kind.rawValue, kind: kind, endpoints: [HostPort(host: "graylog.example.net", port: port)])
            })
    }

    /// Requests that change inputs.
    private func changes(on stage: GraylogStage) async -> [String] {
        await stage.server.requests.filter { $0.method != "GET" && $0.path.hasPrefix("/api/system/inputs") }
            .map(\.method)
    }

    @Test("each output gets one of its type, and a second installation makes none")
    func kinds() async throws {
        try await GraylogStage.play { stage in
            let configuration = Self.configuration([
                (.gelfTCP, 12_201), (.gelfUDP, 12_201), (.gelfHTTP, 12_202), (.syslogTCP, 1514), (.syslogUDP, 1514),
            ])
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration)
            let inputs = await stage.server.state.inputs
            #expect(
                inputs.map(\.title) == [
                    "hsmwatch: GELF TCP, port 12201", "hsmwatch: GELF UDP, port 12201",
                    "hsmwatch: GELF HTTP, port 12202", "hsmwatch: Syslog TCP, port 1514",
                    "hsmwatch: Syslog UDP, port 1514",
                ])
            for input in inputs.suffix(2) {
                #expect(input.attributes["expand_structured_data"] == false)
                #expect(input.attributes["allow_override_date"] == true)
            }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration)
            #expect(await stage.server.state.inputs == inputs)
            try await stage.uninstall()
            #expect(await stage.server.state.inputs.isEmpty)
        }
    }

    @Test("no input is made before the pack's stream runs")
    func order() async throws {
        try await GraylogStage.play(GraylogVersion(7, 1, 7)) { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let paths = await stage.server.requests.filter { $0.method == "POST" }.map(\.path)
            let resumed = try #require(paths.firstIndex { $0.hasSuffix("/resume") })
            let made = try #require(paths.firstIndex { $0 == "/api/system/inputs" })
            #expect(resumed < made)
        }
    }

    @Test(
        "every message that an input takes is in the stream of a pack, at the first installation and during an upgrade",
        arguments: [GraylogVersion(6, 3), GraylogVersion(7, 1, 7)])
    func streams(version: GraylogVersion) async throws {
        let time = Timestamp(milliseconds: 1_795_996_800_000)
        let message = GraylogMessage(
            timestamp: time, received: time, fields: ["event_source": .string("hsmwatch")])
        try await GraylogStage.play(version) { stage in
            await stage.server.change { $0.traffic = message }
            for name in ["khi-1", "khi-2"] {
                try await stage.install(GraylogStage.pack(name))
            }
            let messages = await stage.server.state.messages
            #expect(messages.count > 10)
            #expect(messages.allSatisfy { !$0.streams.isEmpty })
        }
    }

    @Test("an upgrade of the pack leaves the input running as it is")
    func upgrade() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let before = await stage.server.state.inputs
            let changes = await changes(on: stage).count
            try await stage.install(GraylogStage.pack("khi-2"))
            #expect(await stage.server.state.inputs == before)
            #expect(await self.changes(on: stage).count == changes)
        }
    }

    @Test("an input that exists with the same type and port is used, and uninstalling leaves it")
    func existing() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.addInput(title: "GELF TCP", port: 12_201) }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.inputs.map(\.title) == ["GELF TCP"])
            #expect(stage.done.contains("the input 'GELF TCP' runs"))
            try await stage.uninstall()
            #expect(await stage.server.state.inputs.map(\.title) == ["GELF TCP"])
            #expect(await changes(on: stage) == [])
        }
    }

    @Test("an existing input that prefixes fields is a fault, and only --update-inputs changes it")
    func prefixes() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change {
                $0.addInput(
                    title: "Syslog", type: Self.syslogUDP, port: 1514,
                    attributes: ["expand_structured_data": true, "charset_name": "UTF-8"])
            }
            let configuration = Self.configuration([(.syslogUDP, 1514)])
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-1"), for: configuration)
            }
            #expect(
                problem.description
                    == "in Graylog's input 'Syslog' 'Expand structured data?' is on, and hsmwatch needs that 'Expand "
                    + "structured data?' is off, so every field gets a prefix, and every alert is mute: change it in "
                    + "System / Inputs, or with --update-inputs")
            #expect(await changes(on: stage) == [])
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, isUpdatingInputs: true)
            let input = try #require(await stage.server.state.inputs.first)
            #expect(input.attributes["expand_structured_data"] == false)
            #expect(input.attributes["charset_name"] == "UTF-8")
            #expect(input.title == "Syslog")
            #expect(await changes(on: stage) == ["PUT"])
            // Once in each run.
            #expect(stage.done.count { $0 == "the input 'Syslog' runs" } == 2)
        }
    }

    @Test("--update-inputs gives an input without TLS its certificate and key, too, and names their files")
    func updateToTLS() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.addInput(title: "GELF TCP", port: 12_201) }
            let configuration = GraylogStage.configuration(outputs: [
                OutputConfiguration(
                    name: "graylog", endpoints: [HostPort(host: "graylog.example.net", port: 12_201)],
                    tls: TLSConfiguration())
            ])
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, isUpdatingInputs: true)
            let input = try #require(await stage.server.state.inputs.first)
            #expect(input.attributes["tls_enable"] == true)
            #expect(input.attributes["tls_cert_file"] == .string(ContentPackOptions.InputTLS.standard.certificate))
            #expect(input.attributes["tls_key_file"] == .string(ContentPackOptions.InputTLS.standard.key))
            #expect(stage.notes.contains { $0.contains("files on the Graylog server") })
        }
    }

    @Test("an input that gives every message its own source is a fault, and --update-inputs takes that away")
    func overriddenSource() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change {
                $0.addInput(title: "GELF TCP", port: 12_201, attributes: ["override_source": "gateway"])
            }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(
                problem.description
                    == "in Graylog's input 'GELF TCP' 'Override source' is 'gateway', and hsmwatch needs that 'Override "
                    + "source' is empty, so every message has that source, and hsmwatch counts as silent: change it in "
                    + "System / Inputs, or with --update-inputs")
            try await stage.install(GraylogStage.pack("khi-1"), isUpdatingInputs: true)
            let input = try #require(await stage.server.state.inputs.first)
            #expect(input.attributes["override_source"] == nil)
        }
    }

    @Test("a new input whose state is not shown for a moment stays, and so does one whose state is never shown")
    func lostState() async throws {
        try await GraylogStage.play { stage in
            let state = "GET /api/system/inputstates"
            await stage.server.suffer(GraylogFault(.instead(.badGateway), to: state, times: 1))
            await stage.server.suffer(GraylogFault(.close, to: state, times: 1))
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(stage.done.contains("the input '\(Self.title)' runs"))
        }
        try await GraylogStage.play { stage in
            await stage.server.suffer(GraylogFault(.instead(.badGateway), to: "GET /api/system/inputstates"))
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-1"), startLimit: .zero)
            }
            #expect(problem.description.contains("did not say how the input is"))
            #expect(problem.description.contains("the content pack is installed; to complete it"))
            #expect(await stage.server.state.inputs.map(\.title) == [Self.title])
        }
    }

    @Test("an input that does not run and cannot be deleted is reported with both reasons")
    func undeletable() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change {
                $0.takenPorts = [12_201]
                $0.missingPermissions = ["inputs:terminate"]
            }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(problem.description.contains("Address already in use"))
            #expect(problem.description.contains("did not delete the input"))
        }
    }

    @Test("an input that was made twice, since its first answer was lost, is there once in the end")
    func madeTwice() async throws {
        try await GraylogStage.play { stage in
            // The first request is done only after hsmwatch has looked and asked again.
            await stage.server.suffer(GraylogFault(.delay(.milliseconds(600)), to: "POST /api/system/inputs", times: 1))
            try await stage.install(
                GraylogStage.pack("khi-1"), startLimit: .zero, patience: .milliseconds(300), lostLimit: .seconds(5))
            #expect(await stage.server.state.inputs.map(\.title) == [Self.title])
        }
    }

    @Test("an input of another type on the port is named, and nothing is changed")
    func takenPort() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change {
                $0.addInput(title: "Beats", type: "org.graylog2.inputs.beats.Beats2Input", port: 12_201)
            }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(
                problem.description.hasPrefix(
                    "Graylog's input 'Beats' has port 12201 already, and is not of type GELF TCP: "))
            #expect(await stage.server.requests.allSatisfy { $0.method == "GET" })
        }
    }

    @Test("an input whose port another program has is deleted again, and the alerts stay")
    func failedInput() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.takenPorts = [12_201] }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(
                problem.description.hasPrefix(
                    "the input '\(Self.title)' does not run ('FAILED': 'bind(..) failed with error(-98): Address already in "
                        + "use.'): look at it in System / Inputs; the input was deleted again; "))
            #expect(problem.description.hasSuffix("hsmwatch graylog install, with the same options"))
            #expect(await stage.server.state.inputs.isEmpty)
            #expect(await stage.alerts > 0)
        }
    }

    @Test("the wait for an input that does not start, or that the node does not know, ends")
    func slowInput() async throws {
        try await GraylogStage.play { stage in
            let starting = GraylogAnswer(200, "application/json", #"{"id":"a","state":"STARTING"}"#)
            await stage.server.suffer(GraylogFault(.instead(starting), to: "GET /api/system/inputstates"))
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-1"), startLimit: .zero)
            }
            #expect(problem.description.contains("does not run yet ('STARTING')"))
            // It may run in a moment.
            #expect(await stage.server.state.inputs.map(\.title) == [Self.title])
            await stage.server.recover()
            await stage.server.suffer(
                GraylogFault(GraylogStage.answer(404, "No input state"), to: "GET /api/system/inputstates"))
            try await stage.install(GraylogStage.pack("khi-1"), startLimit: .zero)
            #expect(stage.notes.last?.contains("does not have the input") == true)
        }
    }

    @Test("a lost answer makes no second input", arguments: [GraylogFault.Kind.loseAnswer, .cutAnswer, .close])
    func lostAnswer(kind: GraylogFault.Kind) async throws {
        try await GraylogStage.play { stage in
            await stage.server.suffer(GraylogFault(kind, to: "POST /api/system/inputs", times: 1))
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.inputs.map(\.title) == [Self.title])
        }
    }

    @Test("outputs whose needs go together share an input: IPv6 and IPv4, many messages in a request and one")
    func shared() async throws {
        func output(_ host: String, isBulk: Bool) -> OutputConfiguration {
            OutputConfiguration(
                name: "o\(isBulk)", kind: .gelfHTTP, endpoints: [HostPort(host: host, port: 12_202)],
                http: HTTPConfiguration(isBulk: isBulk))
        }
        let outputs = [output("10.10.5.7", isBulk: false), output("2001:db8::7", isBulk: true)]
        let inputs = try WantedInput.all(for: [GraylogStage.configuration(outputs: outputs)], .standard)
        #expect(inputs.map(\.bindAddress) == ["::"])
        #expect(inputs.map(\.isBulk) == [true])
    }

    @Test("an input that only its own machine reaches is noted, unless hsmwatch sends from there")
    func loopback() throws {
        func notes(_ host: String, at address: String) throws -> [String] {
            let output = OutputConfiguration(name: "graylog", endpoints: [HostPort(host: host, port: 12_201)])
            let wanted = try WantedInput.all(for: [GraylogStage.configuration(outputs: [output])], .standard)
            let input = PackPresence.Input(
                id: try GraylogID(parsing: "a"), title: "GELF", type: wanted[0].type, port: 12_201,
                attributes: [.init("bind_address", .string(address)), .init("port", 12_201)])
            return try InputPlan.making(wanted, besides: [input]).notes
        }
        #expect(
            try notes("graylog.example.net", at: "127.0.0.1").first?.contains("'Bind address' is '127.0.0.1'") == true)
        #expect(try notes("2001:db8::7", at: "0.0.0.0").count == 1)
        for (host, address) in [("localhost", "127.0.0.1"), ("graylog.example.net", "10.10.5.7"), ("10.10.5.7", "::")] {
            #expect(try notes(host, at: address) == [])
        }
    }

    @Test("two outputs that need one port for different things are named")
    func conflict() async throws {
        let configuration = Self.configuration([(.gelfTCP, 12_201), (.syslogTCP, 12_201)])
        let problem = #expect(throws: GraylogProblem.self) {
            try WantedInput.all(for: [configuration], .standard)
        }
        #expect(problem?.description.contains("two different inputs on port 12201") == true)
        let twice = Self.configuration([(.gelfTCP, 12_201), (.gelfTCP, 12_201)])
        #expect(try WantedInput.all(for: [twice], .standard).count == 1)
    }
}

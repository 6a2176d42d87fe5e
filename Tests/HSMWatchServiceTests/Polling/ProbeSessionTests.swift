// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService
import HSMWatchSimulation
import Testing

@ServiceLoop
@Suite("Probe session, over loopback")
struct ProbeSessionTests {
    /// Long enough for every answer, however busy the machine.
    private static let ample = Duration.seconds(60)

    private static func simulator(_ fault: HSMFault = .none) async throws -> HSMSimulator {
        try await HSMSimulator.start(
            on: ListenAddress(host: "127.0.0.1", port: 0), behaviour: HSMBehaviour(total: 64, inUse: 3, fault: fault))
    }

    private static func hsm(
        at simulator: HSMSimulator, timeout: Duration = ample, interval: Duration = ample,
        edit: (inout HSMConfiguration) -> Void = { _ in }
    ) -> HSMConfiguration {
        let port = UInt16(clamping: simulator.address.ports.lowerBound)
        var hsm = HSMConfiguration(
            name: "khi-1", address: HostPort(host: "127.0.0.1", port: port), interval: interval, timeout: timeout)
        edit(&hsm)
        return hsm
    }

    /// The names of the phases.
    private static func names(_ report: ProbeReport) -> [String] {
        report.phases.map { phase in
            switch phase.kind {
            case .resolved: "resolved"
            case .unresolved: "unresolved"
            case .connected: "connected"
            case .notConnected: "not connected"
            case .asked: "asked"
            case .answered: "answered"
            case .received: "received"
            case .ended: "ended"
            case .expired: "expired"
            }
        }
    }

    @Test("the first probe comes at once, with all its phases in the order of their times")
    func phases() async throws {
        let simulator = try await Self.simulator()
        let session = ProbeSession(hsm: Self.hsm(at: simulator))
        let report = try #require(await session.next())
        session.stop()
        #expect(Self.names(report) == ["resolved", "connected", "asked", "answered"])
        #expect(report.phases.map(\.time) == report.phases.map(\.time).sorted())
        let address = HostPort(host: "127.0.0.1", port: UInt16(clamping: simulator.address.ports.lowerBound))
        #expect(report.phases.first?.kind == .resolved([address]))
        let observation = try #require(report.findings.first?.judged?.observation)
        // From the question to the answer: the same facts, told twice.
        #expect(report.phases[3].time - report.phases[2].time == observation.latency)
        #expect(report.status == .ok)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        await simulator.stop()
    }

    @Test(
        "a failure ends with the phase in which it came",
        arguments: [
            (HSMFault.refuse, ["resolved", "not connected"]), (.hang, ["resolved", "connected", "asked", "expired"]),
            (.close, ["resolved", "connected", "ended"]),
            (.truncated, ["resolved", "connected", "asked", "received", "ended"]),
            (.garbage, ["resolved", "connected", "asked", "answered"]),
            (.error(22), ["resolved", "connected", "asked", "answered"]),
        ])
    func failures(fault: HSMFault, phases: [String]) async throws {
        let simulator = try await Self.simulator(fault)
        let timeout = fault == .hang ? Duration.seconds(2) : Self.ample
        let session = ProbeSession(hsm: Self.hsm(at: simulator, timeout: timeout))
        let report = try #require(await session.next())
        session.stop()
        // A connection that ends at once may end before the question.
        #expect(Self.names(report).filter { fault != .close || $0 != "asked" } == phases)
        #expect(report.status == (fault == .garbage || fault == .error(22) ? .unknown : .critical))
        await simulator.stop()
    }

    @Test("repeated probes use one connection and send one frame each; the later ones only ask")
    func repeated() async throws {
        let simulator = try await Self.simulator()
        let session = ProbeSession(
            hsm: Self.hsm(at: simulator, timeout: .milliseconds(100), interval: .milliseconds(100)))
        var reports: [ProbeReport] = []
        while reports.count < 3, let report = await session.next() {
            reports.append(report)
        }
        session.stop()
        for report in reports.dropFirst() where report.status == .ok {
            #expect(Self.names(report) == ["asked", "answered"])
        }
        let facts = try await simulator.facts(within: Self.ample) { $0.open == 0 }
        #expect(facts.mostOpen == 1)
        #expect(facts.text == String(repeating: "<1223#>\n", count: facts.requests))
        await simulator.stop()
    }

    @Test(
        "each query port has its finding, in the order of the questions, and one that was rejected is not asked again")
    func ports() async throws {
        let simulator = try await Self.simulator(.error(22))
        let session = ProbeSession(
            hsm: Self.hsm(at: simulator, timeout: .milliseconds(100), interval: .milliseconds(100)) {
                $0.queryPorts = [9010, 1500]
            })
        let first = try #require(await session.next())
        #expect(first.findings.map(\.subject.queryPort) == [9010, 1500])
        #expect(first.findings.allSatisfy { $0.judged != nil })
        let second = try #require(await session.next())
        #expect(second.findings.allSatisfy { $0.judged == nil })
        #expect(second.phases.isEmpty)
        #expect(second.status == .unknown)
        session.stop()
        #expect(await simulator.facts.text == "<1223#9010#>\n<1223#1500#>\n")
        await simulator.stop()
    }

    @Test("a stop gives up the probe that runs, and the wait for the next one")
    func stopped() async throws {
        let simulator = try await Self.simulator(.hang)
        let hanging = ProbeSession(hsm: Self.hsm(at: simulator))
        async let report = hanging.next()
        _ = try await simulator.facts(within: Self.ample) { $0.requests == 1 }
        hanging.stop()
        #expect(await report == nil)
        #expect(await hanging.next() == nil)
        _ = try await simulator.facts(within: Self.ample) { $0.open == 0 }

        try await simulator.change { $0.fault = .none }
        let waiting = ProbeSession(hsm: Self.hsm(at: simulator))
        #expect(await waiting.next() != nil)
        async let second = waiting.next()
        waiting.stop()
        #expect(await second == nil)
        await simulator.stop()
    }

    @Test("the messages of a session are those of the service, numbered from 1 under an instance of their own")
    func messages() async throws {
        let simulator = try await Self.simulator()
        let session = ProbeSession(hsm: Self.hsm(at: simulator))
        let report = try #require(await session.next())
        session.stop()
        let encoder = MessageEncoder(source: "monitor-1")
        var messages = ProbeMessages(encoder: encoder)
        let lines = messages.lines(of: report) + messages.lines(of: report)
        let instance = try #require(lines.first?.firstMatch(of: /"_instance":"([0-9a-f]{32})"/)?.1)
        let expected = (report.events + report.events).enumerated().map { index, event in
            String(
                decoding: encoder.encode(event).numbered(instance: String(instance), sequence: index + 1),
                as: UTF8.self)
        }
        #expect(lines == expected)
        #expect(lines.count == 4)
        await simulator.stop()
    }
}

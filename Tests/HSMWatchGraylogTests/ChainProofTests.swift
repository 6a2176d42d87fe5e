// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

@ServiceLoop
@Suite("Proving that messages arrive in Graylog", .timeLimit(.minutes(1)))
struct ChainProofTests {
    private nonisolated static let off =
        "Graylog has not heard hsmwatch of monitor-1 yet: its silence alert is off until 'hsmwatch graylog install' finds a "
        + "heartbeat"

    /// Plays a test with a Graylog whose GELF TCP input is a receiver.
    ///
    /// - Parameter lateness: how far Graylog's clock is ahead of the messages' own times.
    private func play(
        lateness: Duration = .zero, _ test: (GraylogStage, Configuration) async throws -> Void
    ) async throws {
        let receiver = try await Receiver.start(on: anyPort)
        try await GraylogStage.play { stage in
            let server = stage.server
            let feeding = Task {
                while let message = await receiver.next() {
                    guard let stored = message.stored else { continue }
                    let received = Timestamp(milliseconds: stored.timestamp.milliseconds + lateness.wholeMilliseconds)
                    await server.change {
                        $0.store(
                            GraylogMessage(timestamp: stored.timestamp, received: received, fields: stored.fields))
                    }
                }
            }
            let port = UInt16(clamping: receiver.address.ports.lowerBound)
            let output = OutputConfiguration(
                name: "graylog", endpoints: [HostPort(host: "127.0.0.1", port: port)])
            try await test(stage, GraylogStage.configuration(outputs: [output]))
            feeding.cancel()
        }
        await receiver.shutDown()
    }

    /// A heartbeat of the configuration's source.
    private nonisolated static func heartbeat(age: Duration = .zero) -> GraylogMessage {
        GraylogMessage(
            timestamp: Timestamp(milliseconds: 0), received: Timestamp(milliseconds: 0),
            fields: [
                "event_source": .string("hsmwatch"), "event_type": .string("heartbeat"), "source": .string("monitor-1"),
            ], age: age)
    }

    private func silenceAlerts(of stage: GraylogStage) async -> [Bool] {
        await stage.server.state.eventDefinitions.filter { $0.title.hasPrefix("hsmwatch of monitor-1 ") }
            .map(\.isScheduled)
    }

    @Test("a test message is found by search, and the time that took is said")
    func found() async throws {
        try await play { stage, configuration in
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            let line = try #require(stage.done.first { $0.contains("Graylog found the test message after ") })
            #expect(line.hasPrefix("graylog → 127.0.0.1:"))
            #expect(!stage.notes.contains { $0.contains("clock") })
        }
    }

    @Test("clocks that differ by more than two seconds are reported", arguments: [25, -25])
    func clock(seconds: Int) async throws {
        try await play(lateness: .seconds(seconds)) { stage, configuration in
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            let words =
                "Graylog received the test message 25s \(seconds < 0 ? "before" : "after") the message's own time"
            #expect(stage.notes.contains { $0.contains(words) })
        }
    }

    @Test("an output that this machine does not reach is reported as not proven, and the installation succeeds")
    func unreached() async throws {
        try await GraylogStage.play { stage in
            let output = OutputConfiguration(name: "graylog", endpoints: [HostPort(host: "127.0.0.1", port: 1)])
            let configuration = GraylogStage.configuration(outputs: [output])
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(
                stage.notes.contains { $0.hasPrefix("graylog → 127.0.0.1:1: not proven, as this machine cannot send") })
        }
    }

    @Test("a certificate that signs itself is named as one that Graylog makes when it cannot read the input's files")
    func ownCertificate() async throws {
        let folder = try TemporaryFolder()
        let (own, trusted) = (
            try TestAuthority(in: folder, name: "own"), try TestAuthority(in: folder, name: "trusted")
        )
        let receiver = try await Receiver.start(
            on: anyPort, tls: try ReceiverTLS(certificate: own.certificate, key: own.key))
        try await GraylogStage.play { stage in
            let port = UInt16(clamping: receiver.address.ports.lowerBound)
            let output = OutputConfiguration(
                name: "graylog", endpoints: [HostPort(host: "127.0.0.1", port: port)],
                tls: TLSConfiguration(ca: trusted.certificate))
            let configuration = GraylogStage.configuration(outputs: [output])
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            let note = try #require(stage.notes.first { $0.contains("not proven") })
            #expect(
                note.contains(
                    "is self-signed and not in tls.ca; Graylog makes such a certificate itself when it cannot"))
            #expect(note.contains("/etc/graylog/server/hsmwatch.crt or /etc/graylog/server/hsmwatch.key"))
        }
        await receiver.shutDown()
    }

    @Test("a message that Graylog does not find is reported with what to look for")
    func notFound() async throws {
        try await play { stage, configuration in
            await stage.server.suffer(
                GraylogFault(
                    .instead(GraylogAnswer(200, "application/json", #"{"datarows":[]}"#)), to: "POST /api/search"))
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(stage.notes.contains { $0.contains("Graylog has not found it within") && $0.contains("instance:") })
        }
    }

    @Test("a source that was never heard has its silence alert off until a later installation finds a heartbeat")
    func silence() async throws {
        try await play { stage, configuration in
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(stage.done.last == Self.off)
            #expect(await silenceAlerts(of: stage) == [false])
            // It is off before anything else is done, since Graylog looks within a minute.
            let requests = await stage.server.requests.map { "\($0)" }
            let off = try #require(requests.firstIndex { $0.hasSuffix("/unschedule") })
            let resumed = try #require(requests.firstIndex { $0.hasSuffix("/resume") })
            #expect(off < resumed)
            // Again, there is nothing to change.
            await stage.server.forgetRequests()
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(await stage.server.requests.allSatisfy { $0.method != "PUT" })
            #expect(stage.done.last == Self.off)
            #expect(
                stage.countdowns.contains {
                    $0?.hasPrefix("waiting for a heartbeat of hsmwatch of monitor-1: ") == true
                })
            #expect(stage.countdowns.last == .some(nil))
            await stage.server.change { $0.store(Self.heartbeat()) }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(stage.done.contains("switched the silence alert of hsmwatch of monitor-1 on"))
            #expect(stage.done.last == "Graylog has a heartbeat of hsmwatch of monitor-1")
            #expect(await silenceAlerts(of: stage) == [true])
        }
    }

    @Test(
        "a switch of a silence alert whose answer is lost is looked up, and asked for again",
        arguments: [GraylogFault.Kind.loseAnswer, .close, .cutAnswer, .instead(.badGateway)])
    func lostSwitch(kind: GraylogFault.Kind) async throws {
        try await play { stage, configuration in
            await stage.server.suffer(GraylogFault(kind, to: "PUT /api/events/definitions", times: 1))
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(await silenceAlerts(of: stage) == [false])
            #expect(!stage.notes.contains { $0.contains("silence alert") }, "\(stage.notes)")
            #expect(stage.done.last == Self.off)
        }
    }

    @Test("a switch of a silence alert that is refused is reported as that, not as a failed search")
    func refusedSwitch() async throws {
        try await play { stage, configuration in
            await stage.server.change { $0.missingPermissions = ["eventdefinitions:edit"] }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            let note = try #require(stage.notes.first { $0.contains("silence alert") })
            #expect(note.contains("Graylog did not switch the alert off"))
            #expect(note.hasSuffix("switch the silence alert of hsmwatch of monitor-1 off until it is heard in Alerts"))
            #expect(!stage.notes.contains { $0.contains("was ever heard is not known") })
        }
    }

    @Test("an output whose format has no fields is reported as not proven")
    func withoutFields() async throws {
        try await GraylogStage.play { stage in
            let output = OutputConfiguration(
                name: "old", kind: .syslogUDP, endpoints: [HostPort(host: "127.0.0.1", port: 1514)],
                syslog: SyslogConfiguration(format: .legacy))
            try await stage.install(
                GraylogStage.pack("khi-1"), for: GraylogStage.configuration(outputs: [output]), proves: true)
            #expect(stage.notes.contains { $0.hasPrefix("old: not proven: its format has no fields") })
        }
    }

    @Test("times of the found message that are not understood are said")
    func strangeTimes() async throws {
        try await play { stage, configuration in
            await stage.server.suffer(
                GraylogFault(
                    .instead(GraylogAnswer(200, "application/json", #"{"datarows":[["yesterday","today"]]}"#)),
                    to: "POST /api/search", after: 1))
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(stage.notes.contains { $0.contains("are not understood: compare both clocks by hand") })
        }
    }

    @Test("a source that was heard before keeps its silence alert on through an upgrade")
    func heardBefore() async throws {
        try await play { stage, configuration in
            await stage.server.change { $0.store(Self.heartbeat()) }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            try await stage.install(GraylogStage.pack("khi-2"), for: configuration, proves: true)
            #expect(await silenceAlerts(of: stage) == [true])
            let changes = await stage.server.requests.map { "\($0)" }
            #expect(!changes.contains { $0.hasSuffix("/unschedule") })
        }
    }

    @Test("a search that is refused leaves the silence alert on, and the installation succeeds")
    func refused() async throws {
        try await play { stage, configuration in
            await stage.server.change { $0.missingPermissions = ["messages:read"] }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(await silenceAlerts(of: stage) == [true])
            #expect(stage.notes.contains { $0.contains("was ever heard is not known") })
            let end = "whether Graylog has a heartbeat of hsmwatch of monitor-1 is not known: look in Alerts whether"
            #expect(stage.notes.last?.contains(end) == true, "\(stage.notes)")
            #expect(!stage.notes.contains { $0.contains("has no heartbeat") })
        }
    }

    @Test("a source that was heard since its silence alert was switched off has it on, though it is silent again")
    func silentAgain() async throws {
        try await play { stage, configuration in
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(await silenceAlerts(of: stage) == [false])
            await stage.server.change { $0.store(Self.heartbeat(age: .seconds(3600))) }
            try await stage.install(GraylogStage.pack("khi-1"), for: configuration, proves: true)
            #expect(await silenceAlerts(of: stage) == [true])
            let silent = "Graylog has no heartbeat of hsmwatch of monitor-1 of the last 5 minutes"
            #expect(stage.notes.last == "\(silent): its silence alert is on")
        }
    }
}

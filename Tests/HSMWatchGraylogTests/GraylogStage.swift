// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

/// A Graylog on the loopback, and what installs the content pack there.
@ServiceLoop
final class GraylogStage {
    let server: GraylogServer
    private let folder: TemporaryFolder
    /// What was reported, in order.
    private(set) var reports: [PackInstaller.Report] = []

    /// What was shown while something was waited for.
    private(set) var countdowns: [String?] = []

    init(_ version: GraylogVersion, tls: ReceiverTLS? = nil) async throws {
        server = try await GraylogServer.start(version, tls: tls)
        folder = try TemporaryFolder()
    }

    /// Plays a test on a Graylog of this version, and ends it.
    static func play(_ version: GraylogVersion = GraylogVersion(7, 1), _ test: (GraylogStage) async throws -> Void)
        async throws
    {
        let stage = try await GraylogStage(version)
        do {
            try await test(stage)
        } catch {
            await stage.server.stop()
            throw error
        }
        await stage.server.stop()
    }

    var done: [String] {
        reports.compactMap { if case .done(let text) = $0 { text } else { nil } }
    }

    var notes: [String] {
        reports.compactMap { if case .note(let text) = $0 { text } else { nil } }
    }

    /// A pack whose alerts go to these names: other names make another pack.
    nonisolated static func pack(_ names: String...) throws -> ContentPack {
        try pack(names)
    }

    nonisolated static func pack(_ names: [String], hasInput: Bool = false) throws -> ContentPack {
        ContentPack([configuration(names)], try options(names, hasInput: hasInput))
    }

    nonisolated static func options(
        _ names: [String] = ["soc"], hasInput: Bool = false
    ) throws -> ContentPackOptions {
        try ContentPackOptions(
            recipients: names.map { "\($0)@bank.example" }, webhook: "https://soc.bank.example/hsm", hasInput: hasInput)
    }

    /// A configuration that watches HSMs of these names, with an output to port 12201.
    nonisolated static func configuration(
        _ names: [String] = ["khi-1"],
        outputs: [OutputConfiguration] = [
            OutputConfiguration(
                name: "graylog", kind: .gelfTCP, endpoints: [HostPort(host: "graylog.example.net", port: 12_201)])
        ]
    ) -> Configuration {
        let hsms = names.map { HSMConfiguration(name: $0, address: HostPort(host: "10.10.5.6", port: 9010)) }
        return Configuration(source: "monitor-1", hsms: hsms, outputs: outputs)
    }

    /// What opens the Graylog.
    func access(
        token: String = GraylogState.token, path: String = "/api", ca: String? = nil, at address: HostPort? = nil
    ) throws -> GraylogAccess {
        let file = folder.path + "/token"
        try Array("\(token)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        let place = address.map { "http://\($0)" } ?? String(server.url.dropLast("/api".count))
        return try GraylogAccess(url: GraylogURL(parsing: place + path), tokenFile: file, ca: ca)
    }

    /// Does something with a client that gives up soon.
    func ask(
        _ access: GraylogAccess? = nil, answerLimit: Int = GraylogClient.answerLimit, patience: Duration? = nil,
        _ work: (GraylogClient) async throws(GraylogProblem) -> Void
    ) async throws {
        let client = GraylogClient(try access ?? self.access(), answerLimit: answerLimit, patience: patience)
        do throws(GraylogProblem) {
            try await work(client)
        } catch {
            await client.shutDown()
            throw error
        }
        await client.shutDown()
    }

    /// Installs a pack and the inputs of these outputs as the command does.
    func install(
        _ pack: ContentPack, for configuration: Configuration = GraylogStage.configuration(),
        isUpdatingInputs: Bool = false, proves: Bool = false, startLimit: Duration = .seconds(5),
        patience: Duration? = nil, lostLimit: Duration? = nil
    ) async throws {
        try await ask(patience: patience) { client throws(GraylogProblem) in
            let options: ContentPackOptions
            do {
                options = try Self.options()
            } catch {
                throw GraylogProblem("\(error)")
            }
            let proof = ChainProof(
                client, [configuration], files: .standard, heartbeatLimit: .milliseconds(50),
                searchLimit: .seconds(2), lookInterval: .milliseconds(10), report: { self.reports.append($0) },
                countdown: { self.countdowns.append($0) })
            let installation = GraylogInstallation(
                client, pack: pack, inputs: try WantedInput.all(for: [configuration], .standard), options: options,
                isUpdatingInputs: isUpdatingInputs, proof: proves ? proof : nil, startLimit: startLimit,
                lostLimit: lostLimit ?? startLimit, overlap: .zero
            ) { self.reports.append($0) }
            _ = try await installation.prepare()
            try await installation.carryOut()
        }
    }

    /// Installs only a pack, as 0.1.0 did.
    func installOnly(_ pack: ContentPack) async throws {
        try await ask { client throws(GraylogProblem) in
            let installer = PackInstaller(client, overlap: .zero) { _ in }
            let goal = PackGoal.installed(pack)
            let presence = try await installer.presence(for: goal)
            _ = try await installer.reach(goal, by: try goal.plan(in: presence), in: presence)
        }
    }

    /// Uninstalls the pack as the command does.
    func uninstall() async throws {
        try await ask { client throws(GraylogProblem) in
            let installer = PackInstaller(client) { self.reports.append($0) }
            let goal = PackGoal.uninstalled
            let presence = try await installer.presence(for: goal)
            let inputs = InputPlan.removing(
                from: presence.inputs ?? [], without: presence.inputsOfPacks(besides: nil))
            _ = try await installer.reach(goal, by: try goal.plan(in: presence), in: presence)
            try await InputInstaller(client) { self.reports.append($0) }.carryOut(inputs, for: goal)
        }
    }

    /// What Graylog has of hsmwatch's alerts: those of definitions whose stream runs.
    var alerts: Int {
        get async {
            let state = await server.state
            return state.userStreams.contains { !$0.isPaused } ? state.eventDefinitions.count : 0
        }
    }

    /// Why something was not done.
    func problem(_ work: () async throws -> Void) async throws -> GraylogProblem {
        do {
            try await work()
        } catch let problem as GraylogProblem {
            return problem
        }
        throw NoProblem()
    }

    /// Something was done that should not have been.
    struct NoProblem: Error {}

    /// What a Graylog says, or a proxy before it.
    nonisolated static func answer(
        _ status: Int, _ message: String, headers: [String: String] = [:]
    ) -> GraylogFault.Kind {
        var answer = GraylogAnswer(status, "application/json", #"{"type":"ApiError","message":"\#(message)"}"#)
        answer.headers = headers
        return .instead(answer)
    }
}

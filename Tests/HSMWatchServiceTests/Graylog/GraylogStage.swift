// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import Testing

@testable import HSMWatchService

/// A Graylog on the loopback, and what installs the content pack there.
@ServiceLoop
final class GraylogStage {
    let server: GraylogServer
    private let folder: TemporaryFolder
    /// What was reported, in order.
    private(set) var reports: [PackInstaller.Report] = []

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

    /// A pack whose alerts go to these names, with an input on port 12201: other names make another pack.
    nonisolated static func pack(_ names: String...) throws -> ContentPack {
        try pack(names)
    }

    nonisolated static func pack(_ names: [String]) throws -> ContentPack {
        let outputs = [
            OutputConfiguration(
                name: "graylog", kind: .gelfTCP, endpoints: [HostPort(host: "graylog.example.net", port: 12_201)])
        ]
        let hsm = HSMConfiguration(name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010))
        return try ContentPack(
            [Configuration(source: "monitor-1", hsms: [hsm], outputs: outputs)],
            ContentPackOptions(recipients: names.map { "\($0)@bank.example" }, webhook: "https://soc.bank.example/hsm"))
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

    /// Installs a pack as the command does.
    func install(_ pack: ContentPack, startLimit: Duration = .seconds(5), patience: Duration? = nil) async throws {
        try await ask(patience: patience) { client throws(GraylogProblem) in
            let installer = PackInstaller(client, startLimit: startLimit, lostLimit: startLimit) {
                self.reports.append($0)
            }
            let presence = try await installer.presence()
            let plan = try PackPlan.installing(
                fingerprint: pack.fingerprint, inputPort: pack.inputPort, in: presence)
            try await installer.carryOut(plan, of: pack, in: presence)
            try await installer.checkInput(after: plan)
        }
    }

    /// Uninstalls the pack as the command does.
    func uninstall() async throws {
        try await ask { client throws(GraylogProblem) in
            let installer = PackInstaller(client) { self.reports.append($0) }
            let presence = try await installer.presence()
            try await installer.carryOut(.uninstalling(from: presence), of: nil, in: presence)
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

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

/// Each request of an upgrade is made to fail in turn, in every way: Graylog has alerts at every moment, and the same command
/// again completes the way.
@ServiceLoop
@Suite("An upgrade whose requests fail", .timeLimit(.minutes(5)))
struct InstallationFailureTests {
    /// What happens to a request: refused, failed, answered by a proxy, unreadable, or lost before or after it was done.
    nonisolated static let failures: [GraylogFault.Kind] = [
        .instead(GraylogAnswer(500, "application/json", #"{"type":"ApiError","message":"failed"}"#)),
        .instead(GraylogAnswer(403, "application/json", #"{"type":"ApiError","message":"Not authorized"}"#)),
        .instead(.badGateway), .instead(GraylogAnswer(200, "application/json", "")),
        .instead(GraylogAnswer(200, "text/html", "<html></html>")),
        .close, .reset, .loseAnswer, .cutAnswer,
    ]

    /// Plays an upgrade over a pack with an input, as 0.1.0 made it, with one fault.
    private func upgrade(
        on version: GraylogVersion, _ fault: GraylogFault?, _ test: (GraylogStage, GraylogProblem?) async throws -> Void
    ) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.installOnly(GraylogStage.pack(["khi-1"], hasInput: true))
            await stage.server.forgetRequests()
            if let fault { await stage.server.suffer(fault) }
            var problem: GraylogProblem?
            do {
                try await stage.install(GraylogStage.pack("khi-2"), startLimit: .milliseconds(300))
            } catch let error as GraylogProblem {
                problem = error
            }
            try await test(stage, problem)
        }
    }

    @Test(
        "never leaves Graylog without alerts, and completes the next time",
        arguments: [GraylogVersion(6, 1), GraylogVersion(7, 1)], failures)
    func table(version: GraylogVersion, failure: GraylogFault.Kind) async throws {
        var changes: [String] = []
        try await upgrade(on: version, nil) { stage, problem in
            #expect(problem == nil)
            changes = await stage.server.requests.filter { $0.method != "GET" && !$0.path.hasSuffix("/check") }
                .map { "\($0.method) \($0.path)" }
        }
        #expect(changes.count >= 4)
        for number in changes.indices {
            // Ids are the same each time; the pack was uploaded and installed before.
            let earlier = changes[..<number].count { $0.hasPrefix(changes[number]) }
            let fault = GraylogFault(failure, to: changes[number], after: earlier, times: 1)
            try await upgrade(on: version, fault) { stage, problem in
                let state = await stage.server.state
                let row = "\(changes[number]), \(failure)"
                #expect(await stage.alerts > 0, "\(row)")
                #expect(!state.installations.isEmpty, "\(row)")
                if let problem {
                    #expect(problem.description.contains("type the same command again"), "\(row): \(problem)")
                }
                await stage.server.recover()
                try await stage.install(GraylogStage.pack("khi-2"))
                let end = await stage.server.state
                #expect(end.installations.map(\.pack.revision) == [2], "\(row)")
                #expect(end.userStreams.map(\.isPaused) == [false], "\(row)")
                #expect(end.inputs.map(\.title) == ["hsmwatch: GELF TCP, port 12201"], "\(row)")
                #expect(end.allowedURLs.count == 1, "\(row)")
            }
        }
    }

    @Test(
        "Graylog is stopped after each change: the old or the new pack is installed, and the last line says what to type"
    )
    func stop() async throws {
        // The first five requests only look.
        for passing in 5..<13 {
            let fault = GraylogFault(.close, after: passing)
            try await upgrade(on: GraylogVersion(7, 1), fault) { stage, problem in
                #expect(await !stage.server.state.installations.isEmpty, "\(passing)")
                #expect(problem?.description.contains("type the same command again") != false, "\(passing)")
                await stage.server.recover()
                try await stage.install(GraylogStage.pack("khi-2"))
                #expect(await stage.server.state.installations.map(\.pack.revision) == [2])
                #expect(await stage.alerts > 0)
            }
        }
    }
}

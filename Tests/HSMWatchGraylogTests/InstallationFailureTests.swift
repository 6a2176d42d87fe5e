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
    /// What happens to a request: refused, failed, answered by a proxy, unreadable, never answered, or lost before or after it was
    /// done.
    nonisolated static let failures: [GraylogFault.Kind] = [
        .instead(GraylogAnswer(500, "application/json", #"{"type":"ApiError","message":"failed"}"#)),
        .instead(GraylogAnswer(403, "application/json", #"{"type":"ApiError","message":"Not authorized"}"#)),
        .instead(.badGateway), .instead(GraylogAnswer(200, "application/json", "")),
        .instead(GraylogAnswer(200, "text/html", "<html></html>")),
        .silence, .close, .reset, .loseAnswer, .cutAnswer,
    ]
    /// Those of which a version may make more than another: the answer to an uninstallation breaks off anyway.
    nonisolated static let lostAnswers: [GraylogFault.Kind] = [.instead(.badGateway), .loseAnswer, .cutAnswer]
    /// What can happen to a request that changes nothing.
    nonisolated static let failedLooks: [GraylogFault.Kind] = [
        .instead(GraylogAnswer(403, "application/json", #"{"type":"ApiError","message":"Not authorized"}"#)),
        .instead(.badGateway), .close,
    ]

    /// Whether a request changes Graylog.
    private nonisolated static func isChange(_ request: GraylogRequest) -> Bool {
        request.method != "GET" && !request.path.hasSuffix("/check") && !request.path.hasSuffix("/search/messages")
    }

    /// Plays an upgrade over a pack with an input, as 0.1.0 made it, with one fault.
    private func upgrade(
        on version: GraylogVersion, _ fault: GraylogFault?, patience: Duration? = nil,
        _ test: (GraylogStage, GraylogProblem?) async throws -> Void
    ) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.installOnly(GraylogStage.pack(["khi-1"], hasInput: true))
            await stage.server.forgetRequests()
            if let fault { await stage.server.suffer(fault) }
            var problem: GraylogProblem?
            do {
                try await stage.install(
                    GraylogStage.pack("khi-2"), proves: true, startLimit: .milliseconds(300), patience: patience)
            } catch let error as GraylogProblem {
                problem = error
            }
            try await test(stage, problem)
        }
    }

    /// Lets each request of an upgrade fail in turn that `isMeant`.
    private func failEach(
        on version: GraylogVersion, _ failure: GraylogFault.Kind, where isMeant: (GraylogRequest) -> Bool
    ) async throws {
        var requests: [GraylogRequest] = []
        try await upgrade(on: version, nil) { stage, problem in
            #expect(problem == nil)
            requests = await stage.server.requests.filter(isMeant)
        }
        #expect(requests.count >= 5)
        let tasks = requests.indices.map { number in
            let request = "\(requests[number])"
            // Ids are the same each time; the pack was uploaded and installed before.
            let earlier = requests[..<number].count { "\($0)".hasPrefix(request) }
            let fault = GraylogFault(failure, to: request, after: earlier, times: 1)
            let patience: Duration? = failure == .silence ? .milliseconds(500) : nil
            // Side by side: most of the time is waited.
            return Task {
                try await upgrade(on: version, fault, patience: patience) { stage, problem in
                    try await check(stage, problem, "\(request), \(failure)")
                }
            }
        }
        for task in tasks { try await task.value }
    }

    private func check(_ stage: GraylogStage, _ problem: GraylogProblem?, _ row: String) async throws {
        #expect(await stage.alerts > 0, "\(row)")
        #expect(await !stage.server.state.installations.isEmpty, "\(row)")
        if let problem, await stage.server.requests.contains(where: Self.isChange) {
            #expect(problem.description.contains("type the same command again"), "\(row): \(problem)")
        }
        await stage.server.recover()
        try await stage.install(GraylogStage.pack("khi-2"), proves: true)
        let end = await stage.server.state
        #expect(end.installations.map(\.pack.revision) == [2], "\(row)")
        #expect(end.userStreams.map(\.isPaused) == [false], "\(row)")
        #expect(end.inputs.map(\.title) == ["hsmwatch: GELF TCP, port 12201"], "\(row)")
        #expect(end.allowedURLs.count == 1, "\(row)")
        // Nothing was ever heard of the source: its silence alert is the only one that is off.
        #expect(end.eventDefinitions.filter { !$0.isScheduled }.count == 1, "\(row)")
    }

    @Test(
        "never leaves Graylog without alerts, and completes the next time",
        arguments: [GraylogVersion(6, 1), GraylogVersion(7, 1)], failures)
    func table(version: GraylogVersion, failure: GraylogFault.Kind) async throws {
        try await failEach(on: version, failure, where: Self.isChange)
    }

    @Test(
        "does so on the versions between, too", arguments: [GraylogVersion(6, 3), GraylogVersion(7, 0)], lostAnswers)
    func between(version: GraylogVersion, failure: GraylogFault.Kind) async throws {
        try await failEach(on: version, failure, where: Self.isChange)
    }

    @Test("does so, too, when a request fails that only looks", arguments: failedLooks)
    func looks(failure: GraylogFault.Kind) async throws {
        try await failEach(on: GraylogVersion(7, 1), failure) { !Self.isChange($0) }
    }

    @Test(
        "Graylog is stopped after each request: the old or the new pack is installed, and the last line says what to type"
    )
    func stop() async throws {
        var count = 0
        try await upgrade(on: GraylogVersion(7, 1), nil) { stage, _ in count = await stage.server.requests.count }
        let tasks = (0..<count).map { passing in
            Task {
                try await upgrade(on: GraylogVersion(7, 1), GraylogFault(.close, after: passing)) { stage, problem in
                    try await check(stage, problem, "stopped after \(passing) requests")
                }
            }
        }
        for task in tasks { try await task.value }
    }
}

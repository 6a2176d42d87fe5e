// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

@ServiceLoop
@Suite("Installing the content pack", .timeLimit(.minutes(1)))
struct PackInstallerTests {
    nonisolated static let versions = [
        GraylogVersion(5, 2), GraylogVersion(6, 1, 4), GraylogVersion(6, 3), GraylogVersion(7, 0),
        GraylogVersion(7, 1, 7),
    ]
    private static let pack = "/api/system/content_packs/\(ContentPack.id)"

    /// The methods of all requests but those that only read.
    private func changes(on stage: GraylogStage) async -> [String] {
        await stage.server.requests.filter { $0.method != "GET" }.map { "\($0)" }
    }

    @Test("is done as each generation wants it, and its stream and input run", arguments: versions)
    func first(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let state = await stage.server.state
            #expect(state.packs.map(\.id.revision) == [1])
            #expect(state.installations.map(\.pack.revision) == [1])
            #expect(state.userStreams.map(\.isPaused) == [false])
            #expect(state.userStreams.map(\.title) == ["hsmwatch"])
            let resumed = version >= GraylogVersion(7, 0) ? ["resumed the pack's stream"] : []
            let steps = ["uploaded the content pack as revision 1", "installed revision 1"]
            let input = "the input 'hsmwatch: GELF TCP, port 12201'"
            let rest = [
                "made \(input)", "\(input) runs", "put the webhook at soc.bank.example on Graylog's URL allowlist",
            ]
            #expect(Array(stage.done.dropFirst()) == steps + resumed + rest)
            #expect(stage.notes == [])
            #expect(state.allowedURLs.map(\.value) == ["https://soc.bank.example/hsm"])
        }
    }

    @Test("is no change when it is done again", arguments: versions)
    func again(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let before = await stage.server.state.installations
            let changes = await changes(on: stage).count
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await self.changes(on: stage).count == changes)
            #expect(await stage.server.state.installations == before)
        }
    }

    @Test("changes nothing after 50 HSMs were added", arguments: versions)
    func moreHSMs(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            let configurations = [1, 51].map { count in
                GraylogStage.configuration((1...count).map { "khi-\($0)" })
            }
            let packs = try configurations.map { ContentPack([$0], try GraylogStage.options()) }
            try await stage.install(packs[0], for: configurations[0])
            await stage.server.forgetRequests()
            try await stage.install(packs[1], for: configurations[1])
            #expect(await changes(on: stage) == [])
            #expect(stage.done.contains("the content pack is installed already: nothing to do"))
        }
    }

    @Test("replaces an older revision, which is kept to go back to by hand", arguments: versions)
    func upgrade(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            try await stage.install(GraylogStage.pack("khi-1", "khi-2"))
            let state = await stage.server.state
            #expect(state.packs.map(\.id.revision) == [1, 2])
            #expect(state.installations.map(\.pack.revision) == [2])
            #expect(state.userStreams.map(\.isPaused) == [false])
            #expect(stage.done.contains { $0.hasPrefix("uninstalled revision 1: ") && $0.contains("1 stream") })
        }
    }

    @Test("leaves five revisions, however often it is done")
    func revisions() async throws {
        try await GraylogStage.play { stage in
            for count in 1...7 {
                let names = (1...count).map { "khi-\($0)" }
                try await stage.install(GraylogStage.pack(names))
            }
            #expect(await stage.server.state.packs.map(\.id.revision) == [3, 4, 5, 6, 7])
        }
    }

    @Test("resumes a stream that somebody has paused, and makes one anew that somebody has deleted")
    func stream() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let id = try #require(await stage.server.state.userStreams.first?.id)
            await stage.server.change { $0.pauseStream(id) }
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [true])
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
            await stage.server.change { $0.deleteStream(id) }
            try await stage.install(GraylogStage.pack("khi-1"))
            let state = await stage.server.state
            #expect(state.packs.map(\.id.revision) == [1])
            #expect(state.userStreams.map(\.isPaused) == [false])
            #expect(state.userStreams.map(\.id) != [id])
        }
    }

    @Test(
        "makes the pack anew when somebody has deleted a part of it, and says which",
        arguments: [
            ("event_definition", "the event definition 'HSM ok'"),
            ("notification", "the notification 'hsmwatch: mail'"),
            ("dashboard", "the dashboard '"),
        ])
    func deletedPart(kind: String, name: String) async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change { $0.deleteFirst(kind) }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(
                stage.notes.contains {
                    $0.hasPrefix("Graylog no longer has ") && $0.contains(": the pack is installed")
                })
            #expect(await stage.server.state.installations.count == 1)
            await stage.server.forgetRequests()
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.requests.allSatisfy { $0.method == "GET" || $0.path.hasSuffix("/check") })
            #expect(stage.done.contains("the content pack is installed already: nothing to do"))
        }
    }

    @Test("leaves an alert off that somebody has switched off, and names it")
    func switchedOff() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change { $0.switchOff("HSM critical") }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(
                stage.notes.contains(
                    "the alert 'HSM critical' is switched off in Graylog, and stays so: switch it on in Alerts"))
            #expect(await stage.server.state.installations.count == 1)
        }
    }

    @Test("takes a part for there that the token's user may not see")
    func hiddenParts() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change {
                $0.missingPermissions = ["eventnotifications:read", "view:read", "eventdefinitions:read"]
            }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(stage.done.contains("the content pack is installed already: nothing to do"))
        }
    }

    @Test(
        "keeps the stream in the index set that somebody has chosen for it, before it takes messages",
        arguments: versions)
    func indexSet(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            let own = "650000000000000000000004"
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change { $0.storeStreams(inNewIndexSet: own) }
            try await stage.install(GraylogStage.pack("khi-2"))
            let stream = try #require(await stage.server.state.userStreams.first)
            #expect(stream.indexSet == own)
            #expect(stream.leavesDefaultStream)
            #expect(!stream.isPaused)
            #expect(stage.done.contains("kept the stream in the index set \(own)"))
            let changes = await changes(on: stage).filter { $0.contains("/streams/\(stream.id)") }
            let stored = "PUT /api/streams/\(stream.id)"
            let resumed = version.pausesNewStreams ? ["POST /api/streams/\(stream.id)/resume"] : []
            #expect(changes == [stored] + resumed)
        }
    }

    @Test("says that the stream is not in its index set, when it may not be put there")
    func indexSetPermission() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change {
                $0.storeStreams(inNewIndexSet: "650000000000000000000004")
                $0.missingPermissions = ["streams:edit"]
            }
            try await stage.install(GraylogStage.pack("khi-2"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
            #expect(stage.notes.contains { $0.contains("did not keep the stream in its index set: HTTP 403") })
        }
    }

    @Test("makes the input anew when somebody has deleted it, and leaves the pack as it is")
    func lostInput() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let before = await stage.server.state.installations
            await stage.server.change { $0.deleteInputs() }
            try await stage.install(GraylogStage.pack("khi-1"))
            let state = await stage.server.state
            #expect(state.installations == before)
            #expect(state.inputs.count == 1)
            #expect(stage.done.contains("the input 'hsmwatch: GELF TCP, port 12201' runs"))
        }
    }

    // MARK: When Graylog does not install it

    @Test("leaves the old revision with its alerts when Graylog does not install the new one, and says so")
    func refusal() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let before = await stage.server.state
            await stage.server.suffer(
                GraylogFault(
                    GraylogStage.answer(500, "Failed to install content pack"), to: "POST \(Self.pack)/2/installations")
            )
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-2")) }
            #expect(
                problem.description
                    == "Graylog did not install revision 2: HTTP 500; it failed inside, and its server log says why, "
                    + "perhaps that the token's user lacks a permission: contentpack:install, and to create inputs, "
                    + "streams, dashboards, event definitions and notifications; Graylog says: Failed to install content "
                    + "pack; revision 1 is installed, with its alerts; to complete it, type the same command again: "
                    + "hsmwatch graylog install, with the same options")
            let state = await stage.server.state
            #expect(state.installations == before.installations)
            #expect(state.streams == before.streams)
            // And the next time it is not uploaded again.
            await stage.server.recover()
            try await stage.install(GraylogStage.pack("khi-2"))
            #expect(await stage.server.state.installations.map(\.pack.revision) == [2])
            #expect(await stage.server.state.packs.count == 2)
        }
    }

    @Test("says that Graylog has no alerts when the first installation fails, and completes it the next time")
    func nothing() async throws {
        try await GraylogStage.play { stage in
            await stage.server.suffer(
                GraylogFault(GraylogStage.answer(500, "no"), to: "POST \(Self.pack)/1/installations", times: 1))
            let first = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(
                first.description.contains(
                    "Graylog says: no; the content pack is not installed, so Graylog has no alerts of hsmwatch; "))
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.alerts > 0)
        }
    }

    @Test("looks what Graylog has when its answer is lost, and goes on when that is the right one")
    func lostAnswer() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.suffer(GraylogFault(.loseAnswer, to: "POST \(Self.pack)/2/installations", times: 1))
            try await stage.install(GraylogStage.pack("khi-2"))
            let state = await stage.server.state
            #expect(state.installations.map(\.pack.revision) == [2])
            #expect(state.userStreams.map(\.isPaused) == [false])
            #expect(stage.notes.contains { $0.hasSuffix("; looking at what Graylog has") })
        }
    }

    @Test("keeps the old revision when Graylog never answers to the new one")
    func silence() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.suffer(GraylogFault(.close, to: "POST \(Self.pack)/2/installations"))
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-2"), startLimit: .milliseconds(1))
            }
            #expect(problem.description.contains("revision 1 is installed, with its alerts; to complete it, type"))
            #expect(await stage.server.state.installations.map(\.pack.revision) == [1])
        }
    }

    @Test(
        "reads what Graylog has when 6.0 to 6.2 break off the answer to an uninstallation",
        arguments: [GraylogVersion(6, 0), GraylogVersion(6, 1, 4), GraylogVersion(6, 2)])
    func brokenAnswer(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.installOnly(GraylogStage.pack(["khi-1"], hasInput: true))
            try await stage.install(GraylogStage.pack("khi-2"))
            let state = await stage.server.state
            #expect(state.installations.map(\.pack.revision) == [2])
            #expect(state.inputs.map(\.title) == ["hsmwatch: GELF TCP, port 12201"])
            #expect(stage.notes.contains { $0.hasPrefix("Graylog did not uninstall the content pack: ") })
            try await stage.uninstall()
            #expect(await stage.server.state.packs.isEmpty)
        }
    }

    @Test("leaves one of two installations that somebody has made by hand")
    func twice() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            try await stage.ask { client throws(GraylogProblem) in
                try await client.send(.install(1, on: GraylogRelease(major: 7, minor: 1)))
            }
            #expect(await stage.server.state.installations.count == 2)
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.installations.count == 1)
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
        }
    }

    @Test("needs the permission to create what is in the pack, of which Graylog says only that it has failed")
    func createPermission() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change { $0.missingPermissions = ["streams:create"] }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-2")) }
            #expect(
                problem.description.contains("lacks a permission: contentpack:install, and to create inputs, streams"))
            #expect(problem.description.contains("revision 1 is installed, with its alerts"))
        }
    }

    @Test(
        "does without looking at the system, the inputs and the new stream, and says what it does not know",
        arguments: versions)
    func fewPermissions(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            await stage.server.change { $0.missingPermissions = ["system:read", "inputs:read", "streams:read"] }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(problem.description.contains("does not show the input 'hsmwatch: GELF TCP, port 12201'"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
            #expect(stage.done.contains("resumed the pack's stream"))
            #expect(await stage.alerts > 0)
        }
    }

    @Test("does without what a proxy does not let through", arguments: [403, 404])
    func proxy(status: Int) async throws {
        try await GraylogStage.play { stage in
            let answer = GraylogAnswer(status, "text/plain", "no")
            for path in ["system/inputs", "streams/"] {
                await stage.server.suffer(GraylogFault(.instead(answer), to: "GET /api/\(path)"))
            }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
            #expect(stage.notes.contains { $0.contains("whether another input has a port is not known") })
        }
    }

    @Test("does not mind that it may not delete old revisions")
    func deletion() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.missingPermissions = ["contentpack:delete"] }
            for count in 1...6 {
                try await stage.install(GraylogStage.pack((1...count).map { "khi-\($0)" }))
            }
            #expect(await stage.server.state.packs.count == 6)
            #expect(stage.notes.contains { $0.contains("did not delete revision 1") })
        }
    }

    @Test("tells what Graylog has not deleted, though it has uninstalled the pack")
    func leftovers() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            let answer = GraylogAnswer(
                200, "application/json", #"{"uninstalled":{"failed_entities":[{"id":"a","title":"HSM below 50"}]}}"#)
            await stage.server.suffer(
                GraylogFault(.instead(answer), to: "DELETE \(Self.pack)/installations", times: 1))
            _ = try? await stage.uninstall()
            #expect(stage.notes.contains("Graylog has not deleted 'HSM below 50': delete that by hand"))
        }
    }

    // MARK: Uninstalling

    @Test("is undone with all that came with it", arguments: versions)
    func uninstall(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            try await stage.install(GraylogStage.pack("khi-2"))
            try await stage.uninstall()
            let state = await stage.server.state
            #expect(state.packs.isEmpty && state.installations.isEmpty && state.userStreams.isEmpty)
            #expect(state.inputs.isEmpty && state.eventDefinitions.isEmpty)
            #expect(stage.done.last == "deleted the input 'hsmwatch: GELF TCP, port 12201'")
            let changes = await changes(on: stage).count
            try await stage.uninstall()
            #expect(await self.changes(on: stage).count == changes)
        }
    }
}

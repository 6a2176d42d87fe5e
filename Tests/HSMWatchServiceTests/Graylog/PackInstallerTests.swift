// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import Testing

@testable import HSMWatchService

@ServiceLoop
@Suite("Installing the content pack", .timeLimit(.minutes(1)))
struct PackInstallerTests {
    nonisolated static let versions = [
        GraylogVersion(5, 2), GraylogVersion(6, 3), GraylogVersion(7, 0), GraylogVersion(7, 1, 7),
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
            #expect(
                stage.done == ["uploaded the content pack as revision 1", "installed revision 1"] + resumed
                    + ["the input 'hsmwatch: GELF TCP, port 12201' runs"])
            #expect(stage.notes == [])
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

    @Test("makes the pack anew when somebody has deleted its input")
    func lostInput() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.change { $0.deleteInputs() }
            try await stage.install(GraylogStage.pack("khi-1"))
            let state = await stage.server.state
            #expect(state.installations.count == 1)
            #expect(state.inputs.count == 1)
            #expect(stage.done.last == "the input 'hsmwatch: GELF TCP, port 12201' runs")
        }
    }

    // MARK: When Graylog does not install it

    @Test("goes back to the revision before when Graylog fails, and says so")
    func fallback() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
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
                    + "pack; what was installed before is installed again")
            let state = await stage.server.state
            #expect(state.installations.map(\.pack.revision) == [1])
            #expect(state.userStreams.map(\.isPaused) == [false])
            #expect(stage.notes == ["going back to the revision before"])
            // And the next time it is not uploaded again.
            await stage.server.recover()
            try await stage.install(GraylogStage.pack("khi-2"))
            #expect(await stage.server.state.installations.map(\.pack.revision) == [2])
            #expect(await stage.server.state.packs.count == 2)
        }
    }

    @Test("says that nothing is installed when Graylog installs neither revision, or has none to go back to")
    func nothing() async throws {
        try await GraylogStage.play { stage in
            await stage.server.suffer(
                GraylogFault(GraylogStage.answer(500, "no"), to: "POST \(Self.pack)/1/installations", times: 1))
            let first = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(first.description.hasSuffix("Graylog says: no; the content pack is not installed"))
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.suffer(GraylogFault(GraylogStage.answer(500, "no"), to: "POST \(Self.pack)/"))
            let second = try await stage.problem { try await stage.install(GraylogStage.pack("khi-2")) }
            #expect(second.description.contains("to go back has failed, too: Graylog did not install revision 1"))
            #expect(await stage.server.state.installations.isEmpty)
            await stage.server.recover()
            try await stage.install(GraylogStage.pack("khi-2"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
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
            #expect(stage.notes.count == 1)
            #expect(stage.notes.first?.hasSuffix("but it is installed") == true)
        }
    }

    @Test("goes back when Graylog has not answered and has not installed it for a while")
    func silence() async throws {
        try await GraylogStage.play { stage in
            try await stage.install(GraylogStage.pack("khi-1"))
            await stage.server.suffer(GraylogFault(.close, to: "POST \(Self.pack)/2/installations"))
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-2"), startLimit: .milliseconds(1))
            }
            #expect(
                problem.description.contains("whether it has nevertheless is not known: run the same command again"))
            #expect(problem.description.hasSuffix("what was installed before is installed again"))
            #expect(await stage.server.state.installations.map(\.pack.revision) == [1])
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
            #expect(problem.description.contains("to go back has failed, too"))
        }
    }

    @Test(
        "does without looking at the system, the inputs and the new stream, and says what it does not know",
        arguments: versions)
    func fewPermissions(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            await stage.server.change { $0.missingPermissions = ["system:read", "inputs:read", "streams:read"] }
            try await stage.install(GraylogStage.pack("khi-1"))
            #expect(await stage.server.state.userStreams.map(\.isPaused) == [false])
            #expect(
                stage.done == [
                    "uploaded the content pack as revision 1", "installed revision 1", "resumed the pack's stream",
                ])
            #expect(stage.notes.contains { $0.contains("look whether it runs in System / Inputs") })
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
            #expect(stage.notes.contains { $0.contains("whether another input has the pack's port is not known") })
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
            #expect(stage.notes.count == 1)
            #expect(stage.notes.first?.contains("did not delete revision 1") == true)
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
            #expect(stage.notes == ["Graylog has not deleted 'HSM below 50': delete that by hand"])
        }
    }

    // MARK: The input

    @Test("is refused while another input has the port, and nothing is changed")
    func takenPort() async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.addInput(title: "GELF TCP", port: 12_201) }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(problem.description.hasPrefix("Graylog's input 'GELF TCP' has port 12201 already"))
            #expect(await changes(on: stage) == [])
        }
    }

    @Test("has failed when the input has: another program has its port", arguments: [false, true])
    func failedInput(isRepeated: Bool) async throws {
        try await GraylogStage.play { stage in
            await stage.server.change { $0.takenPorts = [12_201] }
            if isRepeated { _ = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) } }
            let problem = try await stage.problem { try await stage.install(GraylogStage.pack("khi-1")) }
            #expect(
                problem.description
                    == "the input 'hsmwatch: GELF TCP, port 12201' does not run ('FAILED': 'Address already in use'): "
                    + "look at it in System / Inputs")
            #expect(await stage.server.state.installations.count == 1)
        }
    }

    @Test("does not wait for ever for an input that does not start, or that the node does not know")
    func slowInput() async throws {
        try await GraylogStage.play { stage in
            let starting = GraylogAnswer(200, "application/json", #"{"id":"a","state":"STARTING"}"#)
            await stage.server.suffer(GraylogFault(.instead(starting), to: "GET /api/system/inputstates"))
            let problem = try await stage.problem {
                try await stage.install(GraylogStage.pack("khi-1"), startLimit: .zero)
            }
            #expect(problem.description.contains("does not run yet ('STARTING')"))
            await stage.server.recover()
            await stage.server.suffer(
                GraylogFault(GraylogStage.answer(404, "No input state"), to: "GET /api/system/inputstates"))
            try await stage.install(GraylogStage.pack("khi-1"), startLimit: .zero)
            #expect(stage.notes.last?.contains("does not have the input") == true)
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
            let changes = await changes(on: stage).count
            try await stage.uninstall()
            #expect(await self.changes(on: stage).count == changes)
        }
    }
}

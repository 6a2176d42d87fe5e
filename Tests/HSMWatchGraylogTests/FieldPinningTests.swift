// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import TestSupport
import Testing

@testable import HSMWatchGraylog
@testable import HSMWatchService

@ServiceLoop
@Suite("Fixing the types of fields in Graylog", .timeLimit(.minutes(1)))
struct FieldPinningTests {
    private static let events = "650000000000000000000002"

    private func pin(
        _ choice: IndexSet.Choice, on stage: GraylogStage, isRotated: Bool = false
    ) async throws {
        try await stage.ask { client throws(GraylogProblem) in
            let indexSet = try await client.indexSet(choice)
            try await client.pinFields(in: indexSet)
            if isRotated { try await client.rotate(indexSet) }
        }
    }

    @Test(
        "sets all numeric fields of the default index set, however often it is done",
        arguments: PackInstallerTests.versions)
    func pins(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await pin(.standard, on: stage)
            try await pin(.standard, on: stage)
            let set = try #require(await stage.server.state.indexSets.first { $0.isDefault })
            let wanted = MessageField.numeric.map { ($0.name, $0.kind == .decimal ? "double" : "long") }
            #expect(set.fieldTypes == Dictionary(uniqueKeysWithValues: wanted))
            #expect(set.rotations == 0)
        }
    }

    @Test(
        "begins one new index when it shall, also when the types are set already",
        arguments: PackInstallerTests.versions)
    func rotates(version: GraylogVersion) async throws {
        try await GraylogStage.play(version) { stage in
            try await pin(.standard, on: stage, isRotated: true)
            #expect(await stage.server.state.indexSets.map(\.rotations) == [1, 0, 0])
            try await pin(.standard, on: stage, isRotated: true)
            #expect(await stage.server.state.indexSets.map(\.rotations) == [2, 0, 0])
        }
    }

    @Test("says what Graylog says where it does not take types, and what is missing")
    func refused() async throws {
        try await GraylogStage.play { stage in
            let events = IndexSet.Choice.id(try GraylogID(parsing: Self.events))
            let problem = try await stage.problem { try await pin(events, on: stage) }
            #expect(problem.description.contains("HTTP 400; Graylog says: Unable to change field type of "))
            await stage.server.change { $0.missingPermissions = ["typemappings:create"] }
            let denied = try await stage.problem { try await pin(.standard, on: stage) }
            #expect(denied.description.contains("lacks a permission: typemappings:create"))
            await stage.server.change { $0.missingPermissions = ["indexsets:read"] }
            let unseen = try await stage.problem { try await pin(.standard, on: stage) }
            #expect(unseen.description.contains("(indexsets:read); allowed: none"))
        }
    }
}

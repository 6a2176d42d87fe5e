// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("An index set")
struct IndexSetTests {
    private static func sets() throws -> [IndexSet] {
        [
            IndexSet(id: try GraylogID(parsing: "a1"), title: "Events", isStandard: false),
            IndexSet(id: try GraylogID(parsing: "b2"), title: "Default index set", isStandard: true),
        ]
    }

    @Test("is chosen by its id, or as the default one", arguments: [("default", "b2"), ("a1", "a1"), ("b2", "b2")])
    func choice(text: String, id: String) throws {
        let choice = try IndexSet.Choice(parsing: text)
        #expect(try IndexSet.choose(choice, among: Self.sets()).id.description == id)
    }

    @Test("that is not there is told with those that are")
    func missing() throws {
        let choice = try IndexSet.Choice(parsing: "c3")
        let problem = #expect(throws: GraylogProblem.self) { try IndexSet.choose(choice, among: Self.sets()) }
        #expect(
            problem?.description.hasSuffix("allowed: a1 ('Events'), b2 ('Default index set', the default)") == true)
        #expect(throws: GraylogProblem.self) { try IndexSet.choose(.standard, among: []) }
        #expect(throws: InvalidText.self) { try IndexSet.Choice(parsing: "a/b") }
    }

    @Test("gets its new types at the next index, and who else writes there should know")
    func notes() throws {
        let set = try Self.sets()[1]
        #expect(FieldPinning.notes(for: set, isRotated: false).last?.contains("--rotate") == true)
        #expect(FieldPinning.notes(for: set, isRotated: true).last?.contains("--rotate") == false)
        #expect(throws: GraylogProblem.self) { try FieldPinning.check(GraylogRelease(major: 5, minor: 1)) }
        try FieldPinning.check(.oldest)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchSimulation
import Testing

@Suite("A query in Graylog's language")
struct SearchParserTests {
    private static let message: [String: FieldValue] = [
        "event_type": .string("reading"), "hsm_name": .string("khi-1"), "sockets_available": .long(12),
        "latency_ms": .double(0.5), "source": .string("Monitor-1"),
    ]

    @Test(
        "finds a message or not",
        arguments: [
            ("event_type:reading", true), ("event_type:Reading", false), ("event_type:heartbeat", false),
            ("hsm_name:\"khi-1\"", true), ("source:\"monitor-1\"", true), ("sockets_available:12", true),
            ("NOT sockets_available:(50 OR 12)", false), ("NOT sockets_available:(50 OR 13)", true),
            ("NOT threshold_warning:(100)", true), ("_exists_:latency_ms", true), ("_exists_:failure", false),
            ("NOT _exists_:failure", true), ("sockets_available:<12", false), ("sockets_available:<=12", true),
            ("latency_ms:>0.4", true), ("event_type:>1", false),
            ("event_type:(reading OR probe_failure) AND hsm_name:khi-1", true),
            ("event_type:heartbeat OR event_type:reading AND hsm_name:khi-2", false),
            ("(event_type:heartbeat OR event_type:reading) AND NOT hsm_name:khi-2", true),
        ])
    func matches(query: String, isFound: Bool) throws {
        #expect(try SearchParser.parse(query).matches(Self.message) == isFound)
    }

    @Test(
        "of another form is refused",
        arguments: [
            "", "reading", "event_type:", ":reading", "event_type:reading AND", "event_type:reading hsm_name:khi-1",
            "event_type:(reading", "event_type:reading)", "hsm_name:\"khi-1", "hsm_name:khi*", "hsm_name:-1",
            "latency_ms:<", "latency_ms:[1 TO 5]", "event_type:reading and hsm_name:khi-1", "_exists_:",
            String(repeating: "(", count: SearchParser.maximumDepth + 1),
        ])
    func refused(query: String) {
        #expect(throws: SearchParser.Problem.self) { try SearchParser.parse(query) }
    }

    @Test("may be as deep as allowed, and names its fields")
    func depth() throws {
        let depth = SearchParser.maximumDepth
        let query = String(repeating: "(", count: depth) + "a:1 OR NOT b:2" + String(repeating: ")", count: depth)
        #expect(try SearchParser.parse(query).fields == ["a", "b"])
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Queries of content packs")
struct LuceneQueryTests {
    typealias Term = LuceneQuery.Term

    /// An end that belongs to its range.
    private static func within(_ text: String) -> Term.Bound { Term.Bound(text: text, isIncluded: true) }
    /// An end that does not.
    private static func out(_ text: String) -> Term.Bound { Term.Bound(text: text, isIncluded: false) }

    @Test(
        "reads what a pack needs",
        arguments: [
            ("", []), ("*", []), (" ", []),
            ("a:b", [Term(field: "a", kind: .values(["b"]))]),
            ("a:b*", [Term(field: "a", kind: .values(["b*"]))]),
            (#"a:"b c \"d\"""#, [Term(field: "a", kind: .values([#"b c "d""#]))]),
            (#"a:10.0.0.1\:9010"#, [Term(field: "a", kind: .values(["10.0.0.1:9010"]))]),
            ("a:khi-1", [Term(field: "a", kind: .values(["khi-1"]))]),
            ("_exists_:a_b", [Term(field: "a_b", kind: .exists)]), ("a:*", [Term(field: "a", kind: .exists)]),
            (#"a:(b OR "c d" OR e)"#, [Term(field: "a", kind: .values(["b", "c d", "e"]))]),
            ("a:<5", [Term(field: "a", kind: .range(lower: nil, upper: out("5")))]),
            ("a:>=5.5", [Term(field: "a", kind: .range(lower: within("5.5"), upper: nil))]),
            ("a:[1 TO 5}", [Term(field: "a", kind: .range(lower: within("1"), upper: out("5")))]),
            ("a:[* TO 5]", [Term(field: "a", kind: .range(lower: nil, upper: within("5")))]),
            (
                "a:b AND NOT (c:d OR c:e) AND _exists_:f",
                [
                    Term(field: "a", kind: .values(["b"])), Term(field: "c", kind: .values(["d"])),
                    Term(field: "c", kind: .values(["e"])), Term(field: "f", kind: .exists),
                ]
            ),
            ("NOT a:b", [Term(field: "a", kind: .values(["b"]))]),
        ] as [(String, [Term])])
    func reads(text: String, terms: [Term]) throws {
        #expect(try LuceneQuery(text).terms == terms)
    }

    @Test(
        "refuses what Lucene does not take, and what it takes for something else than it looks like",
        arguments: [
            ("a", "a word without a field at character 1"), ("a:", "a value is expected at character 2"),
            ("a: b", "a value is expected at character 2"), ("a:b c:d", "AND or OR is expected at character 4"),
            ("a:b and c:d", "AND or OR is expected at character 4"),
            ("a:b AND", "AND or OR is expected at character 4"),
            ("a:b OR c:d AND e:f", "AND and OR without parentheses at character 15"),
            ("a:b OR NOT c:d", "OR and NOT without parentheses at character 14"),
            ("(a:b", "')' is missing at character 4"), ("a:(b OR c", "')' is missing at character 9"),
            ("a:(b c)", "')' is missing at character 5"), ("a:(b AND c)", "')' is missing at character 5"),
            ("a:(NOT b)", "NOT is no value at character 6"), (#"a:"b"#, #"'"' is missing at character 4"#),
            ("a:-5", "'-' needs a backslash at character 2"), ("a:/b/", "'/' needs a backslash at character 2"),
            ("a:b/c", "'/' needs a backslash at character 3"), ("a:b~", "'~' needs a backslash at character 3"),
            ("+a:b", "'+' needs a backslash at character 0"),
            ("a:10.0.0.1:9010", "AND or OR is expected at character 10"),
            ("a:[1 5]", "TO is expected at character 5"), ("a:[1 TO 5", "']' is missing at character 9"),
            ("a b:c", "a word without a field at character 1"), ("é:b", "no name of a field: é at character 1"),
            ("_exists_:", "the name of a field is expected at character 9"),
            (")", "a field is expected at character 0"),
            (#"a:\"#, "nothing follows the backslash at character 3"), ("a:OR", "OR is no value at character 4"),
        ])
    func refuses(text: String, problem: String) {
        #expect(throws: LuceneQuery.Problem.self) { try LuceneQuery(text) }
        do throws(LuceneQuery.Problem) {
            _ = try LuceneQuery(text)
        } catch {
            #expect("\(error)" == problem)
        }
    }

    private static let message: [String: FieldValue] = [
        "event_type": .string("reading"), "hsm_name": .string("khi-1"), "sockets_available": .long(12),
        "latency_ms": .double(0.5), "source": .string("Monitor-1"),
    ]

    @Test(
        "finds a message or not",
        arguments: [
            ("", true), ("event_type:reading", true), ("event_type:Reading", false), ("event_type:heartbeat", false),
            ("hsm_name:\"khi-1\"", true), ("source:\"monitor-1\"", true), ("sockets_available:12", true),
            ("hsm_name:khi-*", true), ("hsm_name:k?i-1", true), ("hsm_name:khi-1?", false), ("hsm_name:*-2", false),
            ("NOT sockets_available:(50 OR 12)", false), ("NOT sockets_available:(50 OR 13)", true),
            ("NOT threshold_warning:(100)", true), ("_exists_:latency_ms", true), ("_exists_:failure", false),
            ("NOT _exists_:failure", true), ("sockets_available:<12", false), ("sockets_available:<=12", true),
            ("sockets_available:{12 TO 20]", false), ("sockets_available:[12 TO 20]", true),
            ("latency_ms:>0.4", true), ("event_type:>1", false),
            ("event_type:(reading OR probe_failure) AND hsm_name:khi-1", true),
            ("event_type:heartbeat OR (event_type:reading AND hsm_name:khi-2)", false),
            ("(event_type:heartbeat OR event_type:reading) AND NOT hsm_name:khi-2", true),
        ])
    func matches(query: String, isFound: Bool) throws {
        #expect(try LuceneQuery(query).matches(Self.message) == isFound)
    }

    @Test("may be as deep as allowed, and no deeper")
    func depth() throws {
        func query(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a:b" + String(repeating: ")", count: depth)
        }
        #expect(try LuceneQuery(query(LuceneReader.maximumDepth)).terms.count == 1)
        #expect(throws: LuceneQuery.Problem.self) { try LuceneQuery(query(LuceneReader.maximumDepth + 1)) }
    }
}

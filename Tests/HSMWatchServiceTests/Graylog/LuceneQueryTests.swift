// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchSimulation

@Suite("Queries of content packs")
struct LuceneQueryTests {
    typealias Term = LuceneQuery.Term

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
            ("a:<5", [Term(field: "a", kind: .range(lower: nil, upper: "5"))]),
            ("a:>=5.5", [Term(field: "a", kind: .range(lower: "5.5", upper: nil))]),
            ("a:[1 TO 5}", [Term(field: "a", kind: .range(lower: "1", upper: "5"))]),
            ("a:[* TO 5]", [Term(field: "a", kind: .range(lower: nil, upper: "5"))]),
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
            ("a:(b c)", "')' is missing at character 5"), (#"a:"b"#, #"'"' is missing at character 4"#),
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
}

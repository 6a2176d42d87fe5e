// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

@Suite("Texts of notifications")
struct TextTemplateTests {
    private static let model: JSONValue = [
        "event": ["fields": ["what": "tea is cold", "empty": ""], "count": 3],
        "backlog": [["message": "40", "fields": ["step": "boil"]], ["message": "30", "fields": [:]]],
    ]

    @Test(
        "are filled in as Graylog does",
        arguments: [
            ("", ""), ("cold", "cold"), ("${event.fields.what}!", "tea is cold!"), ("${event.count}", "3"),
            ("[${event.fields.pot}${nothing.at.all}]", "[]"),
            ("${if event.fields.what}yes${else}no${end}", "yes"), ("${if event.fields.pot}yes${else}no${end}", "no"),
            ("${if event.fields.empty}yes${else}no${end}", "no"), ("${if event.fields.pot}yes${end}", ""),
            (
                "${if backlog}${foreach backlog m}${m.message}${if m.fields.step}: ${m.fields.step}${end};${end}${end}",
                "40: boil;30;"
            ),
            ("${foreach nothing m}${m.message}${end}", ""),
        ])
    func filled(text: String, result: String) throws {
        #expect(try TextTemplate(text).text(Self.model) == result)
    }

    @Test(
        "are refused when they are not understood",
        arguments: [
            ("${event", "'}' is missing"), ("${if a}b", "${if} without ${end}"),
            ("${foreach a b}c", "${foreach} without ${end}"), ("a${end}", "${end} without a beginning"),
            ("a${else}b", "${else} without a beginning"), ("${if a b}c${end}", "not understood: ${if a b}"),
            ("${foreach a}c${end}", "not understood: ${foreach a}"), ("${}", "not understood: ${}"),
            ("${if a}b${else}c${else}d${end}", "${if} without ${end}"),
        ])
    func refused(text: String, problem: String) {
        do throws(TextTemplate.Problem) {
            _ = try TextTemplate(text)
            Issue.record("\(text) is taken")
        } catch {
            #expect(error.description == problem)
        }
    }
}

@Suite("Numbers of a dashboard")
struct NumberTileTests {
    private static let messages = [5, 3, 4].enumerated().map { index, spooled in
        StoredMessage(
            timestamp: Timestamp(milliseconds: Int64(index)), fields: ["spooled": .long(Int64(spooled))])
    }

    @Test(
        "show what live servers showed over nothing, and the newest number otherwise",
        arguments: [
            ("count()", "0", "3"), ("card(spooled)", "0", "3"), ("min(spooled)", "0", "3"), ("max(spooled)", "0", "5"),
            ("latest(spooled)", "N/A", "4"), ("percentile(spooled,95.0)", "NaN", nil),
        ] as [(String, String, String?)])
    func text(function: String, nothing: String, some: String?) {
        #expect(NumberTile.text(function, over: []) == nothing)
        #expect(NumberTile.text(function, over: Self.messages) == some)
    }
}

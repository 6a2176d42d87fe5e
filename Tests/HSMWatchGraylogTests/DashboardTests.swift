// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchGraylog

/// What a person sees on the dashboard of the pack.
@Suite("The dashboard")
struct DashboardTests {
    private static let widgets = DashboardLayout(presence: .seconds(180)).widgets

    private static func aggregation(_ title: String) throws -> Aggregation {
        let widget = try #require(widgets.first { $0.title == title })
        guard case .aggregation(let aggregation) = widget.content else {
            Issue.record("\(title) shows messages")
            throw NoAggregation()
        }
        return aggregation
    }

    private struct NoAggregation: Error {}

    @Test("groups HSMs by what a person calls them, and the heartbeats by their source")
    func groups() throws {
        for title in ["HSMs now", "Sockets in use, percent", "Sockets available"] {
            let text = try Self.aggregation(title).displayed.line
            #expect(text.contains(#""fields": [ "hsm" ]"#), "\(title): \(text)")
            #expect(text.contains(#""limit": 100"#), "\(title): \(text)")
        }
        let heartbeats = try Self.aggregation("hsmwatch, by its last heartbeat").displayed.line
        #expect(heartbeats.contains(#""fields": [ "source" ]"#))
    }

    @Test("has the HSM first whose messages have the worst level, which is the smallest")
    func order() throws {
        let text = try Self.aggregation("HSMs now").displayed.line
        #expect(text.contains(#""field": "min(level)", "direction": "Ascending""#), "\(text)")
    }

    @Test("colours the state in each column that shows one, and no two states alike")
    func colours() {
        let text = Highlighting.rules.line
        for column in ["state", "latest(state)", "previous_state"] {
            for state in HSMState.allCases {
                #expect(text.contains(#""field": "\#(column)", "value": "\#(state.rawValue)""#), "\(column) \(state)")
            }
        }
        let colours = Set(text.matches(of: /"color": "(#[0-9a-f]{6})"/).map { String($0.1) })
        #expect(colours.count == HSMState.allCases.count)
    }

    @Test("shows a gap in the heat map where no number was read")
    func gaps() throws {
        let text = try Self.aggregation("Sockets in use, percent").displayed.line
        #expect(text.contains(#""visualization": "heatmap""#))
        #expect(text.contains(#""use_smallest_as_default": false"#), "\(text)")
    }
}

extension JSONTree {
    /// The text in one line.
    fileprivate var line: String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
}

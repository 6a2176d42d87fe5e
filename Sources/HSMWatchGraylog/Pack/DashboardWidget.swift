// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One field of a dashboard: what it shows, and the searches that find it.
struct DashboardWidget: Hashable, Sendable {
    /// What is shown.
    enum Content: Hashable, Sendable {
        case aggregation(Aggregation)
        /// The messages themselves, the newest first.
        case messages(columns: [String])
    }

    /// On the dashboard's grid of 12 columns; `column` and `row` count from 1.
    struct Position: Hashable, Sendable {
        let column: Int
        let row: Int
        let width: Int
        let height: Int

        var tree: JSONTree {
            [
                "col": .integer(column), "row": .integer(row), "height": .integer(height), "width": .integer(width),
            ]
        }
    }

    /// Messages that a list loads at a time.
    private static let page = 150

    let title: String
    let query: String
    /// How far back it looks.
    let range: Duration
    let content: Content
    let position: Position

    var id: String { PackIdentity.uuid(of: "widget \(title)") }

    /// What Graylog's server executes, each with its id: what is shown, and for some widgets their trend or the alerts.
    var searches: [JSONTree.Member] {
        [.init(searchID, search)] + (hasTrend ? [.init(trendID, trend)] : [])
            + (marksAlerts ? [.init(alertsID, alerts)] : [])
    }

    /// What Graylog's page shows.
    var widget: JSONTree {
        let members: [JSONTree.Member] =
            switch content {
            case .aggregation(let aggregation):
                [.init("type", "aggregation"), .init("config", aggregation.displayed)]
            case .messages(let columns):
                [.init("type", "messages"), .init("config", Self.list(of: columns))]
            }
        return .object([.init("id", .string(id))] + members + frame(relative))
    }

    // MARK: Searches

    private var searchID: String { PackIdentity.uuid(of: "search type \(title)") }
    private var trendID: String { PackIdentity.uuid(of: "trend \(title)") }
    private var alertsID: String { PackIdentity.uuid(of: "alerts \(title)") }

    private var hasTrend: Bool {
        if case .aggregation(let aggregation) = content { aggregation.hasTrend } else { false }
    }

    private var marksAlerts: Bool {
        if case .aggregation(let aggregation) = content { aggregation.marksAlerts } else { false }
    }

    private var search: JSONTree {
        switch content {
        case .aggregation(let aggregation): pivot(searchID, named: "chart", aggregation, relative)
        case .messages:
            .object(
                [
                    .init("id", .string(searchID)), .init("type", "messages"), .init("name", nil),
                    .init("limit", .integer(Self.page)), .init("offset", 0), .init("decorators", []),
                    .init("sort", [["field": "timestamp", "order": "DESC"]]),
                ] + frame(relative))
        }
    }

    /// The same over the span before: `1i` is one interval of the other search.
    private var trend: JSONTree {
        guard case .aggregation(let aggregation) = content else { return nil }
        let before: JSONTree = ["type": "offset", "source": "search_type", "id": .string(searchID), "offset": "1i"]
        return pivot(trendID, named: "trend", aggregation, before)
    }

    private var alerts: JSONTree {
        .object(
            [.init("id", .string(alertsID)), .init("type", "events"), .init("name", "events")] + frame(relative))
    }

    private func pivot(_ id: String, named name: String, _ aggregation: Aggregation, _ range: JSONTree) -> JSONTree {
        let head: [JSONTree.Member] = [
            .init("id", .string(id)), .init("type", "pivot"), .init("name", .string(name)),
        ]
        return .object(head + aggregation.searched + frame(range))
    }

    private static func list(of columns: [String]) -> JSONTree {
        [
            "fields": .strings(columns), "show_message_row": false, "show_summary": false, "decorators": [],
            "sort": [["type": "pivot", "field": "timestamp", "direction": "Descending"]],
        ]
    }

    private var relative: JSONTree { ["type": "relative", "from": .integer(Int(range.wholeSeconds))] }

    /// What searches and the widget have in common.
    private func frame(_ range: JSONTree) -> [JSONTree.Member] {
        [
            .init("timerange", range),
            .init("query", ["type": "elasticsearch", "query_string": .string(query)]),
            // None, because the query names the sender. An upload takes streams that Graylog does not have yet out of a
            // search, and a new stream has no older messages.
            .init("streams", []),
            .init("filter", nil),
            .init("filters", []),
        ]
    }
}

// SPDX-License-Identifier: Apache-2.0

/// One field of a dashboard: what it shows, and the search that finds it.
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
    var searchTypeID: String { PackIdentity.uuid(of: "search type \(title)") }

    /// What Graylog's server executes.
    var searchType: JSONTree {
        let members: [JSONTree.Member] =
            switch content {
            case .aggregation(let aggregation):
                [.init("type", "pivot"), .init("name", "chart")] + aggregation.searched
            case .messages:
                [
                    .init("type", "messages"), .init("name", nil), .init("limit", .integer(Self.page)),
                    .init("offset", 0), .init("decorators", []),
                    .init("sort", [["field": "timestamp", "order": "DESC"]]),
                ]
            }
        return .object([.init("id", .string(searchTypeID))] + members + frame)
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
        return .object([.init("id", .string(id))] + members + frame)
    }

    private static func list(of columns: [String]) -> JSONTree {
        [
            "fields": .strings(columns), "show_message_row": true, "show_summary": false, "decorators": [],
            "sort": [["type": "pivot", "field": "timestamp", "direction": "Descending"]],
        ]
    }

    /// What the search and the widget have in common.
    private var frame: [JSONTree.Member] {
        [
            .init("timerange", ["type": "relative", "from": .integer(Int(range.wholeSeconds))]),
            .init("query", ["type": "elasticsearch", "query_string": .string(query)]),
            // None, for the query says it: an upload takes the streams that Graylog does not have yet out of a search, and
            // a stream that was made anew has no older messages.
            .init("streams", []),
            .init("filter", nil),
            .init("filters", []),
        ]
    }
}

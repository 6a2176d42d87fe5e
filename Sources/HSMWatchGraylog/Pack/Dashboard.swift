// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The dashboard that shows at one look which HSM is in trouble: as Graylog's page has it, with its searches.
struct Dashboard {
    /// Graylog demands a time of making. A fixed one keeps the pack the same every day.
    private static let created = "2026-01-01T00:00:00.000Z"
    private static let title = "hsmwatch: sockets of the payment HSMs"
    private static let queryID = PackIdentity.uuid(of: "dashboard query")

    private let widgets: [DashboardWidget]

    /// - Parameter presence: the time within which each hsmwatch has sent a heartbeat.
    init(presence: Duration) {
        widgets = DashboardLayout(presence: presence).widgets
    }

    var entity: PackEntity {
        PackEntity(
            kind: .dashboard, id: PackIdentity.uuid(of: "dashboard"),
            data: [
                "type": "DASHBOARD",
                "title": .wrapped(Self.title),
                "summary": .wrapped("How many sockets each HSM has left, and which state it is in"),
                "description": .wrapped("Times are those at which it happened, whenever the message arrived."),
                "properties": [],
                "requires": [:],
                "created_at": .string(Self.created),
                "search": [
                    "queries": [
                        [
                            "id": .string(Self.queryID),
                            "timerange": [
                                "type": "relative", "from": .integer(Int(DashboardLayout.hour.wholeSeconds)),
                            ],
                            "filters": [],
                            "query": ["type": "elasticsearch", "query_string": .string(SearchQuery.ours)],
                            "search_types": .array(widgets.flatMap(\.searches).map(\.value)),
                        ]
                    ],
                    "parameters": [],
                    "requires": [:],
                    "created_at": .string(Self.created),
                ],
                "state": .object([.init(Self.queryID, state)]),
            ])
    }

    private var state: JSONTree {
        [
            "selected_fields": nil,
            "static_message_list_id": nil,
            "titles": [
                "tab": ["title": "HSMs"],
                "widget": .object(widgets.map { .init($0.id, .string($0.title)) }),
            ],
            "widgets": .array(widgets.map(\.widget)),
            "widget_mapping": .object(widgets.map { .init($0.id, .strings($0.searches.map(\.name))) }),
            "positions": .object(widgets.map { .init($0.id, $0.position.tree) }),
            "formatting": ["highlighting": Highlighting.rules],
            "display_mode_settings": ["positions": [:]],
        ]
    }
}

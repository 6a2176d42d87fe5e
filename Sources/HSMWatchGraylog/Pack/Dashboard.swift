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

/// The widgets of the dashboard and their places. HSMs are groups by `hsm`: none is named.
struct DashboardLayout {
    /// How far back the table of the present looks: it has the HSMs of which something was heard in this time.
    static let present = Duration.seconds(120)
    static let hour = Duration.seconds(3600)
    private static let day = Duration.seconds(86_400)
    /// Columns of a tile: in two of them Graylog's buttons leave room for three letters of a title.
    private static let tile = 3
    /// Rows of a tile, a table, a chart and the list of heartbeats.
    private static let (low, tall, middle, short) = (2, 5, 4, 3)

    let presence: Duration

    /// From top to bottom, each row from left to right.
    var widgets: [DashboardWidget] {
        let (second, tables) = (1 + Self.low, 1 + 2 * Self.low)
        let charts = tables + Self.tall
        let lines = charts + Self.middle
        let causes = lines + Self.middle
        let rest: [DashboardWidget] = [
            now(.init(column: 1, row: tables, width: 7, height: Self.tall)),
            changes(.init(column: 8, row: tables, width: 5, height: Self.tall)),
            used(.init(column: 1, row: charts, width: 12, height: Self.middle)),
            available(.init(column: 1, row: lines, width: 12, height: Self.middle)),
            failures(.init(column: 1, row: causes, width: 6, height: Self.middle)),
            service(.init(column: 7, row: causes, width: 6, height: Self.middle)),
            heartbeats(.init(column: 1, row: causes + Self.middle, width: 12, height: Self.short)),
        ]
        return tiles(Self.states, row: 1) + tiles(Self.health, row: second) + rest
    }

    // MARK: Tiles

    /// A number of the last heartbeat.
    private typealias Tile = (title: String, field: String, better: Aggregation.Preference)

    private static let states: [Tile] = [
        ("Critical", "hsms_critical", .lower), ("Unreachable", "hsms_unreachable", .lower),
        ("Unknown", "hsms_unknown", .lower), ("Warning", "hsms_warning", .lower),
    ]

    private static let health: [Tile] = [
        ("OK", "hsms_ok", .higher), ("Overdue", "hsms_overdue", .lower), ("Not delivered", "spooled", .lower),
        ("Dropped", "dropped", .lower),
    ]

    private func tiles(_ tiles: [Tile], row: Int) -> [DashboardWidget] {
        tiles.enumerated().map { index, tile in
            DashboardWidget(
                title: tile.title, query: SearchQuery.messages(.heartbeat), range: presence,
                content: .aggregation(.latest(tile.field, better: tile.better)),
                position: .init(column: index * Self.tile + 1, row: row, width: Self.tile, height: Self.low))
        }
    }

    // MARK: HSMs

    /// The worst first, by the level of its messages: 2 critical, 3 a failed probe, 4 warning, 6 ok. `latest` cannot
    /// sort.
    private func now(_ position: DashboardWidget.Position) -> DashboardWidget {
        let level = Aggregation.Series(.min, "level", named: "level")
        let columns: [Aggregation.Series] = [
            .init(.latest, "state", named: "state"), .init(.latest, "sockets_available", named: "available"),
            .init(.latest, "sockets_total", named: "of"), .init(.latest, "sockets_consumed_percent", named: "% used"),
            .init(.latest, "exhaustion_seconds", named: "empty in s"), .init(.latest, "failure", named: "failure"),
            level,
        ]
        return DashboardWidget(
            title: "HSMs now", query: SearchQuery.states, range: Self.present,
            content: .aggregation(.table(of: "hsm", columns, smallestFirst: level)), position: position)
    }

    /// Without the first state of an HSM that is ok: a start is no news.
    private func changes(_ position: DashboardWidget.Position) -> DashboardWidget {
        DashboardWidget(
            title: "Changes of state",
            query: SearchQuery.messages(.stateChange, where: ["NOT (previous_state:unknown AND state:ok)"]),
            range: Self.day,
            content: .messages(columns: ["timestamp", "hsm", "previous_state", "state", "sockets_available"]),
            position: position)
    }

    private func used(_ position: DashboardWidget.Position) -> DashboardWidget {
        DashboardWidget(
            title: "Sockets in use, percent", query: SearchQuery.messages(.reading), range: Self.hour,
            content: .aggregation(
                .percentages(.init(.max, "sockets_consumed_percent", named: "% used"), by: "hsm")), position: position)
    }

    private func available(_ position: DashboardWidget.Position) -> DashboardWidget {
        DashboardWidget(
            title: "Sockets available", query: SearchQuery.messages(.reading), range: Self.hour,
            content: .aggregation(.steps(.init(.min, "sockets_available", named: "available"), by: "hsm")),
            position: position)
    }

    private func failures(_ position: DashboardWidget.Position) -> DashboardWidget {
        DashboardWidget(
            title: "Failed probes by kind", query: SearchQuery.messages(.probeFailure), range: Self.day,
            content: .aggregation(.bars(.init(.count, named: "failed probes"), by: "failure")), position: position)
    }

    // MARK: hsmwatch itself

    private func service(_ position: DashboardWidget.Position) -> DashboardWidget {
        DashboardWidget(
            title: "hsmwatch and its deliveries", query: SearchQuery.messages(.service), range: Self.day,
            content: .messages(columns: ["timestamp", "source", "action", "output", "outage_seconds", "reason"]),
            position: position)
    }

    private func heartbeats(_ position: DashboardWidget.Position) -> DashboardWidget {
        let numbers: [(field: String, name: String)] = [
            ("timestamp", "last heartbeat"), ("hsms_total", "HSMs"), ("probes_failed", "probes failed"),
            ("probes_skipped", "probes skipped"), ("spooled", "not delivered"), ("dropped", "dropped"),
            ("uptime_seconds", "up for s"),
        ]
        return DashboardWidget(
            title: "hsmwatch, by its last heartbeat", query: SearchQuery.messages(.heartbeat), range: Self.hour,
            content: .aggregation(
                .table(of: "source", numbers.map { .init(.latest, $0.field, named: $0.name) })), position: position)
    }
}

/// The colours of a dashboard: each state has one, and per cent used go from yellow to red.
enum Highlighting {
    /// The scale of the heat map and of the column that shows per cent used.
    static let gradient = "YlOrRd"

    /// The columns that show a state: of a message, of a table, and what it was before.
    private static let states = ["state", "latest(state)", "previous_state"]

    static var rules: JSONTree {
        .array(states.flatMap { column in HSMState.allCases.map { rule(for: $0, in: column) } } + [percentage])
    }

    private static func rule(for state: HSMState, in column: String) -> JSONTree {
        [
            "field": .string(column), "value": .string(state.rawValue), "condition": "equal",
            "color": ["type": "static", "color": .string(state.dashboardColour)],
        ]
    }

    private static let percentage: JSONTree = [
        "field": "latest(sockets_consumed_percent)", "value": "0", "condition": "not_equal",
        "color": ["type": "gradient", "gradient": .string(gradient), "lower": 0, "upper": 100],
    ]
}

extension HSMState {
    fileprivate var dashboardColour: String {
        switch self {
        case .ok: "#2e9e4f"
        case .warning: "#f2a900"
        case .critical: "#d7263d"
        case .unreachable: "#7b2d8b"
        case .unknown: "#8a8f98"
        }
    }
}

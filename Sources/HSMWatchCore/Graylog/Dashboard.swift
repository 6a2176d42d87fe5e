// SPDX-License-Identifier: Apache-2.0

/// The dashboard on which an analyst sees at a glance which HSM it is.
struct Dashboard {
    /// Rows of a table at the most.
    static let longestTable = 1000
    /// Lines of a chart at the most: more are one colour. Graylog takes those with the most messages.
    static let mostLines = 50
    /// The fewest rows and lines, so that some new HSMs need no new pack.
    private static let spare = 15
    private static let hour = Duration.seconds(3600)
    private static let day = Duration.seconds(86_400)
    /// Columns of Graylog's grid.
    private static let width = 12
    /// Graylog demands a time of making; a pack of one configuration is the same every day.
    private static let created = "2026-01-01T00:00:00.000Z"

    private static let title = "hsmwatch: sockets of the payment HSMs"
    private static let queryID = PackIdentity.uuid(of: "dashboard query")

    private let scope: PackScope

    init(of scope: PackScope) {
        self.scope = scope
    }

    var entity: PackEntity {
        let widgets = widgets
        return PackEntity(
            kind: .dashboard, id: PackIdentity.uuid(of: "dashboard"),
            data: [
                "type": "DASHBOARD",
                "title": .wrapped(Self.title),
                "summary": .wrapped("How many sockets each HSM has left, which state it is in, and where it is going"),
                "description": .wrapped("Times are those at which it happened, whenever the message arrived."),
                "properties": [],
                "requires": [:],
                "created_at": .string(Self.created),
                "search": [
                    "queries": [
                        [
                            "id": .string(Self.queryID),
                            "timerange": ["type": "relative", "from": .integer(Int(Self.hour.wholeSeconds))],
                            "filters": [],
                            "query": ["type": "elasticsearch", "query_string": .string(SearchQuery.ours)],
                            "search_types": .array(widgets.map(\.searchType)),
                        ]
                    ],
                    "parameters": [],
                    "requires": [:],
                    "created_at": .string(Self.created),
                ],
                "state": .object([.init(Self.queryID, Self.state(of: widgets))]),
            ])
    }

    private static func state(of widgets: [DashboardWidget]) -> JSONTree {
        [
            "selected_fields": nil,
            "static_message_list_id": nil,
            "titles": [
                "tab": ["title": "HSMs"],
                "widget": .object(widgets.map { .init($0.id, .string($0.title)) }),
            ],
            "widgets": .array(widgets.map(\.widget)),
            "widget_mapping": .object(widgets.map { .init($0.id, [.string($0.searchTypeID)]) }),
            "positions": .object(widgets.map { .init($0.id, $0.position.tree) }),
            "formatting": ["highlighting": []],
            "display_mode_settings": ["positions": [:]],
        ]
    }

    // MARK: The widgets

    /// From top to bottom, each band from left to right.
    private var widgets: [DashboardWidget] {
        var widgets: [DashboardWidget] = []
        var row = 1
        for band in [summary] + present + [[available], [consumed], changes, causes, ourselves] {
            let width = Self.width / band.count
            for (index, item) in band.enumerated() {
                widgets.append(
                    DashboardWidget(
                        title: item.title, query: item.query, range: item.range, content: item.content,
                        position: .init(column: index * width + 1, row: row, width: width, height: Self.height)))
            }
            row += Self.height
        }
        return widgets
    }

    private static let height = 4

    /// A widget before it has a place.
    private typealias Item = (
        title: String, query: String, range: Duration, content: DashboardWidget.Content
    )

    private var tableLimit: Int { min(max(scope.numbers, Self.spare), Self.longestTable) }
    private var lineLimit: Int { min(max(scope.hsms.count, Self.spare), Self.mostLines) }

    private var summary: [Item] {
        [
            (
                "Fewest sockets available, of the HSMs that answer", SearchQuery.messages(.reading), scope.present,
                .aggregation(.number(.init(.min, "sockets_available", named: "Available")))
            ),
            (
                "Lowest in the last hour", SearchQuery.messages(.reading), Self.hour,
                .aggregation(.table(of: ["hsm_name"], limit: tableLimit, [lowest], smallestFirst: lowest))
            ),
        ]
    }

    private var lowest: Aggregation.Series { .init(.min, "sockets_available", named: "Lowest") }

    /// By HSM and, where one is asked about several ports, by those: each has a number and a state of its own.
    private var present: [[Item]] {
        scope.subjects.map(present)
    }

    private func present(of subject: PackScope.Subject) -> [Item] {
        // Graylog cannot sort by what is the latest.
        let now: [Aggregation.Series] = [
            .init(.latest, "sockets_available", named: "Available"), .init(.latest, "sockets_total", named: "Total"),
            .init(.latest, "sockets_consumed_percent", named: "% consumed"), lowest,
        ]
        return [
            (
                "Sockets now\(subject.suffix)", SearchQuery.messages(.reading, where: [subject.clause]), scope.present,
                .aggregation(.table(of: subject.fields, limit: tableLimit, now, smallestFirst: lowest))
            ),
            (
                "State of each HSM\(subject.suffix)",
                SearchQuery.messages(.reading, .probeFailure, where: [subject.clause]), scope.silenceOfAnyHSM,
                .aggregation(
                    .table(
                        of: subject.fields, limit: tableLimit,
                        [
                            .init(.latest, "state", named: "State"),
                            .init(.latest, "timestamp", named: "Last heard of"),
                        ]))
            ),
        ]
    }

    private var available: Item {
        (
            "Sockets available", SearchQuery.messages(.reading), Self.hour,
            .aggregation(
                .lines(.init(.min, "sockets_available", named: "Available"), by: "hsm_name", limit: lineLimit))
        )
    }

    private var consumed: Item {
        (
            "Percent consumed", SearchQuery.messages(.reading), Self.hour,
            .aggregation(
                .lines(.init(.max, "sockets_consumed_percent", named: "% consumed"), by: "hsm_name", limit: lineLimit))
        )
    }

    private var changes: [Item] {
        let exhaustion = Aggregation.Series(.min, "exhaustion_seconds", named: "Seconds until none is left")
        return [
            (
                "Changes of state", SearchQuery.messages(.stateChange), Self.day,
                .messages(columns: ["timestamp", "hsm_name", "previous_state", "state", "sockets_available"])
            ),
            (
                "Exhaustion ahead", SearchQuery.messages(.reading, where: ["_exists_:exhaustion_seconds"]),
                scope.present,
                .aggregation(
                    .table(
                        of: ["hsm_name"], limit: tableLimit,
                        [exhaustion, .init(.min, "critical_seconds", named: "Seconds until critical")],
                        smallestFirst: exhaustion))
            ),
        ]
    }

    private var causes: [Item] {
        [
            (
                "Failed probes by kind", SearchQuery.messages(.probeFailure), Self.day,
                .aggregation(.bars(.init(.count, named: "Failed probes"), by: "failure", limit: Self.spare))
            ),
            (
                "Latency in ms, the highest", SearchQuery.messages(.reading), Self.hour,
                .aggregation(.lines(.init(.max, "latency_ms", named: "Latency"), by: "hsm_name", limit: lineLimit))
            ),
        ]
    }

    private var ourselves: [Item] {
        let last: [(field: String, name: String)] = [
            ("timestamp", "Last heartbeat"), ("hsms_ok", "ok"), ("hsms_warning", "warning"),
            ("hsms_critical", "critical"), ("hsms_unreachable", "unreachable"), ("hsms_unknown", "unknown"),
            ("probes_failed", "Failed probes"), ("probes_skipped", "Skipped probes"), ("spooled", "Spooled"),
            ("dropped", "Dropped"), ("uptime_seconds", "Up for seconds"),
        ]
        return [
            (
                "hsmwatch, by its last heartbeat", SearchQuery.messages(.heartbeat), Self.hour,
                .aggregation(
                    .table(
                        of: ["source"], limit: max(scope.instances.count, Self.spare),
                        last.map { .init(.latest, $0.field, named: $0.name) }))
            ),
            (
                "What hsmwatch says of itself", SearchQuery.messages(.service), Self.day,
                .messages(columns: ["timestamp", "source", "action", "output", "reason"])
            ),
        ]
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// `/events/definitions/{id}` and `/events/notifications/{id}`: `EventDefinitionsResource`, `EventNotificationsResource`.
extension GraylogState {
    static func eventResource(_ route: [String]) -> [String: GraylogOperation]? {
        switch (route[0], route.count) {
        case ("notifications", 2):
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.permit("eventnotifications:read", on: route[1])
                    let found = state.notifications.first { $0["id"]?.string == route[1] }
                    guard let found else { throw .failure(404, "Notification <\(route[1])> doesn't exist") }
                    return GraylogAnswer(found)
                }
            ]
        case ("definitions", 2):
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.permit("eventdefinitions:read", on: route[1])
                    return GraylogAnswer(state.eventDefinitions[try state.definition(route[1])].json)
                }
            ]
        case ("definitions", 3) where route[2] == "schedule" || route[2] == "unschedule":
            [
                "PUT": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.permit("eventdefinitions:edit", on: route[1])
                    let index = try state.definition(route[1])
                    state.eventDefinitions[index].isScheduled = route[2] == "schedule"
                    return GraylogAnswer(state.eventDefinitions[index].json)
                }
            ]
        default: nil
        }
    }

    /// `/views/{id}`: `ViewsResource`, as far as it shows dashboards of packs.
    static func dashboardResource(_ id: String) -> [String: GraylogOperation] {
        [
            "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                try state.permit("view:read", on: id)
                let dashboards = state.installations.flatMap(\.entities).filter { $0.type == "dashboard" }
                guard dashboards.contains(where: { $0.id == id }), !state.deletedDashboards.contains(id) else {
                    throw .failure(404, "View <\(id)> doesn't exist")
                }
                return GraylogAnswer(["id": .string(id), "type": "DASHBOARD"])
            }
        ]
    }

    private func definition(_ id: String) throws(GraylogAnswer) -> Int {
        guard let index = eventDefinitions.firstIndex(where: { $0.id == id }) else {
            throw .failure(404, "Event definition <\(id)> doesn't exist")
        }
        return index
    }
}

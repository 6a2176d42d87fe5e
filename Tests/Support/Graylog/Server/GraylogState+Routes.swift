// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension GraylogState {
    /// What the methods do at a path below `/api`; `nil` when there is no such resource.
    static func resource(_ route: [String]) -> [String: GraylogOperation]? {
        switch route.count {
        case 0:
            ["GET": GraylogOperation(needsCredentials: false) { state, _ in state.greeting }]
        case 1 where route[0] == "system":
            ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.overview() }]
        case 1... where route[0] == "streams": streamResource(Array(route.dropFirst()))
        case 2... where route.starts(with: ["system", "content_packs"]): packResource(Array(route.dropFirst(2)))
        case 3... where route.starts(with: ["system", "indices"]): indexResource(Array(route.dropFirst(2)))
        case 2...3 where route[0] == "system" && route[1].hasPrefix("url"): allowlistResource(Array(route.dropFirst()))
        case 2 where route[0] == "views": dashboardResource(route[1])
        case 3... where route[0] == "events": eventResource(Array(route.dropFirst()))
        case 2 where route == ["search", "messages"]: searchResource
        case 2 where route == ["cluster", "inputstates"]:
            ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.listInputStates(ofCluster: true) }]
        case 2... where route[0] == "system": inputResource(Array(route.dropFirst()))
        case 4 where route.starts(with: ["cluster", "deflector"]): deflectorResource(Array(route.dropFirst(2)))
        default: nil
        }
    }

    // MARK: HelloWorldResource, SystemResource

    /// What anybody is told: the version, above all.
    private var greeting: GraylogAnswer {
        GraylogAnswer([
            "cluster_id": "3adaf799-1551-4239-84e5-6ed939b56f62", "node_id": .string(Self.node),
            "version": .string(versionText), "tagline": "Manage your logs in the dark",
        ])
    }

    private func overview() throws(GraylogAnswer) -> GraylogAnswer {
        try permit("system:read", on: Self.node)
        return GraylogAnswer([
            "facility": "graylog-server", "codename": "Noir", "node_id": .string(Self.node),
            "cluster_id": "3adaf799-1551-4239-84e5-6ed939b56f62", "version": .string(versionText),
            "started_at": .string(time), "is_processing": true, "hostname": "graylog", "lifecycle": "running",
            "lb_status": "alive", "timezone": "UTC", "operating_system": "Linux 6.1", "is_leader": true,
        ])
    }

    // MARK: StreamResource

    private static func streamResource(_ route: [String]) -> [String: GraylogOperation]? {
        switch route.count {
        case 0: ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in state.listStreams() }]
        case 1:
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.showStream(route[0]) },
                "PUT": GraylogOperation { state, request throws(GraylogAnswer) in
                    try state.editStream(route[0], request)
                },
            ]
        case 2 where route[1] == "resume":
            ["POST": GraylogOperation { state, _ throws(GraylogAnswer) in try state.setPaused(false, route[0]) }]
        case 2 where route[1] == "pause":
            ["POST": GraylogOperation { state, _ throws(GraylogAnswer) in try state.setPaused(true, route[0]) }]
        default: nil
        }
    }

    private func listStreams() -> GraylogAnswer {
        let shown = missingPermissions.contains("streams:read") ? [] : streams
        return GraylogAnswer([
            "total": .integer(Int64(shown.count)), "streams": .array(shown.map(json)),
        ])
    }

    private func showStream(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("streams:read", on: id)
        guard let stream = streams.first(where: { $0.id == id }) else { throw noStream(id) }
        return GraylogAnswer(json(stream))
    }

    /// What is not named, or is null, stays.
    private mutating func editStream(_ id: String, _ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("streams:edit", on: id)
        guard let index = streams.firstIndex(where: { $0.id == id }) else { throw noStream(id) }
        guard !streams[index].isSystem else { throw .failure(400, "The stream cannot be edited.") }
        let change = request.json
        if let indexSet = change?["index_set_id"]?.string {
            guard indexSets.contains(where: { $0.id == indexSet }) else {
                throw .failure(400, "Index set with ID <\(indexSet)> does not exist!")
            }
            streams[index].indexSet = indexSet
        }
        if let leaves = change?["remove_matches_from_default_stream"]?.boolean {
            streams[index].leavesDefaultStream = leaves
        }
        return GraylogAnswer(json(streams[index]))
    }

    private mutating func setPaused(_ isPaused: Bool, _ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        if missingPermissions.contains("streams:changestate") { try permit("streams:edit", on: id) }
        guard let index = streams.firstIndex(where: { $0.id == id }) else { throw noStream(id) }
        guard !streams[index].isSystem else {
            throw .failure(400, "The stream cannot be \(isPaused ? "paused" : "resumed").")
        }
        streams[index].isPaused = isPaused
        return GraylogAnswer(204)
    }

    private func noStream(_ id: String) -> GraylogAnswer {
        .failure(404, "Stream <\(id)> not found!")
    }

    private func json(_ stream: GraylogStream) -> JSONValue {
        stream.json(createdAt: time, for: version)
    }
}

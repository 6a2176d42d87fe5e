// SPDX-License-Identifier: Apache-2.0

extension GraylogState {
    /// Every input: those that somebody has made, and then those of installed packs.
    package var inputs: [GraylogInput] {
        let installed = installations.flatMap { installation in
            installation.entities.compactMap { input($0, installation) }
        }
        return (otherInputs + installed).filter { !deletedInputs.contains($0.id) }
    }

    /// Somebody makes an input by hand.
    package mutating func addInput(title: String, port: Int64) {
        otherInputs.append(
            GraylogInput(id: newID(), title: title, type: "org.graylog2.inputs.gelf.tcp.GELFTCPInput", port: port))
    }

    private func input(_ entity: PackInstallation.Entity, _ installation: PackInstallation) -> GraylogInput? {
        let entities = pack(installation.pack.id, installation.pack.revision)?.json["entities"]?.elements ?? []
        let data = entities.first { $0["id"]?.string == entity.packID }?["data"]
        guard entity.type == "input", let port = data?["configuration"]?["port"]?["@value"]?.integer else { return nil }
        return GraylogInput(
            id: entity.id, title: entity.title, type: data?["type"]?["@value"]?.string ?? "", port: port)
    }

    /// `/system/inputs` and `/system/inputstates/{id}`: `InputsResource`, `InputStatesResource`.
    static func inputResource(_ route: [String]) -> [String: GraylogOperation]? {
        if route == ["inputs"] {
            ["GET": GraylogOperation { state, _ in state.listInputs() }]
        } else if route.count == 2, route[0] == "inputstates" {
            ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.showInputState(route[1]) }]
        } else {
            nil
        }
    }

    private func listInputs() -> GraylogAnswer {
        let shown = missingPermissions.contains("inputs:read") ? [] : inputs
        return GraylogAnswer([
            "total": .integer(Int64(shown.count)), "inputs": .array(shown.map { $0.json(createdAt: time) }),
        ])
    }

    /// An input fails when its port is another's, and stays installed.
    private func showInputState(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("inputs:read", on: id)
        guard let index = inputs.firstIndex(where: { $0.id == id }) else {
            throw .failure(404, "No input state for input id <\(id)> on this node.")
        }
        let input = inputs[index]
        let isTaken = takenPorts.contains(input.port) || inputs[..<index].contains { $0.port == input.port }
        return GraylogAnswer([
            "id": .string(id), "state": isTaken ? "FAILED" : "RUNNING", "started_at": .string(time),
            "detailed_message": isTaken ? "Address already in use" : .null,
            "message_input": input.json(createdAt: time),
        ])
    }

    // MARK: ClusterDeflectorResource

    /// `/cluster/deflector/{id}/cycle`
    static func deflectorResource(_ route: [String]) -> [String: GraylogOperation]? {
        guard route.count == 2, route[1] == "cycle" else { return nil }
        return ["POST": GraylogOperation { state, _ throws(GraylogAnswer) in try state.rotate(route[0]) }]
    }

    private mutating func rotate(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("deflector:cycle")
        guard let index = indexSets.firstIndex(where: { $0.id == id }) else {
            throw .failure(404, "Index set <\(id)> not found.")
        }
        indexSets[index].rotations += 1
        return GraylogAnswer(204)
    }

    // MARK: By hand

    /// Somebody pauses a stream in the web interface.
    package mutating func pauseStream(_ id: String) {
        for index in streams.indices where streams[index].id == id { streams[index].isPaused = true }
    }

    /// Somebody makes an index set of this id, and has the streams of packs stored there and nowhere else.
    package mutating func storeStreams(inNewIndexSet id: String) {
        indexSets.append(
            GraylogIndexSet(id: id, title: id, prefix: id, isDefault: false, takesFieldTypes: true))
        for index in streams.indices where !streams[index].isSystem {
            streams[index].indexSet = id
            streams[index].leavesDefaultStream = true
        }
    }

    /// Somebody deletes every input in the web interface.
    package mutating func deleteInputs() {
        deletedInputs.formUnion(inputs.map(\.id))
    }

    /// Somebody deletes a stream in the web interface.
    package mutating func deleteStream(_ id: String) {
        streams.removeAll { $0.id == id }
    }
}

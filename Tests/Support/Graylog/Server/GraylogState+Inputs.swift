// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// `/system/inputs`, `/system/inputstates` and `/cluster/inputstates`: `InputsResource`, `InputStatesResource`.
extension GraylogState {
    /// Every input: those that somebody has made, and then those of installed packs.
    package var inputs: [GraylogInput] {
        let installed = installations.flatMap { installation in
            installation.entities.compactMap { input($0, installation) }
        }
        return (otherInputs + installed).filter { !deletedInputs.contains($0.id) }
    }

    private func input(_ entity: PackInstallation.Entity, _ installation: PackInstallation) -> GraylogInput? {
        let entities = pack(installation.pack.id, installation.pack.revision)?.json["entities"]?.elements ?? []
        let data = entities.first { $0["id"]?.string == entity.packID }?["data"]
        guard entity.type == "input", let wrapped = data?["configuration"] else { return nil }
        var attributes = JSONObject()
        for name in wrapped.names { attributes.set(name, to: wrapped[name]?["@value"] ?? .null) }
        return GraylogInput(
            id: entity.id, title: entity.title, type: data?["type"]?["@value"]?.string ?? "",
            attributes: .object(attributes))
    }

    static func inputResource(_ route: [String]) -> [String: GraylogOperation]? {
        switch (route[0], route.count) {
        case ("inputs", 1):
            [
                "GET": GraylogOperation { state, _ in state.listInputs() },
                "POST": GraylogOperation { state, request throws(GraylogAnswer) in try state.makeInput(request) },
            ]
        case ("inputs", 2):
            [
                "PUT": GraylogOperation { state, request throws(GraylogAnswer) in
                    try state.editInput(route[1], request)
                },
                "DELETE": GraylogOperation { state, _ throws(GraylogAnswer) in try state.deleteInput(route[1]) },
            ]
        case ("inputstates", 1):
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.listInputStates(ofCluster: false)
                }
            ]
        case ("inputstates", 2):
            ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.showInputState(route[1]) }]
        default: nil
        }
    }

    private func listInputs() -> GraylogAnswer {
        let shown = missingPermissions.contains("inputs:read") ? [] : inputs
        return GraylogAnswer([
            "inputs": .array(shown.map { $0.json(createdAt: time, for: version) }),
            "total": .integer(Int64(shown.count)),
        ])
    }

    // MARK: Making, changing and deleting

    /// An input on a port that is taken is made all the same, and fails.
    private mutating func makeInput(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("inputs:create")
        let input = try self.input(in: request, id: newID())
        otherInputs.append(input)
        return created(input)
    }

    /// The settings are replaced as a whole.
    private mutating func editInput(_ id: String, _ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("inputs:edit", on: id)
        let changed = try input(in: request, id: id)
        guard let index = otherInputs.firstIndex(where: { $0.id == id }) else { throw noInput(id) }
        otherInputs[index] = changed
        return created(changed)
    }

    private mutating func deleteInput(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("inputs:terminate", on: id)
        guard inputs.contains(where: { $0.id == id }) else { throw noInput(id) }
        deletedInputs.insert(id)
        otherInputs.removeAll { $0.id == id }
        return GraylogAnswer(204)
    }

    private func input(in request: GraylogRequest, id: String) throws(GraylogAnswer) -> GraylogInput {
        let body = try json(request)
        guard let title = body["title"]?.string, let type = body["type"]?.string,
            let configuration = body["configuration"], body["global"]?.boolean != nil
        else { throw unmappable("title, type, configuration and global are needed") }
        guard type.hasPrefix("org.graylog2.inputs.") else {
            throw .failure(404, "There is no such input type registered.")
        }
        guard configuration["bind_address"]?.string != nil, configuration["port"]?.integer != nil else {
            throw .failure(400, "Missing or invalid input configuration.")
        }
        return GraylogInput(id: id, title: title, type: type, attributes: configuration)
    }

    private func created(_ input: GraylogInput) -> GraylogAnswer {
        var answer = GraylogAnswer(201, ["id": .string(input.id)])
        answer.headers["Location"] = "http://127.0.0.1:9000/system/inputs/\(input.id)"
        return answer
    }

    private func noInput(_ id: String) -> GraylogAnswer {
        .failure(404, "Input id <\(id)> is invalid!")
    }

    // MARK: States

    func listInputStates(ofCluster: Bool) throws(GraylogAnswer) -> GraylogAnswer {
        let states = missingPermissions.contains("inputs:read") ? [] : inputs.indices.map(inputState)
        return GraylogAnswer(ofCluster ? [Self.node: .array(states)] : ["states": .array(states)])
    }

    private func showInputState(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("inputs:read", on: id)
        guard let index = inputs.firstIndex(where: { $0.id == id }) else {
            throw .failure(404, "No input state for input id <\(id)> on this node.")
        }
        return GraylogAnswer(inputState(index))
    }

    /// An input fails when another program or an older input has its port, and stays.
    private func inputState(_ index: Int) -> JSONValue {
        let input = inputs[index]
        let isTaken = takenPorts.contains(input.port) || inputs[..<index].contains { $0.collides(with: input) }
        var state: JSONObject = [
            "id": .string(input.id), "state": isTaken ? "FAILED" : "RUNNING", "started_at": .string(time),
        ]
        if version.hasMembersOfSeven { state.set("last_failed_at", to: isTaken ? .string(time) : .null) }
        state.set(
            "detailed_message",
            to: isTaken ? "bind(..) failed with error(-98): Address already in use." : .null)
        state.set("message_input", to: input.json(createdAt: time, for: version))
        return .object(state)
    }
}

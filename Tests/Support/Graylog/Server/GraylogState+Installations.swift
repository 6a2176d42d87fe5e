// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension GraylogState {
    /// Installs all of a pack, or nothing. What another installation has installed is no reason not to: it is there
    /// twice afterwards.
    ///
    /// Source: `ContentPackService.installContentPack` and the facades of the entities.
    mutating func install(
        _ id: String, _ revision: Int64?, _ request: GraylogRequest
    ) throws(GraylogAnswer) -> GraylogAnswer {
        let order = try order(in: json(request))
        try permit("contentpack:install", on: id)
        let pack = try stored(id, revision)
        let failure = GraylogAnswer.failure(
            500, "Failed to install content pack <\(pack.id.id)/\(pack.id.revision)>")
        let parameters = order["parameters"] ?? [:]
        let violations = ContentPackRules.violations(in: pack.json, for: version)
            .filter { $0.effect == .breaksInstallation }
        if let violation = violations.first(where: { $0.path.contains(".constraints[") }) {
            throw .failure(500, "Failed constraints: [\(violation.reason)]")
        }
        try check(parameters, of: pack)
        guard violations.isEmpty else { throw failure }
        let entities = pack.json["entities"]?.elements ?? []
        guard entities.allSatisfy(mayCreate) else { throw failure }
        // Definitions and notifications name each other and the stream by their ids in the pack.
        let ids = Dictionary(
            entities.map { ($0["id"]?.string ?? "", newID()) }, uniquingKeysWith: { first, _ in first })
        let installed = entities.map { create($0, ids) }
        // What was created stays, but nobody knows any more by whom.
        guard let comment = order["comment"]?.string else { throw .failure(500, "Null comment") }
        let installation = PackInstallation(
            id: newID(), pack: pack.id, entities: installed, comment: comment, parameters: parameters)
        installations.append(installation)
        return GraylogAnswer(installation.json(createdAt: time))
    }

    /// What is asked for, without what 7.0 has put around it.
    private func order(in body: JSONValue) throws(GraylogAnswer) -> JSONValue {
        let wrapping = ["entity", "share_request"]
        if version.wrapsInstallations {
            try refuseUnknown(in: body, besides: wrapping)
            guard let order = body["entity"], order != .null else {
                throw unmappable("entity cannot be null")
            }
            try refuseUnknown(in: order, besides: ["parameters", "comment"])
            return order
        }
        try refuseUnknown(in: body, besides: ["parameters", "comment"])
        return body
    }

    private func refuseUnknown(in body: JSONValue, besides known: [String]) throws(GraylogAnswer) {
        guard case .object = body else { throw unmappable("an object is expected") }
        guard let unknown = body.names.first(where: { !known.contains($0) }) else { return }
        throw unmappable(
            "Unable to map property \(unknown).\nKnown properties include: \(known.joined(separator: ", "))")
    }

    /// Every parameter of the pack must be sent, with its type; defaults do not count.
    private func check(_ parameters: JSONValue, of pack: StoredPack) throws(GraylogAnswer) {
        let wanted = pack.json["parameters"]?.elements ?? []
        let missing = wanted.compactMap { $0["name"]?.string }.filter { parameters[$0] == nil }
        guard missing.isEmpty else {
            throw .failure(500, "Missing parameters: [\(missing.joined(separator: ", "))]")
        }
        let invalid = wanted.filter { parameter in
            let value = parameter["name"]?.string.flatMap { parameters[$0] }
            return value?["@type"]?.string?.lowercased() != parameter["type"]?.string?.lowercased()
        }
        guard invalid.isEmpty else {
            let names = invalid.compactMap { $0["name"]?.string }.joined(separator: ", ")
            throw .failure(500, "Invalid parameters: [\(names)]")
        }
    }

    private func mayCreate(_ entity: JSONValue) -> Bool {
        guard version.checksCreatePermissions else { return true }
        let permissions =
            switch entity["type"]?["name"]?.string {
            case "input":
                ["inputs:create", "input_types:create:" + (entity["data"]?["type"]?["@value"]?.string ?? "")]
            case "stream": ["streams:create"]
            case "event_definition": ["eventdefinitions:create"]
            case "dashboard": ["dashboards:create"]
            default: [String]()
            }
        return missingPermissions.isDisjoint(with: permissions)
    }

    private mutating func create(_ entity: JSONValue, _ ids: [String: String]) -> PackInstallation.Entity {
        let type = entity["type"]?["name"]?.string ?? ""
        let title = StoredPack.title(of: entity)
        let id = ids[entity["id"]?.string ?? ""] ?? newID()
        switch type {
        case "stream":
            var stream = GraylogStream(
                id: id, title: title, description: entity["data"]?["description"]?["@value"]?.string ?? "",
                isPaused: version.pausesNewStreams, isSystem: false)
            stream.rules = GraylogStream.rules(of: entity, stream: id) { newID() }
            streams.append(stream)
        case "event_definition":
            eventDefinitions.append(GraylogEventDefinition(entity, id: id, ids: ids, createdAt: time))
        case "notification":
            notifications.append(GraylogEventDefinition.notification(entity, id: id, for: version))
        default: break
        }
        return PackInstallation.Entity(
            id: id, type: type, typeVersion: entity["type"]?["version"]?.string ?? "",
            packID: entity["id"]?.string ?? "", title: title)
    }

    // MARK: Reading and uninstalling

    func listInstallations(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("contentpack:read", on: id)
        let shown = installations.filter { $0.pack.id == id }
        return GraylogAnswer([
            "total": .integer(Int64(shown.count)),
            "installations": .array(shown.map { $0.json(createdAt: time) }),
        ])
    }

    func showWhatWouldGo(_ id: String, _ installation: String) throws(GraylogAnswer) -> GraylogAnswer {
        if version >= GraylogVersion(7, 0) { try permit("contentpack:read", on: id) }
        let installation = try installed(installation)
        return GraylogAnswer(["entities": .array(installation.entities.map(\.json))])
    }

    mutating func uninstall(_ id: String, _ installation: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("contentpack:uninstall", on: id)
        let gone = try installed(installation)
        let pack = try stored(gone.pack.id, gone.pack.revision)
        installations.removeAll { $0.id == gone.id }
        let ids = Set(gone.entities.map(\.id))
        streams.removeAll { ids.contains($0.id) }
        eventDefinitions.removeAll { ids.contains($0.id) }
        notifications.removeAll { ids.contains($0["id"]?.string ?? "") }
        var uninstalled: JSONObject = ["entities": .array(gone.entities.map(\.json))]
        if version.writesUninstalledEntities {
            uninstalled.set("entity_objects", to: object(gone.entities.map { ($0.packID, [:]) }))
        }
        uninstalled.set("failed_entities", to: [])
        uninstalled.set("skipped_entities", to: [])
        if version.writesUninstalledGrants {
            uninstalled.set("entity_grants", to: object(gone.entities.map { ($0.packID, []) }))
        }
        var answer = GraylogAnswer(["content_pack": pack.json, "uninstalled": .object(uninstalled)])
        answer.breaksOff = version.writesUninstalledEntities && gone.entities.contains { $0.type == "input" }
        return answer
    }

    private func object(_ members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object.set(name, to: value) }
        return .object(object)
    }

    private func installed(_ id: String) throws(GraylogAnswer) -> PackInstallation {
        guard id.count == 24, id.allSatisfy(\.isHexDigit) else {
            throw .failure(500, "invalid hexadecimal representation of an ObjectId: [\(id)]")
        }
        guard let installation = installations.first(where: { $0.id == id }) else {
            throw .failure(404, "Couldn't find installation \(id)")
        }
        return installation
    }
}

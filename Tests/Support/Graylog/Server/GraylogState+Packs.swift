// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension GraylogState {
    /// `/system/content_packs/…`: `ContentPackResource`.
    static func packResource(_ route: [String]) -> [String: GraylogOperation]? {
        switch route.count {
        case 0:
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.listPacks(onlyLatest: false) },
                "POST": GraylogOperation { state, request throws(GraylogAnswer) in try state.upload(request) },
            ]
        case 1 where route[0] == "latest":
            ["GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.listPacks(onlyLatest: true) }]
        case 1:
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.listRevisions(route[0]) },
                "DELETE": GraylogOperation { state, _ throws(GraylogAnswer) in try state.deleteAll(route[0]) },
            ]
        case 2 where route[1] == "installations":
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in try state.listInstallations(route[0]) }
            ]
        case 2: revisionResource(route[0], Int64(route[1]))
        case 3 where route[2] == "download":
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.permit("contentpack:read", on: route[0])
                    return GraylogAnswer(try state.stored(route[0], Int64(route[1])).json)
                }
            ]
        case 3 where route[2] == "installations":
            [
                "POST": GraylogOperation { state, request throws(GraylogAnswer) in
                    try state.install(route[0], Int64(route[1]), request)
                }
            ]
        case 3 where route[1] == "installations":
            [
                "DELETE": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.uninstall(route[0], route[2])
                }
            ]
        case 4 where route[1] == "installations" && route[3] == "uninstall_details":
            [
                "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                    try state.showWhatWouldGo(route[0], route[2])
                }
            ]
        default: nil
        }
    }

    private static func revisionResource(_ id: String, _ revision: Int64?) -> [String: GraylogOperation] {
        [
            "GET": GraylogOperation { state, _ throws(GraylogAnswer) in
                try state.permit("contentpack:read")
                let pack = try state.stored(id, revision)
                return GraylogAnswer([
                    "content_pack": pack.json, "constraints_result": state.constraintResults(pack),
                ])
            },
            "DELETE": GraylogOperation { state, _ throws(GraylogAnswer) in try state.delete(id, revision) },
        ]
    }

    // MARK: Reading

    private func listPacks(onlyLatest: Bool) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("contentpack:read")
        let shown = packs.filter { pack in
            !onlyLatest || !packs.contains { $0.id.id == pack.id.id && $0.id.revision > pack.id.revision }
        }
        var metadata = JSONObject()
        for id in Set(installations.map(\.pack.id)).sorted() where shown.contains(where: { $0.id.id == id }) {
            var counts = JSONObject()
            let revisions = installations.filter { $0.pack.id == id }.map(\.pack.revision)
            for revision in Set(revisions).sorted() {
                let count = revisions.count { $0 == revision }
                counts.set("\(revision)", to: ["installation_count": .integer(Int64(count))])
            }
            metadata.set(id, to: .object(counts))
        }
        return GraylogAnswer([
            "total": .integer(Int64(shown.count)), "content_packs": .array(shown.map(\.json)),
            "content_packs_metadata": .object(metadata),
        ])
    }

    private func listRevisions(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("contentpack:read", on: id)
        let revisions = packs.filter { $0.id.id == id }
        guard !revisions.isEmpty else { throw .failure(404, "Content pack \(id) not found!") }
        var packs = JSONObject()
        var results = JSONObject()
        for pack in revisions {
            packs.set("\(pack.id.revision)", to: pack.json)
            results.set("\(pack.id.revision)", to: constraintResults(pack))
        }
        return GraylogAnswer(["content_pack_revisions": .object(packs), "constraints_result": .object(results)])
    }

    /// The pack, or why there is none.
    func stored(_ id: String, _ revision: Int64?) throws(GraylogAnswer) -> StoredPack {
        // A revision that is no number is no path.
        guard let revision else { throw .failure(404, "HTTP 404 Not Found") }
        guard let pack = pack(id, revision) else {
            throw .failure(404, "Content pack \(id) with revision \(revision) not found!")
        }
        return pack
    }

    private func constraintResults(_ pack: StoredPack) -> JSONValue {
        var seen: [JSONValue] = []
        for constraint in (pack.json["entities"]?.elements ?? []).flatMap({ $0["constraints"]?.elements ?? [] })
        where !seen.contains(constraint) {
            seen.append(constraint)
        }
        return .array(
            seen.map { constraint in
                let holds = VersionRange(constraint["version"]?.string ?? "")?.contains(version) == true
                return [
                    "constraint": constraint,
                    "fulfilled": .boolean(constraint["type"] == "server-version" && holds),
                ]
            })
    }

    // MARK: Uploading and deleting

    private mutating func upload(_ request: GraylogRequest) throws(GraylogAnswer) -> GraylogAnswer {
        let uploaded = try json(request)
        let violations = ContentPackRules.violations(in: uploaded, for: version)
        if let refusal = violations.first(where: { $0.effect == .refusesUpload }) {
            throw unmappable("\(refusal)", path: refusal.path)
        }
        try permit("contentpack:create")
        if let failure = violations.first(where: { $0.effect == .breaksUpload }) {
            throw .failure(500, failure.reason)
        }
        let titles = Set(streams.map(\.title))
        guard let pack = StoredPack(uploaded, titles: titles, version: version, createdAt: time) else {
            throw unmappable("no content pack")
        }
        guard !packs.contains(where: { $0.id == pack.id }) else {
            throw .failure(
                400, "Content pack \(pack.id.id) with this revision \(pack.id.revision) already found!")
        }
        packs.append(pack)
        var answer = GraylogAnswer(201)
        // Graylog leaves out what its own paths begin with, /api: nothing is there.
        answer.headers["Location"] = "http://127.0.0.1:9000/system/content_packs/\(pack.id.id)"
        return answer
    }

    private mutating func deleteAll(_ id: String) throws(GraylogAnswer) -> GraylogAnswer {
        try permit("contentpack:delete", on: id)
        guard !installations.contains(where: { $0.pack.id == id }) else {
            throw .failure(
                400,
                "Content pack \(id) with all its revisions can't be deleted: "
                    + "There are still installations of this content pack")
        }
        packs.removeAll { $0.id.id == id }
        return GraylogAnswer(204)
    }

    private mutating func delete(_ id: String, _ revision: Int64?) throws(GraylogAnswer) -> GraylogAnswer {
        guard let revision else { throw .failure(404, "HTTP 404 Not Found") }
        try permit("contentpack:delete", on: id)
        let pack = StoredPack.ID(id: id, revision: revision)
        guard !installations.contains(where: { $0.pack == pack }) else {
            throw .failure(
                400,
                "Content pack \(id) and revision \(revision) can't be deleted: "
                    + "There are still installations of this content pack revision.")
        }
        packs.removeAll { $0.id == pack }
        return GraylogAnswer(204)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackInspection {
    /// What the whole pack must be like, besides the types of its values.
    mutating func checkPack(_ pack: JSONValue) {
        if let id = pack["id"]?.string, id.allSatisfy(\.isWhitespace) {
            report("id", "an id must not be blank", .refusesUpload)
        }
        if let url = pack["url"]?.string, !Self.isURI(url) { report("url", "no URI", .refusesUpload) }
        let entities = pack["entities"]?.elements ?? []
        if entities.isEmpty { report("entities", "nothing is in the pack") }
        var seen: Set<String> = []
        for (index, entity) in entities.enumerated() {
            guard let id = entity["id"]?.string else { continue }
            if id.allSatisfy(\.isWhitespace) {
                report("entities[\(index)].id", "an id must not be blank", .refusesUpload)
            }
            if !seen.insert(id).inserted {
                report("entities[\(index)].id", "\(id) is the id of another entity, too", .breaksInstallation)
            }
        }
        var names: Set<String> = []
        for (index, parameter) in (pack["parameters"]?.elements ?? []).enumerated() {
            guard let name = parameter["name"]?.string, !names.insert(name).inserted else { continue }
            report("parameters[\(index)].name", "\(name) is the name of another parameter, too", .breaksInstallation)
        }
    }

    /// Whether Java's `URI` takes it, roughly: by its characters.
    private static func isURI(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
        }
    }

    /// The constraints of an entity must be such that can be read, and hold.
    mutating func checkConstraints(of entity: JSONValue, _ path: String) {
        for (index, constraint) in (entity["constraints"]?.elements ?? []).enumerated() {
            let path = "\(path).constraints[\(index)]"
            guard let text = constraint["version"]?.string else { continue }
            guard let range = VersionRange(text) else {
                report("\(path).version", "no range of versions", .refusesUpload)
                continue
            }
            switch constraint["type"]?.string {
            case "server-version" where !range.contains(version):
                report("\(path).version", "\(version) is not \(text)", .breaksInstallation)
            case "plugin-version": report(path, "a plugin may not be there", .breaksInstallation)
            default: break
            }
        }
    }

    /// What is looked for in an entity when the pack is uploaded, without a look whether it is there.
    ///
    /// Source: `ContentPackPersistenceService.filterMissingResourcesAndInsert`.
    mutating func checkUpload(of entity: JSONValue, _ path: String) {
        switch PackContents.type(of: entity) {
        case "stream/1", "stream_title/1":
            if entity["data"]?["title"]?["@value"] == nil {
                report("\(path).data.title", "a stream's title is looked for", .breaksUpload)
            }
        case "dashboard/2":
            let queries = entity["data"]?["search"]?["queries"]?.elements ?? []
            if !queries.contains(where: { $0["search_types"] != nil }) {
                report("\(path).data.search.queries", "search_types are looked for", .breaksUpload)
            }
        default: break
        }
    }

    /// What an entity is made of.
    mutating func checkData(of entity: JSONValue, _ path: String, _ contents: PackContents) {
        guard let data = entity["data"] else { return }
        let type = PackContents.type(of: entity)
        guard let schema = PackSchema.data[type] else {
            return report(
                path.replacing(".data", with: ".type"), "entities of type \(type) are not known here",
                .breaksInstallation)
        }
        inspect(data, as: .object(schema), path)
        switch type {
        case "input/1": checkInput(data, path)
        case "stream/1": checkStream(data, id: entity["id"]?.string ?? "", path)
        case "notification/1":
            checkNotification(data["config"] ?? .null, "\(path).config")
            checkTexts(of: entity, "\(path).config", contents)
        case "event_definition/1": checkAlert(data, path, contents)
        default: checkDashboard(data, path, contents)
        }
    }
}

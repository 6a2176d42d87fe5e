// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

extension PackInspection {
    /// Source: `EventDefinitionDto.validate` and `AggregationEventProcessorConfig.validate`, which nobody calls when a pack
    /// is installed, but whoever edits the definition; `AggregationEventProcessorConfigEntity.toNativeEntity` and
    /// `EventNotificationHandlerConfigEntity.toNativeEntity`.
    mutating func checkAlert(_ data: JSONValue, _ path: String, _ contents: PackContents) {
        if let priority = data["priority"]?["@value"]?.integer, !(1...(version < .v62 ? 3 : 4)).contains(priority) {
            report("\(path).priority", "no priority: \(priority)")
        }
        checkFields(data, path)
        for (index, notification) in (data["notifications"]?.elements ?? []).enumerated() {
            let id = notification["notification_id"]?["@value"]?.string ?? ""
            guard !contents.has("notification/1", id) else { continue }
            report(
                "\(path).notifications[\(index)].notification_id", "no notification \(id) in the pack",
                .breaksInstallation)
        }
        checkStorage(data, path)
        checkAggregation(data["config"] ?? .null, "\(path).config", contents)
    }

    private mutating func checkFields(_ data: JSONValue, _ path: String) {
        let source = EventSource(data["config"] ?? .null)
        let fields = data["field_spec"]?.names ?? []
        for field in fields {
            let path = "\(path).field_spec.\(field)"
            if !Self.isFieldName(field) { report(path, "no name of a field") }
            let providers = data["field_spec"]?[field]?["providers"]?.elements ?? []
            if providers.isEmpty { report("\(path).providers", "nothing gives the field a value") }
            for (index, provider) in providers.enumerated() {
                guard let text = provider["template"]?.string else { continue }
                let path = "\(path).providers[\(index)].template"
                guard let template = PackTemplate(text) else {
                    report(path, "no text with ${source.FIELD} in it")
                    continue
                }
                for field in template.fields where !source.has(field) {
                    report(path, "\(field) is neither grouped by nor computed")
                }
            }
        }
        for (index, key) in (data["key_spec"]?.elements ?? []).enumerated() {
            guard let key = key.string, !fields.contains(key) else { continue }
            report("\(path).key_spec[\(index)]", "\(key) is not in field_spec")
        }
    }

    /// Without storage, an event is nowhere.
    private mutating func checkStorage(_ data: JSONValue, _ path: String) {
        guard let storage = data["storage"]?.elements else { return }
        if storage.isEmpty { report("\(path).storage", "events are not kept") }
        for (index, handler) in storage.enumerated() {
            for stream in handler["streams"]?.elements.compactMap(\.string) ?? []
            where stream != "000000000000000000000002" {
                report("\(path).storage[\(index)].streams", "\(stream) is not the stream of events")
            }
        }
    }

    private mutating func checkAggregation(_ config: JSONValue, _ path: String, _ contents: PackContents) {
        for name in ["search_within_ms", "execute_every_ms"] where config[name]?.integer == 0 {
            report("\(path).\(name)", "must be more than 0")
        }
        for (index, stream) in (config["streams"]?.elements ?? []).enumerated() {
            guard let id = stream.string, !contents.hasStream(id) else { continue }
            report("\(path).streams[\(index)]", "no stream \(id) in the pack", .breaksInstallation)
        }
        checkQuery(config["query"]?["@value"], "\(path).query")
        let series = config["series"]?.elements ?? []
        let ids = checkSeries(series, "\(path).series", takesFunction: true)
        let expression = config["conditions"]?["expression"] ?? .null
        if expression != .null { checkCondition(expression, ids, "\(path).conditions.expression") }
        let groups = config["group_by"]?.elements ?? []
        switch (series.isEmpty, expression == .null) {
        case (true, false): report("\(path).series", "conditions need series")
        case (false, true): report("\(path).conditions", "series need conditions")
        case (true, true):
            if !groups.isEmpty { report("\(path).group_by", "groups need series and conditions") }
            if config["event_limit"]?.integer ?? 0 <= 0 {
                report("\(path).event_limit", "a filter needs a limit of more than 0")
            }
        case (false, false): break
        }
        if config["use_cron_scheduling"] == true, config["cron_expression"]?.string ?? "" == "" {
            report("\(path).cron_expression", "is missing")
        }
    }

    // MARK: Series

    /// Checks series, and returns the id that each has: its own, or what Graylog makes of its function.
    ///
    /// - Parameter takesFunction: whether `function` stands for `type`, as in an event definition (`SeriesSpecEntity`).
    mutating func checkSeries(_ series: [JSONValue], _ path: String, takesFunction: Bool) -> [String] {
        var ids: [String] = []
        for (index, element) in series.enumerated() {
            let path = "\(path)[\(index)]"
            guard case .object(var members) = element else {
                report(path, "an object is expected", .breaksInstallation)
                continue
            }
            if takesFunction, members["type"] == nil, let function = members["function"] {
                members = element.renamed("function", to: "type")
                members.set("type", to: function)
            }
            guard let type = members["type"]?.string, let schema = PackSchema.series[type] else {
                // Graylog keeps what it does not know, and fails when it is used.
                report("\(path).type", "no known function: \(members["type"]?.shortText ?? "none")")
                continue
            }
            inspect(.object(members), as: .object(schema.with(.required("type", .text))), path)
            if members["field"] == "" { report("\(path).field", "is empty") }
            let id = members["id"]?.string ?? PackFunction(type, members).text
            if ids.contains(id) { report("\(path).id", "\(id) is the id of another series, too") }
            ids.append(id)
        }
        return ids
    }

    // MARK: Conditions

    private mutating func checkCondition(_ expression: JSONValue, _ ids: [String], _ path: String) {
        inspect(expression, as: .variant(by: "expr", PackSchema.conditions), path)
        switch expression["expr"]?.string {
        case "&&", "||", "!", "group":
            for name in ["left", "right", "child"] {
                if let part = expression[name] { checkCondition(part, ids, "\(path).\(name)") }
            }
        case "==", "<", "<=", ">", ">=":
            let parts = ["left", "right"].compactMap { name in expression[name].map { (name, $0) } }
            for (name, part) in parts {
                let path = "\(path).\(name)"
                inspect(part, as: .variant(by: "expr", PackSchema.numbers), path)
                if let reference = part["ref"]?.string, !ids.contains(reference) {
                    report("\(path).ref", "no series \(reference)")
                }
            }
            if !parts.contains(where: { $0.1["expr"] == "number-ref" }) {
                report(path, "a comparison without a series")
            }
        default: break
        }
    }

    // MARK: Queries

    /// Reports what in a query cannot be read, or is not what it looks like.
    mutating func checkQuery(_ query: JSONValue?, _ path: String) {
        guard let text = query?.string else { return }
        do throws(LuceneQuery.Problem) {
            _ = try LuceneQuery(text)
        } catch {
            report(path, "\(error)")
        }
    }
}

extension JSONValue {
    /// The members of an object, one of them under another name.
    fileprivate func renamed(_ old: String, to new: String) -> JSONObject {
        var members = JSONObject()
        for name in names { members.set(name == old ? new : name, to: self[name] ?? .null) }
        return members
    }
}

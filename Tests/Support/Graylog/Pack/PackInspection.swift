// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation

/// A walk through a content pack that gathers what is wrong with it.
struct PackInspection {
    let version: GraylogVersion
    /// The types of the pack's parameters, by name.
    let parameters: [String: String]
    private(set) var violations: [ContentPackViolation] = []

    init(version: GraylogVersion, parameters: [String: String] = [:]) {
        self.version = version
        self.parameters = parameters
    }

    mutating func report(_ path: String, _ reason: String, _ effect: ContentPackViolation.Effect = .misleads) {
        violations.append(ContentPackViolation(path, reason, effect))
    }

    /// Reports whatever in `value` is not of that kind.
    mutating func inspect(
        _ value: JSONValue, as kind: PackKind, _ path: String,
        _ effect: ContentPackViolation.Effect = .breaksInstallation
    ) {
        switch (kind, value) {
        case (.any, _), (.optional, .null), (.text, .string), (.flag, .boolean), (.number, .integer),
            (.number, .decimal):
            break
        case (.optional(let kind), _): inspect(value, as: kind, path, effect)
        case (.integer(let range), .integer(let number)) where range.contains(number): break
        case (.word(let words), .string(let word)) where words.contains(word): break
        case (.wrapped(let type), .object(let members)): inspect(members, wrapping: type, true, path, effect)
        case (.wrappedValue(let type), .object(let members)): inspect(members, wrapping: type, false, path, effect)
        case (.object(let schema), .object(let members)): inspect(members, as: schema, path, effect)
        case (.variant(let key, let schemas), .object(let members)):
            inspect(members, by: key, schemas, path, effect)
        case (.list(let kind), .array(let elements)):
            for (index, element) in elements.enumerated() { inspect(element, as: kind, "\(path)[\(index)]", effect) }
        case (.dictionary(let kind), .object(let members)):
            for name in members.names { inspect(members[name] ?? .null, as: kind, "\(path).\(name)", effect) }
        case (.emptyList, .array(let elements)) where elements.isEmpty: break
        case (.emptyObject, .object(let members)) where members.names.isEmpty: break
        case (.references, _): inspectReference(value, path, effect)
        default: report(path, "\(kind.description) is expected, not \(value.shortText)", effect)
        }
    }

    private mutating func inspect(
        _ members: JSONObject, as schema: PackSchema, _ path: String, _ effect: ContentPackViolation.Effect
    ) {
        let known = schema.keys.filter { $0.since <= version }
        for key in known {
            guard let value = members[key.name] else {
                if key.isRequired { report(join(path, key.name), "is missing", effect) }
                continue
            }
            inspect(value, as: key.kind, join(path, key.name), effect)
        }
        for name in members.names where !known.contains(where: { $0.name == name }) {
            let later = schema.keys.first { $0.name == name }
            report(join(path, name), later.map { "not before \($0.since)" } ?? "unknown key", effect)
        }
    }

    private mutating func inspect(
        _ members: JSONObject, by key: String, _ schemas: [String: PackSchema], _ path: String,
        _ effect: ContentPackViolation.Effect
    ) {
        guard let word = members[key]?.string, let schema = schemas[word] else {
            let words = schemas.keys.sorted().joined(separator: ", ")
            return report(
                join(path, key), "one of \(words) is expected, not \(members[key]?.shortText ?? "nothing")", effect)
        }
        guard schema.since <= version else {
            return report(join(path, key), "\(word): not before \(schema.since)", effect)
        }
        inspect(members, as: schema.with(.required(key, .text)), path, effect)
    }

    // MARK: Wrapped values

    private mutating func inspect(
        _ members: JSONObject, wrapping type: WrappedType, _ takesParameters: Bool, _ path: String,
        _ effect: ContentPackViolation.Effect
    ) {
        guard Set(members.names) == ["@type", "@value"], let value = members["@value"],
            let name = members["@type"]?.string?.lowercased()
        else { return report(path, "a value with @type and @value is expected", effect) }
        guard name == "parameter" else {
            guard name == type.rawValue else { return report(path, "@type is \(name), not \(type.rawValue)", effect) }
            if !type.takes(value) { report(path, "@value \(value.shortText) is no \(name)", effect) }
            return
        }
        guard takesParameters else { return report(path, "a parameter is not looked at here", effect) }
        guard let parameter = value.string, let found = parameters[parameter] else {
            return report(path, "no parameter \(value.shortText)", effect)
        }
        if found != type.rawValue {
            report(path, "the parameter \(parameter) is \(found), not \(type.rawValue)", effect)
        }
    }

    /// A `null` cannot be in a reference map, and neither can a plain value: both become `null`.
    private mutating func inspectReference(
        _ value: JSONValue, _ path: String, _ effect: ContentPackViolation.Effect
    ) {
        switch value {
        case .object(let members) where Set(members.names) == ["@type", "@value"]:
            let name = members["@type"]?.string?.lowercased() ?? ""
            if name == "parameter" {
                let parameter = members["@value"]?.string ?? ""
                if parameters[parameter] == nil { report(path, "no parameter \"\(parameter)\"", effect) }
            } else if let type = WrappedType(rawValue: name) {
                inspect(members, wrapping: type, false, path, effect)
            } else {
                report(path, "unknown @type \(name)", effect)
            }
        case .object(let members):
            for name in members.names { inspectReference(members[name] ?? .null, join(path, name), effect) }
        case .array(let elements):
            for (index, element) in elements.enumerated() { inspectReference(element, "\(path)[\(index)]", effect) }
        case .null, .boolean, .integer, .decimal, .string:
            report(path, "a value with @type and @value is expected", effect)
        }
    }

    private func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }
}

extension PackKind {
    /// What it is, in words.
    fileprivate var description: String {
        switch self {
        case .text: "a text"
        case .number: "a number"
        case .flag: "true or false"
        case .integer(let range) where range.upperBound == .max: "an integer of at least \(range.lowerBound)"
        case .integer(let range): "an integer from \(range.lowerBound) to \(range.upperBound)"
        case .word(let words): "one of \(words.joined(separator: ", "))"
        case .wrapped, .wrappedValue: "a value with @type and @value"
        case .object, .variant, .dictionary: "an object"
        case .list: "a list"
        case .emptyList: "an empty list"
        case .emptyObject: "an empty object"
        case .nothing: "null"
        case .references, .any: "a value"
        case .optional(let kind): kind.description
        }
    }
}

extension JSONValue {
    /// The value for a message to a reader: cut off when it is long.
    var shortText: String {
        let text = text
        return text.count > 40 ? text.prefix(40) + "…" : text
    }
}

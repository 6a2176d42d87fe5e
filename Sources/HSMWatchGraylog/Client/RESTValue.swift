// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchService

/// Any JSON that Graylog answers and gets back as it is; the members of an object are sorted by their names.
struct RESTValue: Decodable {
    let tree: JSONTree

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            tree = .null
        } else if let value = try? container.decode(Bool.self) {
            tree = .boolean(value)
        } else if let value = try? container.decode(Int.self) {
            tree = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            tree = .decimal(value)
        } else if let value = try? container.decode(String.self) {
            tree = .string(value)
        } else if let values = try? container.decode([RESTValue].self) {
            tree = .array(values.map(\.tree))
        } else {
            tree = .object(Self.members(try container.decode([String: RESTValue].self)))
        }
    }

    static func members(_ values: [String: RESTValue]) -> [JSONTree.Member] {
        values.sorted { $0.key < $1.key }.map { JSONTree.Member($0.key, $0.value.tree) }
    }
}

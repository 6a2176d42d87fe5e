// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("The fields of our own messages")
struct MessageFieldTests {
    /// GELF's own, and those that the samples' configuration adds.
    private static let others: Set<String> = [
        "version", "host", "short_message", "timestamp", "level", "_site", "_environment",
    ]

    /// The kinds of the fields that the samples have, without the leading `_`.
    private static func sent() throws -> [String: Set<String>] {
        var kinds: [String: Set<String>] = [:]
        for sample in Sample.all {
            let fields = try MessageFields(sample.message)
            for name in fields.names where !others.contains(name) {
                kinds[String(name.dropFirst()), default: []].insert(try #require(fields[name]).type)
            }
        }
        return kinds
    }

    @Test("are exactly those that messages have, each of its kind")
    func agreement() throws {
        let table = Dictionary(uniqueKeysWithValues: MessageField.all.map { ($0.name, [Self.type(of: $0)] as Set) })
        #expect(table == (try Self.sent()))
    }

    private static func type(of field: MessageField) -> String {
        switch field.kind {
        case .text: "string"
        case .integer: "integer"
        case .decimal: "decimal"
        }
    }

    @Test("are numbers when they are not text")
    func numeric() {
        #expect(MessageField.numeric.allSatisfy { $0.kind != .text })
        #expect(MessageField.numeric.count { $0.kind == .decimal } == 2)
        #expect(MessageField.all.count == MessageField.numeric.count + MessageField.all.count { $0.kind == .text })
    }
}

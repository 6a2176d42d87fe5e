// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@testable import HSMWatchSimulation

@Suite("Index mapping")
struct IndexMappingTests {
    private func message(_ fields: [String: FieldValue]) -> StoredMessage {
        let always: [String: FieldValue] = ["message": .string("m"), "source": .string("h"), "timestamp": .string("t")]
        return StoredMessage(timestamp: Timestamp(milliseconds: 0), fields: fields.merging(always) { own, _ in own })
    }

    @Test(
        "the first type of a field wins: another one is stored with a warning, or rejected with its message",
        arguments: [
            (FieldValue.long(1), FieldValue.long(2), String?.none, String?.none),
            (.double(1), .double(2.5), nil, nil),
            (.string("a"), .string("b"), nil, nil),
            (.long(1), .double(5.5), "f came as a decimal, but is an integer in the index", nil),
            (.double(1), .long(5), "f came as an integer, but is a decimal in the index", nil),
            (.string("a"), .long(5), "f came as an integer, but is a string in the index", nil),
            (.long(1), .string("5"), "f came as a string, but is an integer in the index", nil),
            (.long(1), .string("none"), nil, "the index rejects f: came as a string, but is an integer in the index"),
            (.double(1), .string("x"), nil, "the index rejects f: came as a string, but is a decimal in the index"),
        ])
    func firstTypeWins(first: FieldValue, second: FieldValue, warning: String?, reason: String?) {
        var mapping = IndexMapping()
        #expect(mapping.index(message(["f": first]), frame: []).stored?.warnings == [])
        let received = mapping.index(message(["f": second]), frame: [])
        #expect(received.dropReason == reason)
        #expect(received.stored?.warnings == (reason == nil ? [warning].compactMap(\.self) : nil))
        #expect(mapping.index(message(["f": first]), frame: []).stored?.warnings == [])
    }

    @Test("a rejected message decides no type")
    func rejectedDecidesNothing() {
        var mapping = IndexMapping()
        _ = mapping.index(message(["f": .long(1)]), frame: [])
        #expect(mapping.index(message(["f": .string("x"), "a": .long(1)]), frame: []).stored == nil)
        #expect(mapping.index(message(["a": .string("x")]), frame: []).stored?.warnings == [])
    }

    @Test("a keyword takes the longest term and no longer one; the message text is no keyword")
    func boundsKeywords() {
        var mapping = IndexMapping()
        let longest = String(repeating: "ä", count: IndexMapping.maximumKeywordLength / 2)
        #expect(mapping.index(message(["f": .string(longest)]), frame: []).stored != nil)
        let reason = mapping.index(message(["f": .string(longest + "a")]), frame: []).dropReason
        #expect(reason == "the index rejects f: 32767 bytes, more than 32766")
        #expect(mapping.index(message(["full_message": .string(longest + longest)]), frame: []).stored != nil)
    }

    @Test("an index takes as many fields as OpenSearch allows")
    func boundsFields() {
        var mapping = IndexMapping()
        for number in 1..<IndexMapping.maximumFields {
            _ = mapping.index(message(["f\(number)": .long(1)]), frame: [])
        }
        #expect(mapping.index(message(["f1": .long(2)]), frame: []).stored != nil)
        let reason = mapping.index(message(["one_more": .long(1)]), frame: []).dropReason
        #expect(reason == "the index rejects more than 1000 different fields")
    }

    @Test("dots become underscores; where the name is taken, the field is lost")
    func renamesDots() {
        var mapping = IndexMapping()
        let stored = mapping.index(message(["a.b": .long(1), "c.d": .long(2), "c_d": .long(3)]), frame: []).stored
        #expect(stored?.integer("a_b") == 1)
        #expect(stored?.integer("c_d") == 3)
        #expect(stored?.fields.keys.contains { $0.contains(".") } == false)
        let lost = StoredMessage.DroppedField(name: "c.d", reason: "the field \"c_d\" is already set")
        #expect(stored?.droppedFields == [lost])
    }

    @Test(
        "a message whose field becomes one of the index's own is rejected",
        arguments: [("_.id", "_id"), ("_.source", "_source"), ("_.routing", "_routing"), ("_.seq.no", "_seq_no")])
    func rejectsMetadata(sent: String, indexed: String) throws {
        let frame = Array(#"{"version":"1.1","host":"h","short_message":"m","\#(sent)":"x"}"#.utf8)
        let decoded = GELFRules.decode(frame, from: "192.0.2.1", at: Timestamp(milliseconds: 0))
        var mapping = IndexMapping()
        let reason = mapping.index(try #require(decoded.stored), frame: frame).dropReason
        #expect(reason == "the index rejects \(indexed): a field of the index itself")
    }

    @Test("a number that is not finite is rejected")
    func rejectsInfinity() {
        var mapping = IndexMapping()
        let reason = mapping.index(message(["f": .double(.infinity)]), frame: []).dropReason
        #expect(reason == "the index rejects f: not a finite number")
    }
}

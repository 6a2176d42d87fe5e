// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchGraylog
import Testing

@testable import HSMWatchSimulation
@testable import TestSupport

/// Asks the simulated Graylog what live servers were asked on 2026-11-30: the answers have the same status and the same keys.
@Suite("The simulated Graylog beside recorded servers")
struct RecordedGraylogTests {
    /// One line of a recording.
    private struct Call: Decodable {
        let note: String
        let method: String
        let path: String
        let request: String?
        let status: Int
        /// Long ones are cut in the middle.
        let answer: String?
    }

    private static func file(_ name: String) throws -> String {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        return String(decoding: try Data(contentsOf: folder.appending(path: "Recorded/\(name)")), as: UTF8.self)
    }

    private static func calls(_ version: GraylogVersion) throws -> [Call] {
        try file("rest-\(version).jsonl").split(separator: "\n").map {
            try JSONDecoder().decode(Call.self, from: Data($0.utf8))
        }
    }

    /// The recorded pack, whose upload is cut: its stream, its notifications, and its one definition that is not scheduled.
    private static func pack() throws -> String {
        let pack = try #require(json(try file("pack-filter.json")))
        let entities = (pack["entities"]?.elements ?? []).filter { $0["type"]?["name"] != "event_definition" }
        let definition = try #require(json(silence))
        return pack.replacing(["id"]) { _ in "00000000-0000-4000-8000-000000000001" }
            .replacing(["entities"]) { _ in .array(entities + [definition]) }.text
    }

    private static let silence = """
        {"v": "1", "type": {"name": "event_definition", "version": "1"}, "id": "00000000-0000-4000-8000-000000000002",
        "constraints": [{"type": "server-version", "version": ">=5.2.0"}], "data": {
        "title": {"@type": "string", "@value": "hsmwatch of m1 is silent"},
        "description": {"@type": "string", "@value": "As hsmwatch says it."},
        "priority": {"@type": "integer", "@value": 3}, "alert": {"@type": "boolean", "@value": true},
        "config": {"type": "aggregation-v1",
        "query": {"@type": "string", "@value": "event_source:hsmwatch AND event_type:heartbeat AND source:\\"m1\\""},
        "streams": ["146bff9923b3e2ba2bd7103f"], "group_by": [],
        "series": [{"id": "aggregation_value_count", "function": "count"}],
        "conditions": {"expression": {"expr": "<", "left": {"expr": "number-ref", "ref": "aggregation_value_count"},
        "right": {"expr": "number", "value": 1.0}}}, "search_within_ms": 180000, "execute_every_ms": 60000},
        "field_spec": {}, "key_spec": [],
        "notification_settings": {"grace_period_ms": 240000, "backlog_size": 1}, "notifications": [
        {"notification_id": {"@type": "string", "@value": "624f8bad-1bb5-8319-8875-2d76c3ea095d"},
        "notification_parameters": null}],
        "storage": [{"type": "persist-to-streams-v1", "streams": ["000000000000000000000002"]}],
        "is_scheduled": {"@type": "boolean", "@value": false}}}
        """

    private static func json(_ text: String) -> JSONValue? {
        var parser = JSONParser(Array(text.utf8))
        return try? parser.value()
    }

    @Test(
        "answers each call with the status and the keys of the live server",
        arguments: [GraylogVersion(6, 1, 4), GraylogVersion(6, 3, 15), GraylogVersion(7, 1, 7)])
    func replay(version: GraylogVersion) throws {
        var state = GraylogState(version)
        state.allowedURLs = [GraylogAllowedURL(id: "a", title: "hook", value: "http://127.0.0.1:8088/hook")]
        var ids: [String: String] = [:]
        let calls = try Self.calls(version)
        #expect(calls.count > 25)
        for call in calls {
            if call.note.hasPrefix("search"), let instance = call.request?.split(separator: #"\""#).dropFirst().first {
                state.store(
                    GraylogMessage(
                        timestamp: Timestamp(milliseconds: 1_796_067_245_216),
                        received: Timestamp(milliseconds: 1_796_067_245_434),
                        fields: ["instance": .string(String(instance)), "sequence": .long(1)]))
            }
            let path = ids.reduce(call.path) { $0.replacing($1.key, with: $1.value) }
            let body = call.note.hasPrefix("upload") ? try Self.pack() : call.request ?? ""
            let request = GraylogRequest(
                call.method, path, headers: GraylogStateTests.headers, body: Array(body.utf8))
            let answer = state.answer(request)
            let what = "\(call.note): \(call.method) \(call.path)"
            let said = String(decoding: answer.body.prefix(300), as: UTF8.self)
            #expect(answer.status == call.status, "\(what): \(said)")
            guard let live = call.answer, !live.isEmpty else {
                #expect(answer.body.isEmpty, "\(what)")
                continue
            }
            let simulated = try #require(Self.json(String(decoding: answer.body, as: UTF8.self)), "\(what)")
            guard let recorded = Self.json(live) else {
                // Cut in the middle: the first member is there, and the last ones of an uninstallation. Nodes are called by
                // their ids.
                let last = (simulated["uninstalled"]?.names ?? []).filter { $0.hasSuffix("_entities") }
                for name in simulated.names.prefix(1) + last where name.count != 36 {
                    #expect(live.contains(#""\#(name)":"#), "\(what): \(name)")
                }
                if simulated["uninstalled"] != nil {
                    #expect(live.contains("entity_grants") == version.writesUninstalledGrants)
                }
                continue
            }
            #expect(Self.differences(recorded, simulated, at: "", &ids) == [], "\(what)")
        }
    }

    @Test("shows what live servers do: which one breaks off its answer, and which one pauses a new stream")
    func properties() {
        let versions = [GraylogVersion(6, 1, 4), GraylogVersion(6, 3, 15), GraylogVersion(7, 1, 7)]
        #expect(versions.map(\.writesUninstalledEntities) == [true, false, false])
        #expect(versions.map(\.pausesNewStreams) == [false, false, true])
        #expect(versions.map(\.allowlistName) == ["urlwhitelist", "urlwhitelist", "urlallowlist"])
    }

    // MARK: Comparing

    /// The places whose keys differ. What the live server calls by an id is remembered by the simulated server's id.
    private static func differences(
        _ live: JSONValue, _ simulated: JSONValue, at path: String, _ ids: inout [String: String]
    ) -> [String] {
        switch (live, simulated) {
        case (.object, .object):
            // Nodes are called by their ids.
            if path.isEmpty, live.names.count == 1, live.names[0].count == 36 {
                return differences(
                    live[live.names[0]] ?? .null, simulated[simulated.names.first ?? ""] ?? .null, at: "node", &ids)
            }
            let missing = live.names.filter { simulated[$0] == nil }.map { "\(path).\($0) is missing" }
            let extra = simulated.names.filter { live[$0] == nil }.map { "\(path).\($0) is too much" }
            let inner = live.names.flatMap { name in
                differences(live[name] ?? .null, simulated[name] ?? .null, at: "\(path).\(name)", &ids)
            }
            return missing + extra + inner
        case (.array, .array):
            return simulated.elements.flatMap { element -> [String] in
                guard let twin = twin(of: element, in: live.elements) else { return [] }
                return differences(twin, element, at: "\(path)[]", &ids)
            }
        case (.string(let old), .string(let new)):
            if old != new, old.count == 24, old.allSatisfy(\.isHexDigit), new.count == 24 { ids[old] = new }
            return []
        default: return []
        }
    }

    /// The element that is the same thing.
    private static func twin(of element: JSONValue, in others: [JSONValue]) -> JSONValue? {
        for place in [["content_pack_entity_id"], ["message_input", "title"], ["title"], ["field"]] {
            if let name = place.reduce(Optional(element), { $0?[$1] }) {
                return others.first { place.reduce(Optional($0)) { $0?[$1] } == name }
            }
        }
        return others.first
    }
}

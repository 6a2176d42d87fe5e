// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the pages speak of in a content pack: the titles of its alerts, and the parts of its dashboard.
struct PackContent: Decodable {
    /// A value as a pack wraps it.
    struct Wrapped: Decodable {
        let value: String

        enum CodingKeys: String, CodingKey {
            case value = "@value"
        }
    }

    struct Entity: Decodable {
        struct Kind: Decodable {
            let name: String
        }

        let type: Kind
        let data: Content
    }

    /// The members that any of the kinds has.
    struct Content: Decodable {
        let title: Wrapped
        let state: [String: State]?
    }

    struct State: Decodable {
        struct Titles: Decodable {
            let widget: [String: String]
        }

        struct Position: Decodable, Hashable {
            let col: Int
            let row: Int
            let width: Int
            let height: Int
        }

        let titles: Titles
        let positions: [String: Position]
    }

    let entities: [Entity]

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    /// The titles of the alerts.
    var alerts: [String] {
        entities.filter { $0.type.name == "event_definition" }.map(\.data.title.value)
    }

    /// The places of the dashboard's parts, by their titles.
    var widgets: [String: State.Position] {
        entities.compactMap(\.data.state).flatMap(\.values).reduce(into: [:]) { widgets, state in
            for (id, title) in state.titles.widget {
                widgets[title] = state.positions[id]
            }
        }
    }
}

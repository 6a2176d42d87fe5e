// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the pages speak of in a content pack: titles of alerts with their place in the runbook, and the dashboard.
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
        let fields: Fields?
        let state: [String: State]?

        enum CodingKeys: String, CodingKey {
            case title, state
            case fields = "field_spec"
        }
    }

    struct Fields: Decodable {
        struct Field: Decodable {
            struct Provider: Decodable {
                let template: String
            }

            let providers: [Provider]
        }

        let step: Field
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

    /// The section of the runbook that each alert leads to, by its title.
    var alerts: [String: String] {
        entities.reduce(into: [:]) { alerts, entity in
            guard let step = entity.data.fields?.step.providers.first?.template else { return }
            alerts[entity.data.title.value] = step.split(separator: "#").last.map { String($0.dropLast()) }
        }
    }

    var dashboardTitle: String? {
        entities.first { $0.type.name == "dashboard" }?.data.title.value
    }

    /// The places of the dashboard's widgets, by their titles.
    var widgets: [String: State.Position] {
        entities.compactMap(\.data.state).flatMap(\.values).reduce(into: [:]) { widgets, state in
            for (id, title) in state.titles.widget {
                widgets[title] = state.positions[id]
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Which messages one output gets.
package struct Subscription: Equatable, Sendable {
    /// The output's name.
    package let name: String
    package let kinds: Set<Event.Kind>

    package init(name: String, kinds: Set<Event.Kind> = .all) {
        self.name = name
        self.kinds = kinds
    }

    package init(_ output: OutputConfiguration) {
        self.init(name: output.name, kinds: output.events)
    }
}

extension Set<Event.Kind> {
    /// Every kind that there is.
    package static let all = Set(Event.Kind.allCases)
}

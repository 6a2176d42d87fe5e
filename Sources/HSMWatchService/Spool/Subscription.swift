// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Which messages one output gets.
package struct Subscription: Equatable, Sendable {
    /// The output's name.
    package let name: String
    package let kinds: Set<Event.Kind>
    /// How long a message that it has confirmed is kept; zero keeps none.
    package let rewind: Duration

    package init(name: String, kinds: Set<Event.Kind> = .all, rewind: Duration = .zero) {
        self.name = name
        self.kinds = kinds
        self.rewind = rewind
    }

    package init(_ output: OutputConfiguration) {
        self.init(name: output.name, kinds: output.kinds, rewind: output.effectiveRewind)
    }
}

extension Set<Event.Kind> {
    /// Every kind that there is.
    package static let all = Set(Event.Kind.allCases)
}

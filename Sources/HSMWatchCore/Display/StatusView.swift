// SPDX-License-Identifier: Apache-2.0

/// Which part of the table somebody looks at, and in what order: changed by keys.
package struct StatusView: Equatable, Sendable {
    /// What a key asks for.
    package enum Action: Equatable, Sendable {
        case none
        /// Something else is to be shown.
        case redraw
        case quit
    }

    package private(set) var order = StatusOrder()
    /// Rows above the first one that is shown.
    package private(set) var offset = 0

    package init() {}

    /// - Parameters:
    ///   - page: rows that are shown at a time.
    ///   - rows: how many there are.
    package mutating func handle(_ key: Key, page: Int, of rows: Int) -> Action {
        let before = self
        switch key {
        case .interrupt, .character("q"), .character("Q"): return .quit
        case .up, .character("k"): offset -= 1
        case .down, .character("j"): offset += 1
        case .pageUp, .character("b"): offset -= page
        case .pageDown, .character(" "): offset += page
        case .home, .character("g"): offset = 0
        case .end, .character("G"): offset = rows
        case .character("r"): order.isReversed.toggle()
        case .character(let letter): sort(by: letter)
        }
        stay(within: rows, page: page)
        return self == before ? .none : .redraw
    }

    /// Goes back to the last full page when there are fewer rows, or more fit.
    package mutating func stay(within rows: Int, page: Int) {
        offset = max(0, min(offset, rows - page))
    }

    private mutating func sort(by letter: Character) {
        guard let key = StatusOrder.Key.allCases.first(where: { $0.letter == letter }) else { return }
        order = StatusOrder(key)
        offset = 0
    }
}

extension StatusOrder.Key {
    /// What is typed for it.
    var letter: Character {
        switch self {
        case .state: "s"
        case .name: "n"
        case .available: "a"
        case .latency: "l"
        case .since: "c"
        case .forecast: "e"
        }
    }

    /// What it is called beside its letter.
    var label: String {
        switch self {
        case .state: "state"
        case .name: "name"
        case .available: "avail"
        case .latency: "lat"
        case .since: "since"
        case .forecast: "empty"
        }
    }
}

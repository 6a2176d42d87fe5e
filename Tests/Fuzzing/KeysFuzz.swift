// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// What is typed, or pasted, while `hsmwatch status --watch` shows something.
enum KeysFuzz {
    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        let (page, rows) = (1 + Int(input.byte()), Int(input.byte()))
        let bytes = input.piece()
        var whole = KeyDecoder()
        var cut = KeyDecoder()
        let keys = whole.decode(bytes)
        try require(keys == bytes.flatMap { cut.decode([$0]) }, "keys depend on how they are read")
        try require(keys.count <= bytes.count, "\(keys.count) keys of \(bytes.count) bytes")

        var view = StatusView()
        for key in keys {
            if case .character(let character) = key {
                try require(character.asciiValue.map { (0x20...0x7E).contains($0) } ?? false, "\(key)")
            }
            let before = view
            let action = view.handle(key, page: page, of: rows)
            try require((action == .none) == (view == before && action != .quit), "\(key): \(action)")
            try require((0...max(0, rows - page)).contains(view.offset), "row \(view.offset) of \(rows)")
        }
    }
}

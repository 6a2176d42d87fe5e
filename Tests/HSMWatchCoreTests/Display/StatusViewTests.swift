// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

@Suite("Keys")
struct KeyDecoderTests {
    private static func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.decode(text.utf8)
    }

    @Test(
        "arrows and page keys are understood as xterm, vt220 and the application mode send them",
        arguments: [
            ("\u{1B}[A", Key.up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[1;5B", .down),
            ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown), ("\u{1B}[H", .home), ("\u{1B}[1~", .home),
            ("\u{1B}OF", .end), ("\u{1B}[4~", .end), ("q", .character("q")), ("\u{3}", .interrupt),
        ])
    func understood(bytes: String, key: Key) {
        #expect(Self.keys(bytes) == [key])
        var decoder = KeyDecoder()
        #expect(bytes.utf8.flatMap { decoder.decode([$0]) } == [key])
    }

    @Test(
        "what is not known is passed over, and the next key counts",
        arguments: [
            "\u{1B}[24~", "\u{1B}[99;99Z", "\u{1B}", "\u{1B}\u{1B}", "é", "\u{1}", "\u{1B}[",
            "\u{1B}[" + String(repeating: "1", count: 17),
        ])
    func unknown(bytes: String) {
        #expect(Self.keys(bytes + "\u{1B}[Aq") == [.up, .character("q")])
    }
}

@Suite("Status view")
struct StatusViewTests {
    private static func view(after keys: Key..., page: Int = 10, of rows: Int = 25) -> StatusView {
        var view = StatusView()
        for key in keys { _ = view.handle(key, page: page, of: rows) }
        return view
    }

    @Test("scrolls by rows and pages, and never past the ends")
    func scrolls() {
        #expect(Self.view(after: .down, .down, .up).offset == 1)
        #expect(Self.view(after: .up).offset == 0)
        #expect(Self.view(after: .pageDown).offset == 10)
        #expect(Self.view(after: .pageDown, .pageDown, .pageDown).offset == 15)
        #expect(Self.view(after: .end).offset == 15)
        #expect(Self.view(after: .end, .pageUp).offset == 5)
        #expect(Self.view(after: .end, .home).offset == 0)
        #expect(Self.view(after: .end, page: 30).offset == 0)
    }

    @Test("letters sort and begin at the top; r reverses")
    func sorts() {
        for key in StatusOrder.Key.allCases {
            let view = Self.view(after: .end, .character("r"), .character(key.letter))
            #expect(view.order == StatusOrder(key))
            #expect(view.offset == 0)
        }
        #expect(Self.view(after: .character("n"), .character("r")).order == StatusOrder(.name, isReversed: true))
        #expect(Set(StatusOrder.Key.allCases.map(\.letter)).isDisjoint(with: ["q", "r", "j", "k", "g", "b"]))
    }

    @Test("q and Ctrl-C quit, and a key without a meaning changes nothing")
    func quits() {
        var view = StatusView()
        #expect(view.handle(.character("q"), page: 1, of: 1) == .quit)
        #expect(view.handle(.interrupt, page: 1, of: 1) == .quit)
        #expect(view.handle(.character("x"), page: 1, of: 1) == .none)
        #expect(view.handle(.character("n"), page: 1, of: 1) == .redraw)
        #expect(view.handle(.character("n"), page: 1, of: 1) == .none)
    }

    @Test("stays within a table that has become shorter")
    func shorter() {
        var view = Self.view(after: .end)
        view.stay(within: 12, page: 10)
        #expect(view.offset == 2)
        view.stay(within: 3, page: 10)
        #expect(view.offset == 0)
    }
}

@Suite("Status order")
struct StatusOrderTests {
    private static func names(_ hsms: [HSMSnapshot], _ key: StatusOrder.Key, isReversed: Bool = false) -> [String] {
        StatusOrder(key, isReversed: isReversed).sorted(hsms).map(\.name)
    }

    @Test("what matters most comes first, and what is not known last")
    func keys() throws {
        let hsms = try Snapshot.mixed().hsms
        #expect(Self.names(hsms, .state) == ["khi-2", "isb-1", "isb-2", "new", "lhe-1", "khi-1"])
        #expect(Self.names(hsms, .available) == ["khi-2", "lhe-1", "khi-1", "isb-1", "isb-2", "new"])
        #expect(Self.names(hsms, .since) == ["new", "isb-1", "khi-2", "isb-2", "khi-1", "lhe-1"])
        #expect(Self.names(hsms, .forecast).first == "khi-2")
        #expect(Self.names(hsms, .latency).last == "new")
        #expect(Self.names(hsms, .state, isReversed: true).first == "khi-1")
    }

    @Test("names are ordered as people count")
    func names() throws {
        let names = ["khi-10", "khi-2", "khi-2a", "a", "khi-02", "khi-", "khi-2-1", "10", "9"]
        let hsms = try names.map { try HSMSnapshot.sample($0, port: 1, state: .ok, [1], of: 2, for: 0) }
        #expect(
            Self.names(hsms, .name) == ["9", "10", "a", "khi-", "khi-2", "khi-02", "khi-2-1", "khi-2a", "khi-10"])
    }
}

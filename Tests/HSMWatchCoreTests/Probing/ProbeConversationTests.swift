// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// What an HSM without query ports is asked.
private let question = Request(.everything, lineEnding: .lf)

@Suite("Probe conversation")
struct ProbeConversationTests {
    /// A conversation in virtual time: says what happens, and expects what is to be done.
    private struct Talk {
        var conversation: ProbeConversation
        var milliseconds: Int64 = 0

        init(_ mode: ConnectionMode = .persistent, ports: [UInt16] = [], takenUpAt: Instant? = nil) {
            conversation = ProbeConversation(
                hsm: HSMConfiguration(
                    name: "khi-1", address: HostPort(host: "127.0.0.1", port: 9010), queryPorts: ports,
                    connection: mode), takenUpAt: takenUpAt)
        }

        mutating func hear(_ event: ProbeConversation.Event, after delay: Int64 = 1) -> ProbeConversation.Action {
            milliseconds += delay
            let instant = Instant(nanoseconds: milliseconds * 1_000_000)
            let now = Moment(instant: instant, timestamp: Timestamp(milliseconds: milliseconds))
            return conversation.handle(event, at: now)
        }

        mutating func hear(_ text: String) -> ProbeConversation.Action { hear(.received(Array(text.utf8))) }

        /// Brings the conversation to the first question on a new connection.
        mutating func connect() {
            #expect(hear(.start) == .resolve)
            #expect(hear(.resolved(addresses: 1)) == .connect(address: 0))
            #expect(hear(.connected) == .send(question))
        }
    }

    private static func outcomes(_ action: ProbeConversation.Action) -> [Outcome] {
        switch action {
        case .finish(let answers), .finishAndClose(let answers), .finishAndReset(let answers):
            answers.map(\.observation.outcome)
        case .none, .resolve, .connect, .send, .close: []
        }
    }

    private static func kinds(_ action: ProbeConversation.Action) -> [Failure.Kind?] {
        outcomes(action).map { outcome in
            if case .failure(let failure) = outcome { failure.kind } else { nil }
        }
    }

    private static func keepsConnection(_ action: ProbeConversation.Action) -> Bool {
        if case .finish = action { true } else { false }
    }

    @Test("a first probe resolves, connects, asks, and keeps the connection for the next one")
    func persistent() throws {
        var talk = Talk()
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>\r\n")
        let reading = try #require(Reading(available: 50, total: 64))
        #expect(Self.outcomes(action) == [.reading(reading, reply: "<2223#50#64#14#>")])
        #expect(Self.keepsConnection(action))
        #expect(talk.hear(.start) == .send(question))
    }

    @Test("the latency of a reading counts from the question, not from the connection")
    func latency() {
        var talk = Talk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1), after: 100) == .connect(address: 0))
        #expect(talk.hear(.connected, after: 100) == .send(question))
        guard case .finish(let answers) = talk.hear(.received(Array("<2223#1#2#>".utf8)), after: 7) else {
            Issue.record("the probe is not over")
            return
        }
        #expect(answers.first?.observation.latency == .milliseconds(7))
    }

    @Test("per-probe closes at the end of the frame")
    func perProbe() {
        var talk = Talk(.perProbe)
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>")
        #expect(!Self.keepsConnection(action))
        #expect(Self.outcomes(action).count == 1)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("a kept connection that is found dead before a reply byte is replaced once in the same probe")
    func replacedOnce() {
        var talk = Talk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear(.ended(detail: "reset the connection")) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(question))
        #expect(Self.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("a kept connection that dies within the reply is not asked again")
    func diesWithinReply() {
        var talk = Talk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear("<22") == .none)
        #expect(Self.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }

    @Test("a new connection that ends before the reply is closed, not replaced")
    func newConnectionEnds() {
        var talk = Talk()
        talk.connect()
        #expect(Self.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }

    @Test("an idle connection that ends, or says something unasked, is closed; a late line ending is not minded")
    func idle() {
        var talk = Talk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear("<2223#0#64#64#>") == .close)
        #expect(talk.hear(.start) == .resolve)

        talk = Talk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.ended(detail: "closed the connection")) == .close)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("the deadline is dns, timeout or no_reply, by what was waited for")
    func deadlines() {
        var talk = Talk()
        #expect(talk.hear(.start) == .resolve)
        #expect(Self.kinds(talk.hear(.deadline)) == [.dns])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(Self.kinds(talk.hear(.deadline)) == [.timeout])
        talk.connect()
        #expect(Self.kinds(talk.hear(.deadline)) == [.noReply])
        talk.connect()
        #expect(talk.hear("<2223#50") == .none)
        #expect(Self.kinds(talk.hear(.deadline)) == [.noReply])
        talk.connect()
        #expect(talk.hear("login:") == .none)
        #expect(Self.kinds(talk.hear(.deadline)) == [.malformed])
    }

    @Test("after a failure the connection is closed, so that a late reply answers nothing")
    func lateReply() {
        var talk = Talk()
        talk.connect()
        let action = talk.hear(.deadline)
        #expect(!Self.keepsConnection(action))
        #expect(talk.hear("<2223#50#64#14#>") == .none)
        #expect(talk.hear(.ended(detail: "closed the connection")) == .none)
        #expect(talk.hear(.deadline) == .none)
        #expect(talk.hear(.connected) == .none)
        #expect(talk.hear(.resolved(addresses: 2)) == .none)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("the next address is tried after one has failed, and the last failure is the probe's")
    func addresses() {
        var talk = Talk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 2)) == .connect(address: 0))
        #expect(talk.hear(.notConnected(Failure(.unreachable, "a"))) == .connect(address: 1))
        #expect(Self.kinds(talk.hear(.notConnected(Failure(.refused, "b")))) == [.refused])
        #expect(talk.hear(.start) == .resolve)
        #expect(Self.kinds(talk.hear(.unresolved(detail: "no such host"))) == [.dns])
    }

    @Test("what is not the protocol is malformed, and closes the connection")
    func malformed() {
        for text in ["<hello>", "<2223#70#64#0#>", String(repeating: "x", count: FrameDecoder.limit + 1)] {
            var talk = Talk()
            talk.connect()
            let action = talk.hear(text)
            #expect(Self.kinds(action) == [.malformed])
            #expect(!Self.keepsConnection(action))
        }
    }

    @Test("a second frame behind the reply does not spoil the reading, but the connection is not trusted again")
    func twoFrames() throws {
        var talk = Talk()
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>\r\n<2223#1#64#63#>\r\n")
        let reading = try #require(Reading(available: 50, total: 64))
        #expect(Self.outcomes(action) == [.reading(reading, reply: "<2223#50#64#14#>")])
        #expect(!Self.keepsConnection(action))
    }

    @Test("query ports are asked one after the other on the same connection")
    func queryPorts() throws {
        var talk = Talk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>\r\n") == .send(Request(.port(9011), lineEnding: .lf)))
        let action = talk.hear("<00#040080#>\r\n")
        guard case .finish(let answers) = action else {
            Issue.record("the probe is not over, or the connection closed")
            return
        }
        #expect(answers.map(\.query) == [.port(9010), .port(9011)])
        #expect(Self.kinds(action) == [nil, .hsmError])
    }

    @Test("when the connection fails, every query that has no answer has failed so")
    func queryPortsFail() {
        var talk = Talk(ports: [9010, 9011, 9012])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>") == .send(Request(.port(9011), lineEnding: .lf)))
        let action = talk.hear(.deadline)
        #expect(Self.kinds(action) == [nil, .noReply, .noReply])
        let details = Self.outcomes(action).map { outcome in
            if case .failure(let failure) = outcome { failure.detail } else { "" }
        }
        #expect(details == ["", "no reply within 2s", "not asked: no reply within 2s"])
    }

    @Test("a line ending that comes late is no part of the next reply, and no sign of life of a kept connection")
    func lateLineEnding() {
        var talk = Talk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>") == .send(Request(.port(9011), lineEnding: .lf)))
        #expect(talk.hear("\r\n") == .none)
        #expect(Self.kinds(talk.hear(.deadline)) == [nil, .noReply])

        talk = Talk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.ended(detail: "closed the connection")) == .resolve)
    }

    @Test("an HSM that hangs is left with a reset, any other with an ordinary end")
    func reset() {
        var talk = Talk()
        talk.connect()
        guard case .finishAndReset = talk.hear(.deadline) else {
            Issue.record("the connection to a hanging HSM is not reset")
            return
        }
        talk.connect()
        guard case .finishAndClose = talk.hear("<hello>") else {
            Issue.record("the connection is not closed")
            return
        }
    }

    @Test("nothing more is asked on a connection that is out of step")
    func outOfStep() {
        var talk = Talk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(Request(.port(9010), lineEnding: .lf)))
        let action = talk.hear("<2223#50#64#14#><2223#1#64#63#>")
        #expect(Self.kinds(action) == [nil, .malformed])
        #expect(!Self.keepsConnection(action))
    }

    @Test("a rejected command is asked again only after ten minutes", arguments: ["22", "23"])
    func rejected(code: String) {
        var talk = Talk()
        talk.connect()
        let action = talk.hear("<00#\(code)0080#>\r\n")
        #expect(Self.kinds(action) == [.hsmError])
        #expect(Self.keepsConnection(action))
        #expect(talk.hear(.start, after: 5000) == .finish([]))
        #expect(talk.hear(.start, after: 594_999) == .finish([]))
        #expect(talk.hear(.start, after: 1) == .send(question))
    }

    @Test("another error is asked again at the next tick, and one rejected port does not silence the other")
    func otherErrors() {
        var talk = Talk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<00#220080#>") == .send(Request(.port(9011), lineEnding: .lf)))
        #expect(Self.kinds(talk.hear("<00#290080#>")) == [.hsmError, .hsmError])
        #expect(talk.hear(.start) == .send(Request(.port(9011), lineEnding: .lf)))
    }

    @Test("a tick while a probe runs changes nothing")
    func overlapping() {
        var talk = Talk()
        talk.connect()
        #expect(talk.hear(.start) == .none)
        #expect(Self.outcomes(talk.hear("<2223#50#64#14#>")).count == 1)
    }

    @Test("a connection that another process has used is asked when its timeout has passed, and not before")
    func takenUp() {
        var talk = Talk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.conversation.isIdle)
        #expect(talk.hear(.start, after: 1999) == .finish([]))
        #expect(talk.hear(.start) == .send(question))
        #expect(!talk.conversation.isIdle)
        #expect(Self.outcomes(talk.hear("<2223#50#64#14#>\r\n")).count == 1)
        #expect(talk.conversation.isIdle)
    }

    @Test("one reply to a question of another process is nobody's answer, and the connection is in step again")
    func repliedToAnother() {
        var talk = Talk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear("\r\n<2223#0#6") == .none)
        #expect(!talk.conversation.isIdle)
        #expect(talk.hear("4#64#>\r\n") == .none)
        #expect(talk.conversation.isIdle)
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.start, after: 2000) == .send(question))
    }

    @Test(
        "anything but one whole reply ends a connection that was taken up",
        arguments: [
            ["<2223#0#64#64#><2223#0#64#64#>"], ["<2223#0#64#64#>", "<2223#0#64#64#>"], ["#64#64#>\r\n"], ["\r\nx"],
            ["<2223#0#64#64#>x"], ["<" + String(repeating: "0", count: FrameDecoder.limit)],
        ])
    func outOfStep(pieces: [String]) {
        var talk = Talk(takenUpAt: Instant(nanoseconds: 0))
        #expect(pieces.map { talk.hear($0) }.last == .close)
        #expect(!talk.conversation.isIdle)
        #expect(talk.hear(.start, after: 2000) == .resolve)
    }

    @Test("a connection that was taken up and has half a reply is replaced by another before anything is asked")
    func halfAReply() {
        var talk = Talk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear("<2223#0#6") == .none)
        #expect(talk.hear(.start, after: 2000) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
    }

    @Test("a connection that was taken up and is found dead is replaced once in the same probe")
    func takenUpDead() {
        var talk = Talk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear(.start, after: 2000) == .send(question))
        #expect(talk.hear(.ended(detail: "reset the connection")) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .send(question))
        #expect(Self.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }
}

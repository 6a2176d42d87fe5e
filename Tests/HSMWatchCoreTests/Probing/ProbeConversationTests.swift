// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

/// What an HSM without query ports is asked.
private let question = ProbeTalk.question

@Suite("Probe conversation")
struct ProbeConversationTests {
    @Test("a first probe resolves, connects, asks, and keeps the connection for the next one")
    func persistent() throws {
        var talk = ProbeTalk()
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>\r\n")
        let reading = try #require(Reading(available: 50, total: 64))
        #expect(ProbeTalk.outcomes(action) == [.reading(reading, reply: "<2223#50#64#14#>")])
        #expect(ProbeTalk.keepsConnection(action))
        #expect(talk.hear(.start) == .send(question))
    }

    @Test("the latency of a reading counts from the question, not from the connection")
    func latency() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1), after: 100) == .connect(address: 0))
        #expect(talk.connected(after: 100) == .send(question))
        guard case .finish(let answers) = talk.hear(.received(Array("<2223#1#2#>".utf8)), after: 7) else {
            Issue.record("the probe is not over")
            return
        }
        #expect(answers.first?.observation.latency == .milliseconds(7))
    }

    @Test("per-probe closes at the end of the frame")
    func perProbe() {
        var talk = ProbeTalk(.perProbe)
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>")
        #expect(!ProbeTalk.keepsConnection(action))
        #expect(ProbeTalk.outcomes(action).count == 1)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("a kept connection that is found dead before a reply byte is replaced once in the same probe")
    func replacedOnce() {
        var talk = ProbeTalk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear(.ended(detail: "reset the connection")) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(question))
        #expect(ProbeTalk.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("a kept connection that dies within the reply is not asked again")
    func diesWithinReply() {
        var talk = ProbeTalk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear("<22") == .none)
        #expect(ProbeTalk.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }

    @Test("a new connection that ends before the reply is closed, not replaced")
    func newConnectionEnds() {
        var talk = ProbeTalk()
        talk.connect()
        #expect(ProbeTalk.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }

    @Test("an idle connection that ends is closed; a late line ending is ignored")
    func idle() {
        var talk = ProbeTalk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.start) == .send(question))

        talk = ProbeTalk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.ended(detail: "closed the connection")) == .close)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("the deadline is dns, timeout or no_reply, by what was waited for")
    func deadlines() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(ProbeTalk.kinds(talk.expire()) == [.dns])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(ProbeTalk.kinds(talk.expire()) == [.timeout])
        talk.connect()
        #expect(ProbeTalk.kinds(talk.expire()) == [.noReply])
        talk.connect()
        #expect(talk.hear("<2223#50") == .none)
        #expect(ProbeTalk.kinds(talk.expire()) == [.noReply])
        talk.connect()
        #expect(talk.hear("login:") == .none)
        #expect(ProbeTalk.kinds(talk.expire()) == [.malformed])
    }

    @Test("after a failure the connection is closed, so that a late reply answers nothing")
    func lateReply() {
        var talk = ProbeTalk()
        talk.connect()
        let action = talk.expire()
        #expect(!ProbeTalk.keepsConnection(action))
        #expect(talk.hear("<2223#50#64#14#>") == .none)
        #expect(talk.hear(.ended(detail: "closed the connection")) == .none)
        #expect(talk.expire() == .none)
        #expect(talk.hear(.connected) == .none)
        #expect(talk.hear(.resolved(addresses: 2)) == .none)
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("the next address is tried after one has failed, and the last failure is the probe's")
    func addresses() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 2)) == .connect(address: 0))
        #expect(talk.hear(.notConnected(Failure(.unreachable, "a"))) == .connect(address: 1))
        #expect(ProbeTalk.kinds(talk.hear(.notConnected(Failure(.refused, "b")))) == [.refused])
        #expect(talk.hear(.start) == .resolve)
        #expect(ProbeTalk.kinds(talk.hear(.unresolved(detail: "no such host"))) == [.dns])
        #expect(talk.hear(.start) == .resolve)
        #expect(ProbeTalk.kinds(talk.hear(.unresolved(detail: "no descriptor", cause: .descriptors))) == [.local])
    }

    @Test("each address has its share of the time that is left, and the last one has the rest")
    func shares() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        let end = talk.conversation.deadline
        #expect(end == talk.now.instant + .seconds(2))
        #expect(talk.hear(.resolved(addresses: 3), after: 500) == .connect(address: 0))
        #expect(talk.conversation.deadline == talk.now.instant + .milliseconds(500))
        #expect(talk.expire() == .connect(address: 1))
        #expect(talk.conversation.deadline == talk.now.instant + .milliseconds(500))
        #expect(talk.expire() == .connect(address: 2))
        #expect(talk.conversation.deadline == end)
        #expect(ProbeTalk.words(talk.expire()) == ["no connection within 2s"])
        #expect(talk.conversation.deadline == nil)
    }

    @Test("a turn that was seen to end late is not at the expense of the addresses after it")
    func lateTurn() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 2), after: 0) == .connect(address: 0))
        #expect(talk.expire(late: .seconds(7)) == .connect(address: 1))
        #expect(talk.conversation.deadline == talk.now.instant + .seconds(1))
    }

    @Test("what follows from an event that was seen after the deadline has the timeout anew")
    func makeUp() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1), after: 9000) == .connect(address: 0))
        #expect(talk.conversation.deadline == talk.now.instant + .seconds(2))
        #expect(talk.hear(.connected, after: 8000) == .listen(.zero))
        #expect(talk.conversation.deadline == talk.now.instant + .seconds(2))
    }

    @Test("a deadline that was moved meanwhile does nothing")
    func movedDeadline() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.deadline, after: 1) == .none)
        #expect(talk.conversation.deadline != nil)
    }

    @Test("a reset is the same failure before the first look at the connection, before the question and after it")
    func resetWhileConnecting() {
        let reset = ProbeConversation.Event.ended(detail: "reset the connection")
        for step in 0...2 {
            var talk = ProbeTalk()
            #expect(talk.hear(.start) == .resolve)
            #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
            if step > 0 { #expect(talk.hear(.connected) == .listen(.zero)) }
            if step > 1 { #expect(talk.quiet() == .send(question)) }
            let failure = Failure(.closed, "the HSM reset the connection before it replied")
            #expect(ProbeTalk.outcomes(talk.hear(reset)) == [.failure(failure)])
        }
    }

    @Test("the next address is tried after one that has accepted and ended the connection without a byte of a reply")
    func addressThatResets() {
        let reset = ProbeConversation.Event.ended(detail: "reset the connection")
        for step in 0...2 {
            var talk = ProbeTalk()
            #expect(talk.hear(.start) == .resolve)
            #expect(talk.hear(.resolved(addresses: 2)) == .connect(address: 0))
            if step > 0 { #expect(talk.hear(.connected) == .listen(.zero)) }
            if step > 1 { #expect(talk.quiet() == .send(question)) }
            #expect(talk.hear(reset) == .connect(address: 1))
            #expect(talk.connected() == .send(question))
            #expect(talk.hear("<22") == .none)
            #expect(ProbeTalk.kinds(talk.hear(reset)) == [.closed])
        }
    }

    @Test("what is not the protocol is malformed, and closes the connection")
    func malformed() {
        for text in ["<hello>", "<2223#70#64#0#>", String(repeating: "x", count: FrameDecoder.limit + 1)] {
            var talk = ProbeTalk()
            talk.connect()
            let action = talk.hear(text)
            #expect(ProbeTalk.kinds(action) == [.malformed])
            #expect(!ProbeTalk.keepsConnection(action))
        }
    }

    @Test("a second frame behind the reply does not spoil the reading, but the connection is not trusted again")
    func twoFrames() throws {
        var talk = ProbeTalk()
        talk.connect()
        let action = talk.hear("<2223#50#64#14#>\r\n<2223#1#64#63#>\r\n")
        let reading = try #require(Reading(available: 50, total: 64))
        #expect(ProbeTalk.outcomes(action) == [.reading(reading, reply: "<2223#50#64#14#>")])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("query ports are asked one after the other on the same connection")
    func queryPorts() throws {
        var talk = ProbeTalk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>\r\n") == .send(Request(.port(9011), lineEnding: .lf)))
        #expect(talk.hear("<00#040080#>\r\n") == .listen(.milliseconds(20)))
        let action = talk.quiet()
        guard case .finish(let answers) = action else {
            Issue.record("the probe is not over, or the connection closed")
            return
        }
        #expect(answers.map(\.query) == [.port(9010), .port(9011)])
        #expect(ProbeTalk.kinds(action) == [nil, .hsmError])
    }

    @Test("when the connection fails, every query that has no answer has failed so")
    func queryPortsFail() {
        var talk = ProbeTalk(ports: [9010, 9011, 9012])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>") == .send(Request(.port(9011), lineEnding: .lf)))
        let action = talk.expire()
        #expect(ProbeTalk.kinds(action) == [nil, .noReply, .noReply])
        let details = ProbeTalk.outcomes(action).map { outcome in
            if case .failure(let failure) = outcome { failure.detail } else { "" }
        }
        #expect(details == ["", "no reply within 2s", "not asked: no reply within 2s"])
    }

    @Test("a line ending that comes late is no part of the next reply, and no sign of life of a kept connection")
    func lateLineEnding() {
        var talk = ProbeTalk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<2223#50#64#14#>") == .send(Request(.port(9011), lineEnding: .lf)))
        #expect(talk.hear("\r\n") == .none)
        #expect(ProbeTalk.kinds(talk.expire()) == [nil, .noReply])

        talk = ProbeTalk()
        talk.connect()
        _ = talk.hear("<2223#50#64#14#>")
        #expect(talk.hear(.start) == .send(question))
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.ended(detail: "closed the connection")) == .resolve)
    }

    @Test("an HSM that hangs is left with a reset, any other with an ordinary end")
    func reset() {
        var talk = ProbeTalk()
        talk.connect()
        guard case .finishAndReset = talk.expire() else {
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
        var talk = ProbeTalk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(Request(.port(9010), lineEnding: .lf)))
        let action = talk.hear("<2223#50#64#14#><2223#1#64#63#>")
        #expect(ProbeTalk.kinds(action) == [nil, .malformed])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("a rejected command is asked again only after ten minutes", arguments: ["22", "23"])
    func rejected(code: String) {
        var talk = ProbeTalk()
        talk.connect()
        let action = talk.hear("<00#\(code)0080#>\r\n")
        #expect(ProbeTalk.kinds(action) == [.hsmError])
        #expect(ProbeTalk.keepsConnection(action))
        #expect(talk.hear(.start, after: 5000) == .finish([]))
        #expect(talk.hear(.start, after: 594_999) == .finish([]))
        #expect(talk.hear(.start, after: 1) == .send(question))
    }

    @Test("another error is asked again at the next tick, and one rejected port does not silence the other")
    func otherErrors() {
        var talk = ProbeTalk(ports: [9010, 9011])
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(Request(.port(9010), lineEnding: .lf)))
        #expect(talk.hear("<00#220080#>") == .send(Request(.port(9011), lineEnding: .lf)))
        #expect(talk.hear("<00#290080#>") == .listen(.milliseconds(20)))
        #expect(ProbeTalk.kinds(talk.quiet()) == [.hsmError, .hsmError])
        #expect(talk.hear(.start) == .listen(.zero))
        #expect(talk.quiet() == .send(Request(.port(9011), lineEnding: .lf)))
    }

    @Test("a tick while a probe runs changes nothing")
    func overlapping() {
        var talk = ProbeTalk()
        talk.connect()
        #expect(talk.hear(.start) == .none)
        #expect(ProbeTalk.outcomes(talk.hear("<2223#50#64#14#>")).count == 1)
    }

    @Test("a connection that another process has used is asked when its timeout has passed, and not before")
    func takenUp() {
        var talk = ProbeTalk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.conversation.isIdle)
        #expect(talk.hear(.start, after: 1999) == .finish([]))
        #expect(talk.hear(.start) == .send(question))
        #expect(!talk.conversation.isIdle)
        #expect(ProbeTalk.outcomes(talk.hear("<2223#50#64#14#>\r\n")).count == 1)
        #expect(talk.conversation.isIdle)
    }

    @Test("one late reply to another process is discarded, and the connection is in step again")
    func repliedToAnother() {
        var talk = ProbeTalk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear("\r\n<2223#0#6") == .none)
        #expect(!talk.conversation.isIdle)
        #expect(talk.hear("4#64#>\r\n") == .none)
        #expect(talk.conversation.isIdle)
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.start, after: 2000) == .send(question))
    }

    @Test(
        "anything but one whole reply ends a connection that was taken up, without a word",
        arguments: [
            ["<2223#0#64#64#><2223#0#64#64#>"], ["<2223#0#64#64#>", "<2223#0#64#64#>"], ["#64#64#>\r\n"], ["\r\nx"],
            ["<2223#0#64#64#>x"], ["<" + String(repeating: "0", count: FrameDecoder.limit)],
        ])
    func outOfStep(pieces: [String]) {
        var talk = ProbeTalk(takenUpAt: Instant(nanoseconds: 0))
        #expect(pieces.map { talk.hear($0) }.last == .close)
        #expect(!talk.conversation.isIdle)
        #expect(talk.hear(.start, after: 2000) == .resolve)
    }

    @Test("a connection that was taken up and has half a reply is replaced by another before anything is asked")
    func halfAReply() {
        var talk = ProbeTalk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear("<2223#0#6") == .none)
        #expect(talk.hear(.start, after: 2000) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
    }

    @Test("a connection that was taken up and is found dead is replaced once in the same probe")
    func takenUpDead() {
        var talk = ProbeTalk(takenUpAt: Instant(nanoseconds: 0))
        #expect(talk.hear(.start, after: 2000) == .send(question))
        #expect(talk.hear(.ended(detail: "reset the connection")) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(question))
        #expect(ProbeTalk.kinds(talk.hear(.ended(detail: "closed the connection"))) == [.closed])
    }
}

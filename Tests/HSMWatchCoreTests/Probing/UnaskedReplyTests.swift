// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// An HSM that sends unasked replies, as a conversation in virtual time.
@Suite("Unasked reply")
struct UnaskedReplyTests {
    private static let reply = "<2223#10#64#54#>\r\n"
    private static let otherReply = "<2223#20#64#44#>\r\n"
    private static let told = "unasked reply: <2223#10#64#54#>\\r\\n"

    private static let first = ProbeTalk.question(9010)
    private static let second = ProbeTalk.question(9011)

    /// A talk after a first probe without a fault.
    private static func settled(ports: [UInt16] = [9010, 9011]) -> ProbeTalk {
        var talk = ProbeTalk(ports: ports)
        talk.connect(asking: ports.isEmpty ? ProbeTalk.question : first)
        if !ports.isEmpty {
            #expect(talk.hear(reply) == .send(second))
            #expect(talk.hear(otherReply) == .listen(.milliseconds(20)))
            #expect(ProbeTalk.words(talk.quiet()) == ["10", "20"])
        } else {
            #expect(ProbeTalk.words(talk.hear(reply)) == ["10"])
        }
        return talk
    }

    /// A talk that has just reported unasked bytes, and has no connection.
    private static func cautious(ports: [UInt16] = [9010, 9011]) -> ProbeTalk {
        var talk = settled(ports: ports)
        #expect(talk.hear(reply) == .close)
        #expect(ProbeTalk.words(talk.hear(.start)) == Array(repeating: told, count: max(1, ports.count)))
        return talk
    }

    // MARK: Query ports

    @Test("a second frame in the same read makes every later answer malformed, and closes the connection")
    func sameRead() {
        var talk = ProbeTalk(ports: [9010, 9011])
        talk.connect(asking: Self.first)
        let action = talk.hear(Self.reply + Self.reply)
        #expect(ProbeTalk.words(action) == ["10", Self.told])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("a double that comes after the next question is not believed: the true answer comes while nothing is asked")
    func afterNextQuestion() {
        var talk = Self.settled()
        #expect(talk.hear(.start) == .listen(.zero))
        #expect(talk.quiet() == .send(Self.first))
        #expect(talk.hear(Self.reply) == .send(Self.second))
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        let action = talk.hear(Self.otherReply)
        #expect(ProbeTalk.words(action) == ["10", "unasked reply: <2223#20#64#44#>\\r\\n"])
        #expect(ProbeTalk.kinds(action) == [nil, .malformed])
        #expect(!ProbeTalk.keepsConnection(action))
        #expect(talk.hear(.quiet) == .none)
    }

    @Test("the answers are held for as long as the first one took, if that is longer")
    func slowHSM() {
        var talk = Self.settled()
        #expect(talk.hear(.start) == .listen(.zero))
        #expect(talk.quiet() == .send(Self.first))
        #expect(talk.hear(.received(Array(Self.reply.utf8)), after: 300) == .send(Self.second))
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(300)))
        #expect(talk.hear(.quiet, after: 299) == .none)
        let answers = ProbeTalk.answers(talk.hear(.quiet))
        // What is held keeps the time at which it came.
        #expect(answers.map(\.observation.latency) == [.milliseconds(300), .milliseconds(1)])
        #expect(answers.last.map { talk.now.instant - $0.observation.instant } == .milliseconds(300))
    }

    @Test("the deadline ends the wait, and the answers that came in time count")
    func heldUntilDeadline() {
        var talk = Self.settled()
        _ = talk.hear(.start)
        _ = talk.quiet()
        #expect(talk.hear(Self.reply) == .send(Self.second))
        #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
        let action = talk.expire()
        #expect(ProbeTalk.words(action) == ["10", "20"])
        #expect(ProbeTalk.keepsConnection(action))
    }

    @Test("an HSM that closes the connection after its last answer can say nothing more: the answers count")
    func endAfterAnswers() {
        var talk = Self.settled()
        _ = talk.hear(.start)
        _ = talk.quiet()
        #expect(talk.hear(Self.reply) == .send(Self.second))
        #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
        let action = talk.hear(.ended(detail: "closed the connection"))
        #expect(ProbeTalk.words(action) == ["10", "20"])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("line endings between frames are fine, before the question, after a reply and while idle")
    func lineEndings() {
        var talk = Self.settled()
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.start) == .listen(.zero))
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear(.quiet) == .send(Self.first))
        #expect(talk.hear("<2223#10#64#54#>") == .send(Self.second))
        #expect(talk.hear("\r\n") == .none)
        #expect(talk.hear("<2223#20#64#44#>") == .listen(.milliseconds(20)))
        #expect(talk.hear("\r\n") == .none)
        #expect(ProbeTalk.words(talk.quiet()) == ["10", "20"])
    }

    // MARK: Line endings without end

    /// Bytes of line endings that are too many, in reads of 1,000.
    private static let flood = Array(repeating: Array(repeating: UInt8(ascii: "\n"), count: 1000), count: 9)

    @Test("line endings without end end an idle connection, and are reported once", arguments: [[], [9010, 9011]])
    func idleFlood(ports: [UInt16]) {
        var talk = Self.settled(ports: ports)
        let actions = Self.flood.map { talk.hear(.received($0)) }
        #expect(actions == Array(repeating: .none, count: 8) + [.close])
        let told = "unasked reply: more than 8192 bytes of line endings"
        #expect(ProbeTalk.words(talk.hear(.start)) == Array(repeating: told, count: max(1, ports.count)))
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("a few line endings after each reply never add up")
    func fewEach() {
        var talk = Self.settled(ports: [])
        for _ in 1...20 {
            #expect(talk.hear(.received(Self.flood[0])) == .none)
            #expect(talk.hear(.start) == .send(ProbeTalk.question))
            #expect(ProbeTalk.words(talk.hear(Self.reply)) == ["10"])
        }
    }

    @Test("line endings without end before a question end the probe")
    func floodBeforeQuestion() {
        var talk = Self.settled()
        #expect(talk.hear(.start) == .listen(.zero))
        let actions = Self.flood.map { talk.hear(.received($0)) }
        #expect(actions.dropLast() == Array(repeating: .none, count: 8)[...])
        #expect(ProbeTalk.kinds(actions[8]) == [.malformed, .malformed])
        #expect(!ProbeTalk.keepsConnection(actions[8]))
    }

    @Test("line endings without end after the last reply end the connection, and make the later answers doubtful")
    func floodAfterReply() {
        var talk = Self.settled()
        _ = talk.hear(.start)
        _ = talk.quiet()
        #expect(talk.hear(Self.reply) == .send(Self.second))
        #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
        let actions = Self.flood.map { talk.hear(.received($0)) }
        #expect(actions.dropLast() == Array(repeating: .none, count: 8)[...])
        #expect(ProbeTalk.kinds(actions[8]) == [nil, .malformed])
        #expect(!ProbeTalk.keepsConnection(actions[8]))
    }

    @Test("a rejection that may be for another port rejects none")
    func doubtfulRejection() {
        var talk = Self.settled()
        _ = talk.hear(.start)
        _ = talk.quiet()
        #expect(talk.hear("<00#220080#>") == .send(Self.second))
        #expect(talk.hear("<00#220080#>") == .listen(.milliseconds(20)))
        #expect(ProbeTalk.kinds(talk.hear(Self.otherReply)) == [.hsmError, .malformed])
        talk.connect(asking: Self.second)
    }

    // MARK: Before the first question

    @Test(
        "a frame on a new connection answers no question: the probe is malformed and asks nothing", arguments: [0, 2])
    func beforeFirstQuestion(ports: Int) {
        var talk = ProbeTalk(ports: [9010, 9011].prefix(ports).map { $0 })
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.hear(.connected) == .listen(ports == 0 ? .zero : .milliseconds(20)))
        let action = talk.hear(Self.reply)
        #expect(ProbeTalk.words(action) == Array(repeating: Self.told, count: max(1, ports)))
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("a kept connection with query ports is looked at before the first question")
    func beforeQuestionOnKept() {
        var talk = Self.settled()
        #expect(talk.hear(.start) == .listen(.zero))
        #expect(ProbeTalk.words(talk.hear(Self.reply)) == [Self.told, Self.told])
    }

    @Test("without query ports a kept connection is asked at once")
    func goodPath() {
        var talk = Self.settled(ports: [])
        #expect(talk.hear(.start) == .send(ProbeTalk.question))
        let action = talk.hear(Self.reply)
        #expect(ProbeTalk.words(action) == ["10"])
        #expect(ProbeTalk.keepsConnection(action))
    }

    @Test("a tenth of the timeout is the longest time to listen before a question")
    func shortTimeout() {
        var talk = ProbeTalk(ports: [9010, 9011], timeout: .milliseconds(100))
        _ = talk.hear(.start)
        _ = talk.hear(.resolved(addresses: 1))
        #expect(talk.hear(.connected) == .listen(.milliseconds(10)))
        #expect(
            ProbeTalk.words(talk.expire())
                == ["connected too late to get a reply within 100ms", "connected too late to get a reply within 100ms"])
    }

    // MARK: Reported once

    @Test("bytes on an idle connection close it, and the next probe reports them with the time when they came")
    func idle() {
        var talk = Self.settled(ports: [])
        #expect(talk.hear(Self.reply) == .close)
        let came = talk.now
        let answers = ProbeTalk.answers(talk.hear(.start, after: 5000))
        #expect(answers.map(\.observation.outcome) == [.failure(Failure(.malformed, Self.told))])
        #expect(answers.map(\.observation.timestamp) == [came.timestamp])
        #expect(answers.map(\.observation.instant) == [came.instant])
        #expect(talk.hear(.start) == .resolve)
    }

    @Test("of at most 60 characters the detail shows the first bytes, escaped")
    func excerpt() {
        var talk = Self.settled(ports: [])
        #expect(talk.hear("\r\n\u{1B}" + String(repeating: "x", count: 100)) == .close)
        let detail = ProbeTalk.words(talk.hear(.start))
        #expect(detail == ["unasked reply: \\x1B" + String(repeating: "x", count: 53) + "..."])
    }

    @Test("an HSM without query ports that doubles every reply is reported once, and read in every other probe")
    func doubledForEver() {
        var talk = ProbeTalk()
        talk.connect()
        #expect(ProbeTalk.words(talk.hear(Self.reply + Self.reply)) == ["10"])
        #expect(ProbeTalk.words(talk.hear(.start, after: 5000)) == [Self.told])
        talk.connect()
        for number in 1...1000 {
            #expect(talk.hear(Self.reply + Self.reply) == .listen(.milliseconds(20)))
            let action = talk.quiet()
            #expect(ProbeTalk.words(action) == ["10"], "probe \(number)")
            #expect(ProbeTalk.keepsConnection(action))
            #expect(talk.hear(.start, after: 5000) == .listen(.zero))
            #expect(talk.quiet() == .send(ProbeTalk.question))
        }
    }

    @Test("an HSM with query ports that doubles every reply is reported once, and then every port has its own answer")
    func doubledWithPorts() {
        var talk = ProbeTalk(ports: [9010, 9011])
        talk.connect(asking: Self.first)
        #expect(ProbeTalk.words(talk.hear(Self.reply + Self.reply)) == ["10", Self.told])
        talk.connect(asking: Self.first)
        for _ in 1...3 {
            // One double comes with the reply, the other after it.
            #expect(talk.hear(Self.reply + Self.reply) == .listen(.milliseconds(20)))
            #expect(talk.quiet() == .send(Self.second))
            #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
            #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
            #expect(ProbeTalk.words(talk.quiet()) == ["10", "20"])
            #expect(talk.hear(.start, after: 5000) == .listen(.zero))
            #expect(talk.quiet() == .send(Self.first))
        }
    }

    @Test("an HSM that replies on accept is reported once, and then asked when it is quiet")
    func early() {
        var talk = Self.cautious()
        for _ in 1...3 {
            #expect(talk.hear(.start) == .resolve)
            #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
            #expect(talk.hear(.connected) == .listen(.milliseconds(20)))
            #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
            #expect(talk.quiet() == .send(Self.first))
            #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
            #expect(talk.quiet() == .send(Self.second))
            #expect(talk.hear(Self.otherReply) == .listen(.milliseconds(20)))
            #expect(ProbeTalk.words(talk.quiet()) == ["10", "20"])
            #expect(talk.hear(.ended(detail: "closed the connection")) == .close)
        }
    }

    @Test("during the caution, another frame than the reply makes that answer malformed, and no earlier one")
    func otherFrame() {
        var talk = Self.cautious()
        talk.connect(asking: Self.first)
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        #expect(talk.quiet() == .send(Self.second))
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        let action = talk.hear(Self.otherReply)
        #expect(ProbeTalk.kinds(action) == [nil, .malformed])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("during the caution, half a frame is neither ignored nor a repetition", arguments: [true, false])
    func halfAFrame(isBeforeQuestion: Bool) {
        var talk = Self.cautious(ports: [])
        if isBeforeQuestion {
            _ = talk.hear(.start)
            _ = talk.hear(.resolved(addresses: 1))
            _ = talk.hear(.connected)
        } else {
            talk.connect()
            #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        }
        #expect(talk.hear("<2223#1") == .listen(.milliseconds(20)))
        let action = talk.quiet()
        #expect(ProbeTalk.words(action) == ["unasked reply: <2223#1"])
        #expect(!ProbeTalk.keepsConnection(action))
    }

    @Test("during the caution, bytes outside a frame answer nothing, and are bounded", arguments: [true, false])
    func noise(isBeforeQuestion: Bool) {
        var talk = Self.cautious(ports: [])
        if isBeforeQuestion {
            _ = talk.hear(.start)
            _ = talk.hear(.resolved(addresses: 1))
            _ = talk.hear(.connected)
        } else {
            talk.connect()
            #expect(talk.hear("<2223#10#64#54#>") == .listen(.milliseconds(20)))
        }
        let half = String(repeating: "x", count: FrameDecoder.limit / 2)
        #expect(talk.hear(half) == .listen(.milliseconds(20)))
        #expect(talk.hear(half) == .listen(.milliseconds(20)))
        #expect(ProbeTalk.kinds(talk.hear("x")) == [.malformed])
    }

    @Test("the deadline ends repetitions without an end", arguments: [true, false])
    func endlessRepetition(isWhole: Bool) {
        var talk = Self.cautious(ports: [])
        talk.connect()
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        for _ in 1...1000 { #expect(talk.hear(Self.reply) == .listen(.milliseconds(20))) }
        if !isWhole { #expect(talk.hear("<222") == .listen(.milliseconds(20))) }
        #expect(ProbeTalk.kinds(talk.expire()) == [isWhole ? nil : .malformed])
    }

    @Test("ten minutes without unasked bytes end the caution, and what comes later is reported again")
    func toldAgain() {
        var talk = Self.cautious(ports: [])
        talk.connect()
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        #expect(ProbeTalk.words(talk.quiet()) == ["10"])
        // During the caution bytes on an idle connection close it, and are not reported again.
        #expect(talk.hear(Self.reply) == .close)
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))
        #expect(talk.connected() == .send(ProbeTalk.question))
        #expect(talk.hear(Self.reply) == .listen(.milliseconds(20)))
        #expect(ProbeTalk.words(talk.quiet()) == ["10"])

        let caution = UnaskedReply.caution.wholeMilliseconds
        #expect(talk.hear(.start, after: caution) == .send(ProbeTalk.question))
        #expect(ProbeTalk.words(talk.hear(Self.reply)) == ["10"])
        #expect(talk.hear(Self.reply) == .close)
        #expect(ProbeTalk.words(talk.hear(.start)) == [Self.told])
    }
}

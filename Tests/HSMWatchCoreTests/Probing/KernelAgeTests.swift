// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import HSMWatchCore

/// Replies and deadlines that a paused process saw late, as a conversation in virtual time.
@Suite("Kernel age")
struct KernelAgeTests {
    private static let reply = Array("<2223#50#64#14#>\r\n".utf8)

    /// The observation of a reply that was read so long after the question, with an age.
    private static func observation(readAfter delay: Int64, age: Int64) -> (Observation?, asked: Moment) {
        var talk = ProbeTalk()
        talk.connect()
        let asked = talk.now
        let action = talk.hear(.received(reply, age: .milliseconds(age)), after: delay)
        return (ProbeTalk.answers(action).first?.observation, asked)
    }

    @Test(
        "a reply that waited in the kernel is dated when it came, on both clocks",
        arguments: [
            // read after, age, dated after the question
            (8011, 7711, 300), (300, 0, 300), (300, 20, 300), (300, 21, 279), (60, 60, 0), (60, 80, 0),
        ] as [(Int64, Int64, Int64)])
    func dated(delay: Int64, age: Int64, expected: Int64) {
        let (observation, asked) = Self.observation(readAfter: delay, age: age)
        #expect(observation?.outcome.isFailure == false)
        #expect(observation?.latency == .milliseconds(expected))
        #expect(observation.map { $0.instant - asked.instant } == .milliseconds(expected))
        #expect(observation?.timestamp.milliseconds == asked.timestamp.milliseconds + expected)
    }

    @Test("bytes that the kernel had before the question answer nothing")
    func beforeQuestion() {
        let (observation, _) = Self.observation(readAfter: 60, age: 81)
        #expect(
            observation?.outcome == .failure(Failure(.malformed, "unasked reply: <2223#50#64#14#>")))
    }

    @Test("of a reply in several pieces the age of the last piece counts")
    func pieces() {
        var talk = ProbeTalk()
        talk.connect()
        #expect(talk.hear(.received(Array(Self.reply.prefix(5)), age: .seconds(3)), after: 5000) == .none)
        let action = talk.hear(.received(Array(Self.reply.dropFirst(5)), age: .seconds(1)), after: 0)
        #expect(ProbeTalk.answers(action).map(\.observation.latency) == [.seconds(4)])
    }

    @Test("the kernel is asked only for a question that is open, and only after 50 ms")
    func worthAsking() {
        var talk = ProbeTalk()
        #expect(!talk.conversation.isAgeWorthAsking(at: talk.now.instant + .seconds(1)))
        talk.connect()
        #expect(!talk.conversation.isAgeWorthAsking(at: talk.now.instant + .milliseconds(49)))
        #expect(talk.conversation.isAgeWorthAsking(at: talk.now.instant + .milliseconds(50)))
    }

    @Test("the next question counts from when it is asked, not from when the reply before came")
    func nextQuestion() {
        var talk = ProbeTalk(ports: [9010, 9011])
        talk.connect(asking: ProbeTalk.question(9010))
        #expect(
            talk.hear(.received(Self.reply, age: .seconds(7)), after: 8000) == .send(ProbeTalk.question(9011)))
        #expect(talk.hear(.received(Self.reply), after: 5) == .listen(.seconds(1)))
        let answers = ProbeTalk.answers(talk.quiet())
        #expect(answers.map(\.observation.latency) == [.seconds(1), .milliseconds(5)])
    }

    @Test("a failure at a deadline is dated when the deadline passed, and took no longer")
    func lateDeadline() {
        var talk = ProbeTalk()
        talk.connect()
        // The probe began two steps before the question.
        let began = talk.now.earlier(by: .milliseconds(2))
        let action = talk.expire(late: .seconds(6))
        let observation = ProbeTalk.answers(action).first?.observation
        #expect(observation?.outcome == .failure(Failure(.noReply, "no reply within 2s")))
        #expect(observation?.instant == began.instant + .seconds(2))
        #expect(observation?.timestamp.milliseconds == began.timestamp.milliseconds + 2000)
        #expect(observation?.latency == .seconds(2))
    }

    @Test("a resolver that stood still with the process gets the lost time again, once")
    func resolver() {
        var talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.expire(late: .seconds(6)) == .none)
        #expect(talk.hear(.resolved(addresses: 1)) == .connect(address: 0))

        talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(talk.expire(late: .seconds(6)) == .none)
        #expect(ProbeTalk.kinds(talk.expire(late: .seconds(6))) == [.dns])

        talk = ProbeTalk()
        #expect(talk.hear(.start) == .resolve)
        #expect(ProbeTalk.kinds(talk.expire(late: .milliseconds(20))) == [.dns])
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Probe trace")
struct ProbeTraceTests {
    private static let addresses = [
        HostPort(host: "2001:db8::7", port: 9010), HostPort(host: "10.10.5.6", port: 9010),
    ]
    private static let question = Request(.everything, lineEnding: .lf)

    /// A conversation that is traced, one millisecond from event to event.
    private struct Talk {
        var conversation: ProbeConversation
        var trace = ProbeTrace(of: ProbeTraceTests.addresses[1])
        var milliseconds: Int64 = 1000
        /// Whether something may come while the conversation listens.
        var listens = false

        init(ports: [UInt16] = []) {
            conversation = ProbeConversation(
                hsm: HSMConfiguration(name: "khi-1", address: ProbeTraceTests.addresses[1], queryPorts: ports))
            trace.addresses = ProbeTraceTests.addresses
        }

        mutating func hear(_ events: ProbeConversation.Event...) {
            for event in events {
                milliseconds += event == .quiet ? 0 : 1
                let deadline = conversation.deadline
                if event == .deadline, let deadline {
                    milliseconds = max(milliseconds, deadline.nanoseconds / 1_000_000)
                }
                let now = Moment(
                    instant: Instant(nanoseconds: milliseconds * 1_000_000),
                    timestamp: Timestamp(milliseconds: milliseconds))
                let action = conversation.handle(event, at: now)
                trace.note(event, action, at: now.instant, deadline: deadline)
                guard case .listen(let time) = action, !listens else { continue }
                milliseconds += time.wholeMilliseconds
                hear(.quiet)
            }
        }

        var phases: [ProbePhase] { trace.phases }
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func received(_ text: String) -> ProbePhase.Received {
        var received = ProbePhase.Received()
        received.append(bytes(text))
        return received
    }

    private static func phase(_ kind: ProbePhase.Kind, at milliseconds: Int) -> ProbePhase {
        ProbePhase(kind, at: .milliseconds(milliseconds))
    }

    @Test("a probe is resolved, connected, asked and answered, each at its time since the start")
    func healthy() {
        var talk = Talk()
        talk.hear(
            .start, .resolved(addresses: 1), .connected, .received(Self.bytes("<2223#50#")),
            .received(Self.bytes("64#14#>\r\n")))
        #expect(
            talk.phases == [
                Self.phase(.resolved(Self.addresses), at: 1), Self.phase(.connected(Self.addresses[0]), at: 2),
                Self.phase(.asked(Self.question), at: 2),
                Self.phase(.answered(Self.received("<2223#50#64#14#>\r\n")), at: 4),
            ])
    }

    @Test("an address that does not answer is told before the one that does")
    func secondAddress() {
        var talk = Talk()
        let refused = Failure(.refused, "connection refused")
        talk.hear(.start, .resolved(addresses: 2), .notConnected(refused), .connected)
        #expect(
            talk.phases.dropFirst() == [
                Self.phase(.notConnected(Self.addresses[0], refused), at: 2),
                Self.phase(.connected(Self.addresses[1]), at: 3), Self.phase(.asked(Self.question), at: 3),
            ])
    }

    @Test("a kept connection begins with the question; one that is found dead shows its end and the new one")
    func kept() {
        var talk = Talk()
        talk.hear(.start, .resolved(addresses: 1), .connected, .received(Self.bytes("<2223#50#64#14#>")))
        talk.hear(.received(Self.bytes("\r\n")))
        talk.hear(.start, .ended(detail: "reset the connection"), .resolved(addresses: 1), .connected)
        #expect(
            talk.phases == [
                Self.phase(.asked(Self.question), at: 0),
                Self.phase(.ended(detail: "reset the connection"), at: 1),
                Self.phase(.resolved(Self.addresses), at: 2), Self.phase(.connected(Self.addresses[0]), at: 3),
                Self.phase(.asked(Self.question), at: 3),
            ])
    }

    @Test("each query port is asked and answered in its turn")
    func ports() {
        var talk = Talk(ports: [9010, 1500])
        talk.hear(.start, .resolved(addresses: 1), .connected)
        talk.hear(.received(Self.bytes("<2223#50#64#14#>")), .received(Self.bytes("<2223#40#64#24#>")))
        #expect(
            talk.phases.dropFirst(2) == [
                Self.phase(.asked(Request(.port(9010), lineEnding: .lf)), at: 22),
                Self.phase(.answered(Self.received("<2223#50#64#14#>")), at: 23),
                Self.phase(.asked(Request(.port(1500), lineEnding: .lf)), at: 23),
                Self.phase(.answered(Self.received("<2223#40#64#24#>")), at: 24),
            ])
    }

    @Test("what came of a reply that never was is told before how it ended")
    func incomplete() {
        var talk = Talk()
        talk.hear(.start, .resolved(addresses: 1), .connected, .received(Self.bytes("<22")), .deadline)
        #expect(
            talk.phases.suffix(2) == [
                Self.phase(.received(Self.received("<22")), at: 3), Self.phase(.expired, at: 2000),
            ])
    }

    @Test("bytes that came while nothing was asked are received, not answered")
    func unasked() {
        var talk = Talk(ports: [9010, 1500])
        talk.listens = true
        talk.hear(.start, .resolved(addresses: 1), .connected, .received(Self.bytes("<2223#50#64#14#>")))
        #expect(talk.phases.last == Self.phase(.received(Self.received("<2223#50#64#14#>")), at: 3))
    }

    @Test("an answer that waited in the kernel stands at the time when it came, and never before the question")
    func aged() {
        let reply = Self.bytes("<2223#50#64#14#>")
        for (age, time) in [(90, 12), (0, 102), (110, 2)] {
            var talk = Talk()
            talk.hear(.start, .resolved(addresses: 1), .connected)
            talk.milliseconds += 99
            talk.hear(.received(reply, age: .milliseconds(age)))
            #expect(talk.phases.last?.time == .milliseconds(time), "\(age) ms")
        }
    }

    @Test("a deadline that passed long ago stands at its time")
    func lateDeadline() {
        var talk = Talk()
        talk.hear(.start, .resolved(addresses: 1), .connected)
        talk.milliseconds += 5000
        talk.hear(.deadline)
        #expect(talk.phases.last == Self.phase(.expired, at: 2000))
    }

    @Test("a name without an address is one phase")
    func unresolved() {
        var talk = Talk()
        talk.hear(.start, .unresolved(detail: "no such name"))
        #expect(talk.phases == [Self.phase(.unresolved(detail: "no such name"), at: 1)])
    }

    @Test("late events, and those while no probe runs, leave no trace")
    func late() {
        var talk = Talk()
        talk.hear(.connected, .received(Self.bytes("<2223#1#2#>")), .ended(detail: "closed the connection"))
        #expect(talk.phases.isEmpty)
        talk.hear(.start, .resolved(addresses: 1), .deadline)
        talk.hear(.connected, .deadline, .notConnected(Failure(.timeout, "")), .received([0]))
        #expect(talk.phases.count == 2)
        #expect(talk.phases.last?.kind == .expired)
    }

    @Test("of a reply without an end the beginning is kept, and all of it counted")
    func endless() {
        var talk = Talk()
        talk.hear(.start, .resolved(addresses: 1), .connected)
        for _ in 0..<40 {
            talk.hear(.received(Array(repeating: UInt8(ascii: "9"), count: 256)))
        }
        guard case .answered(let received)? = talk.phases.last?.kind else {
            Issue.record("\(talk.phases)")
            return
        }
        #expect(received.beginning.count == ProbePhase.Received.limit)
        // The read in which the limit is passed is the last that counts.
        #expect(received.count == FrameDecoder.limit + 256)
    }
}

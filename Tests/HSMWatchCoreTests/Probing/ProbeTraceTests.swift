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
        var trace = ProbeTrace()
        var milliseconds: Int64 = 1000

        init(ports: [UInt16] = []) {
            conversation = ProbeConversation(
                hsm: HSMConfiguration(name: "khi-1", address: ProbeTraceTests.addresses[1], queryPorts: ports))
            trace.addresses = ProbeTraceTests.addresses
        }

        mutating func hear(_ events: ProbeConversation.Event...) {
            for event in events {
                milliseconds += 1
                let now = Moment(
                    instant: Instant(nanoseconds: milliseconds * 1_000_000),
                    timestamp: Timestamp(milliseconds: milliseconds))
                let action = conversation.handle(event, at: now)
                trace.note(event, action, at: now.instant)
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
                Self.phase(.asked(Request(.port(9010), lineEnding: .lf)), at: 2),
                Self.phase(.answered(Self.received("<2223#50#64#14#>")), at: 3),
                Self.phase(.asked(Request(.port(1500), lineEnding: .lf)), at: 3),
                Self.phase(.answered(Self.received("<2223#40#64#24#>")), at: 4),
            ])
    }

    @Test("what came of a reply that never was is told before how it ended")
    func incomplete() {
        var talk = Talk()
        talk.hear(.start, .resolved(addresses: 1), .connected, .received(Self.bytes("<22")), .deadline)
        #expect(
            talk.phases.suffix(2) == [
                Self.phase(.received(Self.received("<22")), at: 3), Self.phase(.expired, at: 4),
            ])
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

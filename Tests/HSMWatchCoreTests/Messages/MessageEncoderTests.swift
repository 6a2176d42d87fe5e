// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Message encoder")
struct MessageEncoderTests {
    @Test(
        "the share of consumed sockets has one decimal, rounded half up",
        arguments: [
            (available: 64, total: 64, percent: "0.0"), (0, 64, "100.0"), (12, 64, "81.3"), (1, 3, "66.7"),
            (2, 3, "33.3"), (1999, 2000, "0.1"), (1_999, 2_001, "0.1"), (2001, 2002, "0.0"),
            (0, 9_999_999_999, "100.0"), (1, 9_999_999_999, "100.0"), (9_999_999_998, 9_999_999_999, "0.0"),
        ])
    func percent(available: Int, total: Int, percent: String) throws {
        let fields = try Self.fields(.reading(available, of: total))
        #expect(fields["_sockets_consumed_percent"] == .decimal(percent))
        #expect(fields["_sockets_available"] == .integer(available))
        #expect(fields["_sockets_total"] == .integer(total))
        #expect(fields["_sockets_consumed"] == .integer(total - available))
    }

    @Test(
        "the latency is in milliseconds with three decimals",
        arguments: [
            (Duration.zero, "0.000"), (.nanoseconds(999), "0.000"), (.microseconds(1), "0.001"),
            (.microseconds(421), "0.421"), (.milliseconds(1), "1.000"), (.microseconds(10_020), "10.020"),
            (.seconds(86_400), "86400000.000"),
        ])
    func latency(_ latency: Duration, text: String) throws {
        #expect(try Self.fields(.reading(1, of: 2, latency: latency))["_latency_ms"] == .decimal(text))
    }

    @Test(
        "the timestamp is in seconds with three decimals, before 1970, too",
        arguments: [
            (Int64(0), "0.000"), (1, "0.001"), (1_785_432_180_123, "1785432180.123"),
            (1_785_432_180_000, "1785432180.000"), (-1, "-0.001"), (-500, "-0.500"), (-1500, "-1.500"),
            (.max, "9223372036854775.807"), (.min, "-9223372036854775.808"),
        ])
    func timestamp(_ milliseconds: Int64, text: String) throws {
        let event = Event(
            timestamp: Timestamp(milliseconds: milliseconds), content: .service(.stopping(waiting: 0)))
        let message = MessageEncoder(source: "m").encode(event)
        #expect(message.timestamp == event.timestamp)
        #expect(message.kind == .service)
        #expect(try MessageFields(message.numbered(instance: "i", sequence: 1))["timestamp"] == .decimal(text))
    }

    @Test(
        "the level of a reading is that of the state, or its own while a recovery is not confirmed",
        arguments: [
            (HSMState.ok, 200, 6), (.ok, 0, 6), (.warning, 200, 4), (.critical, 200, 2), (.unreachable, 200, 6),
            (.unreachable, 99, 4), (.unknown, 49, 2), (.unknown, 50, 4),
        ])
    func readingLevel(_ state: HSMState, available: Int, level: Int) throws {
        #expect(try Self.fields(.reading(available, of: 256, state: state))["level"] == .integer(level))
    }

    @Test(
        "the level of a change is that of the state it leads to",
        arguments: [(HSMState.ok, 5), (.warning, 4), (.critical, 2), (.unreachable, 2), (.unknown, 3)])
    func changeLevel(_ state: HSMState, level: Int) throws {
        let fields = try Self.fields(
            .stateChange(
                Sample.subject, Transition(from: .unknown, to: state, lasted: .zero), .failure(Sample.refused),
                AppliedThresholds(warning: nil, critical: nil)))
        #expect(fields["level"] == .integer(level))
        #expect(fields["_state"] == .string(state.rawValue))
    }

    @Test("the reply is cut after 200 characters, and what is not printable ASCII is a dot")
    func reply() throws {
        let short = try Self.fields(.reading(1, of: 2, reply: "<2223#\t1#\u{0}2é#~\u{7F}>"))
        #expect(short["_reply"] == .string("<2223#.1#.2..#~.>"))
        let long = try Self.fields(.reading(1, of: 2, reply: String(repeating: "#", count: 8192)))
        #expect(long["_reply"] == .string(String(repeating: "#", count: MessageEncoder.longestReply)))
        #expect(MessageEncoder.longestReply == 200)
    }

    @Test("what is not known or not asked has no field")
    func absentFields() throws {
        let fields = try Self.fields(
            .stateChange(
                Sample.subject, Transition(from: .ok, to: .unknown, lasted: .zero), .failure(Sample.refused),
                AppliedThresholds(warning: nil, critical: nil)))
        for name in ["_threshold_warning", "_threshold_critical", "_sockets_available", "_query_port"] {
            #expect(fields[name] == nil)
        }
    }

    @Test("the identity comes last", arguments: [(1, Int.max), (0, 0)])
    func identity(first: Int, second: Int) throws {
        let message = MessageEncoder(source: "m").encode(Sample.all[0].event)
        for sequence in [first, second] {
            let fields = try MessageFields(message.numbered(instance: Sample.instance, sequence: sequence))
            #expect(fields.names.suffix(2) == ["_instance", "_sequence"])
            #expect(fields["_instance"] == .string(Sample.instance))
            #expect(fields["_sequence"] == .integer(sequence))
        }
    }

    private static func fields(_ content: Event.Content) throws -> MessageFields {
        try MessageFields(Sample("", content).message)
    }
}

extension Event.Content {
    fileprivate static func reading(
        _ available: Int, of total: Int, reply: String = "<2223#1#2#>", latency: Duration = .zero, state: HSMState = .ok
    ) -> Event.Content {
        let assessment = Assessment(
            state: state, transition: nil, thresholds: AppliedThresholds(warning: 100, critical: 50), misconfigured: [])
        return .reading(
            Sample.subject, Reading(available, of: total), reply: reply, latency: latency, assessment)
    }
}

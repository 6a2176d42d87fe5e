// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Sentences")
struct SentenceTests {
    /// A forecast in seconds, and how it is told.
    struct Rest {
        let forecast: Forecast?
        let words: String

        init(_ critical: Int?, _ exhaustion: Int?, _ words: String) {
            forecast = Forecast(
                untilCritical: critical.map { .seconds($0) }, untilExhaustion: exhaustion.map { .seconds($0) })
            self.words = words
        }
    }

    @Test(
        "how long a state lasted is told in its two largest units",
        arguments: [
            (0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"),
            (7380, "2 h 3 min"), (86_399, "23 h 59 min"), (86_400, "1 d 0 h"), (8_640_000, "100 d 0 h"),
        ])
    func durations(seconds: Int, words: String) {
        let content = Event.Content.stateChange(
            Sample.subject, Transition(from: .unreachable, to: .ok, lasted: .seconds(seconds)),
            .reading(Reading(200, of: 256), reply: ""), AppliedThresholds(warning: nil, critical: 50))
        #expect(
            Sample("", content).event.sentence
                == "HSM khi-1 at 10.10.5.6:9010 is ok: 200 of 256 sockets available (was unreachable for \(words))")
    }

    @Test(
        "a change for the worse tells how long the sockets last, without seconds from a minute on",
        arguments: [
            Rest(12, 59, ", at this rate below critical (50) in 12 s, none left in 59 s"),
            Rest(60, 3599, ", at this rate below critical (50) in 1 min, none left in 59 min"),
            Rest(3600, 86_400, ", at this rate below critical (50) in 1 h 0 min, none left in 1 d 0 h"),
            Rest(nil, 432, ", at this rate none left in 7 min"),
            Rest(432, nil, ", at this rate below critical (50) in 7 min"),
        ])
    func forecasts(_ rest: Rest) {
        func sentence(_ state: HSMState, _ reason: Transition.Reason) -> String {
            let content = Event.Content.stateChange(
                Sample.subject, Transition(from: .unknown, to: state, lasted: .zero, reason: reason),
                .reading(Reading(60, of: 256), reply: ""), AppliedThresholds(warning: nil, critical: 50),
                forecast: rest.forecast)
            return Sample("", content).event.sentence
        }
        let told = "60 of 256 sockets available"
        let start = "HSM khi-1 at 10.10.5.6:9010 is "
        let end = " (was unknown for 0 s)"
        #expect(sentence(.warning, .foreseen) == start + "warning by forecast: \(told)\(rest.words)\(end)")
        #expect(sentence(.critical, .observed) == start + "critical: \(told)\(rest.words)\(end)")
        #expect(sentence(.ok, .observed) == start + "ok: \(told)\(end)")
    }

    @Test("a failure without a detail is named by its kind", arguments: Failure.Kind.allCases)
    func failureWithoutDetail(_ kind: Failure.Kind) {
        let assessment = Assessment(
            state: .unknown, transition: nil, thresholds: AppliedThresholds(warning: nil, critical: 50),
            misconfigured: [])
        let event = Sample("", .probeFailure(Sample.askedSubject, Failure(kind, ""), assessment)).event
        #expect(
            event.sentence
                == "No reading from HSM khi-2 at [2001:db8::7]:9011 (port 9010 asked): \(kind.rawValue)")
    }

    @Test("a reminder says what the state is, how long it lasts, and what the last probe says when it differs")
    func reminders() {
        func sentence(
            _ state: HSMState, _ outcome: Outcome, minutes: Int, isWhole: Bool = true, forecast: Forecast? = nil
        ) -> String {
            let reminder = Reminder(
                state: state, lasted: .seconds(minutes * 60 + 7), isWhole: isWhole, outcome: outcome,
                thresholds: AppliedThresholds(warning: 100, critical: 50), forecast: forecast)
            return Sample("", .reminder(Sample.subject, reminder)).event.sentence
        }
        let reading = Outcome.reading(Reading(12, of: 256), reply: "")
        #expect(
            sentence(.critical, reading, minutes: 25)
                == "HSM khi-1 is still critical: 12 of 256 sockets available, for 25 min")
        #expect(
            sentence(.critical, reading, minutes: 125, forecast: Rest(nil, 240, "").forecast)
                == "HSM khi-1 is still critical: 12 of 256 sockets available, for 2 h 5 min, "
                + "at this rate none left in 4 min")
        #expect(
            sentence(.unreachable, .failure(Sample.refused), minutes: 4, isWhole: false)
                == "HSM khi-1 is still unreachable: connection refused, for at least 4 min")
        #expect(
            sentence(.critical, .failure(Sample.refused), minutes: 4)
                == "HSM khi-1 is still critical: the last probe says: connection refused, for 4 min")
        #expect(
            sentence(.unknown, reading, minutes: 4)
                == "HSM khi-1 is still unknown: the last probe says: 12 of 256 sockets available, for 4 min")
    }

    @Test(
        "each report of dropped messages says the number of its own loss",
        arguments: [(1, "1 message"), (7, "7 messages")])
    func dropped(count: Int, words: String) {
        let event = Sample("", .service(.messagesDropped(count: count, reason: "the spool is full (max_size)"))).event
        #expect(event.sentence == "hsmwatch dropped \(words) before delivery: the spool is full (max_size)")
    }

    @Test("a heartbeat without HSMs says so")
    func emptyHeartbeat() {
        let heartbeat = Heartbeat(
            states: [:], probes: 0, probesFailed: 0, probesSkipped: 0, spooled: 2, dropped: 3, uptime: .seconds(61))
        #expect(
            Sample("", .heartbeat(heartbeat)).event.sentence
                == "hsmwatch watches 0 HSMs; up for 1 min 1 s, 2 messages unconfirmed, 3 dropped")
    }
}

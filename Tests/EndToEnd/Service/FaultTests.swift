// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("HSMs of every fault, polled every 200 ms for 6 s", .timeLimit(.minutes(2)))
    struct FaultTests {
        /// The share of an HSM's probes that a busy machine may keep from ending in time: 150 ms are not much then.
        /// Such a probe has honestly failed, but says nothing about the HSM.
        private static let lateShare = 1.0 / 3

        @Test("a probe ends as the fault makes it end, and the state follows", arguments: FaultyHSM.all)
        func outcome(of faulty: FaultyHSM) async throws {
            let messages = try await FaultShow.performance.value.mail.messages.about(faulty.name)
            let observations = messages.filter { !$0.isStateChange }
            let expected = observations.filter { $0.isAsExpected(of: faulty) }
            let late = observations.filter { !$0.isAsExpected(of: faulty) }
            #expect(late.allSatisfy { ["no_reply", "timeout"].contains($0.string("failure")) }, "\(late)")
            #expect(Double(late.count) <= Self.lateShare * Double(observations.count), "\(late)")
            #expect(expected.last?.string("state") == faulty.state)
            #expect(expected.allSatisfy { $0.string("hsm_address") == messages.first?.string("hsm_address") })

            guard faulty.name != "error-22" else { return #expect(observations.count == 1) }
            #expect(observations.count > 20)
        }

        @Test("a reading tells what the HSM had at that moment", arguments: FaultyHSM.all)
        func truth(of faulty: FaultyHSM) async throws {
            let show = try await FaultShow.performance.value
            let truths = try #require(show.sides[faulty.name]).truths
            let readings = show.mail.readings.about(faulty.name)
            for reading in readings {
                let available = try #require(reading.integer("sockets_available"))
                let latency = try #require(reading.decimal("latency_ms"))
                let end = reading.timestamp
                // Civil time comes in whole milliseconds, cut.
                let start = Timestamp(milliseconds: end.milliseconds - Int64(latency) - 2)
                let next = Timestamp(milliseconds: end.milliseconds + 1)
                #expect(
                    truths.contains { $0.available == available && $0.held(from: start, to: next) },
                    "\(available) at \(end.milliseconds), but: \(truths)")
                #expect(reading.integer("sockets_total") == 64)
                #expect(reading.integer("sockets_consumed") == 64 - available)
                #expect(reading.string("reply")?.hasPrefix("<2223#\(available)#64#\(64 - available)#") == true)
                let sentence = "\(64 - available) TCP socket connections are consumed out of 64 on HSM Host: "
                #expect(reading.string("message") == sentence + (reading.string("hsm_address") ?? ""))
            }
            let seen = Set(readings.compactMap { $0.integer("sockets_available") })
            #expect(seen == (faulty.expected == .readings ? Set(truths.map(\.available)) : []))
        }

        @Test("nothing but the allowed frames is on the wire, and never two connections", arguments: FaultyHSM.all)
        func wire(to faulty: FaultyHSM) async throws {
            let facts = try #require(try await FaultShow.performance.value.sides[faulty.name]).facts
            #expect(facts.byteCount == facts.bytes.count)
            let rest = faulty.frames.reduce(facts.text) { $0.replacingOccurrences(of: $1, with: "") }
            #expect(rest == "")
            #expect(facts.mostOpen <= 1)
            #expect(facts.listenFailure == nil)
        }

        @Test("an HSM that knows no such command is not asked again")
        func askedOnce() async throws {
            let facts = try #require(try await FaultShow.performance.value.sides["error-22"]).facts
            #expect(facts.text == "<1223#>\n")
            #expect(facts.accepted == 1)
        }

        @Test("an HSM that answers is asked over one and the same connection")
        func persistence() async throws {
            let show = try await FaultShow.performance.value
            for faulty in FaultyHSM.all where faulty.expected == .readings {
                let facts = try #require(show.sides[faulty.name]).facts
                // A probe that was late for once has reset its connection; the next one, if there was one, made another.
                let late = show.mail.messages.about(faulty.name).of("probe_failure").count
                #expect((1...(1 + late)).contains(facts.accepted), "\(faulty.name)")
            }
        }

        @Test("Graylog stores every message whole, numbered without a gap from 1, under one instance")
        func messages() async throws {
            let show = try await FaultShow.performance.value
            #expect(show.record.ending == .exited(0))
            #expect(show.mail.isComplete)
            #expect(show.mail.messages.allSatisfy { $0.string("event_source") == "hsmwatch" })
            #expect(show.mail.messages.allSatisfy { $0.string("source") == "monitor-1" })
        }
    }
}

extension StoredMessage {
    fileprivate func isAsExpected(of faulty: FaultyHSM) -> Bool {
        switch faulty.expected {
        case .readings: isReading
        case .failures(let kind, let code): string("failure") == kind && integer("hsm_error_code") == code
        }
    }
}

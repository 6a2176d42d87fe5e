// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Testing

@Suite("Probe report")
struct ProbeReportTests {
    private static let address = HostPort(host: "10.10.5.6", port: 9010)

    private static func received(_ bytes: [UInt8]) -> ProbePhase.Received {
        var received = ProbePhase.Received()
        received.append(bytes)
        return received
    }

    private static let answered: ProbeReportSample = {
        var sample = ProbeReportSample.reading(50).with { $0.alert.warning = .percent(90) }
        sample.phases = [
            ProbePhase(.resolved([address]), at: .microseconds(12)),
            ProbePhase(.connected(address), at: .microseconds(214)),
            ProbePhase(.asked(Request(.everything, lineEnding: .crlf)), at: .microseconds(231)),
            ProbePhase(.answered(received(Array("<2223#50#64#14#>\r\n".utf8))), at: .microseconds(1652)),
        ]
        return sample
    }()

    private static let everyPhase: ProbeReportSample = {
        var sample = ProbeReportSample.failure(.noReply, "no reply within 2s")
        let kinds: [ProbePhase.Kind] = [
            .asked(Request(.port(1500), lineEnding: .none)), .ended(detail: "closed the connection"),
            .unresolved(detail: "cannot resolve hsm: no address"),
            .notConnected(address, Failure(.refused, "connection refused")),
            .received(received([0x1B, UInt8(ascii: "\\"), UInt8(ascii: "\t")])),
            .answered(received(Array(repeating: UInt8(ascii: "9"), count: 8448))), .expired,
        ]
        sample.phases = kinds.map { ProbePhase($0, at: .milliseconds(2000)) }
        return sample
    }()

    @Test("the text says what happened when, and what it means")
    func text() {
        #expect(
            Self.answered.report().text(isColoured: false) == [
                "khi-1 at 10.10.5.6:9010, 2026-07-30 17:23:00 UTC",
                "       0.012 ms  resolved to 10.10.5.6",
                "       0.214 ms  connected to 10.10.5.6:9010",
                #"       0.231 ms  asked <1223#>\r\n"#,
                #"       1.652 ms  answered <2223#50#64#14#>\r\n"#,
                "warning: 50 of 64 sockets available; warning <58, critical <50",
            ])
    }

    @Test("every phase has its words, and what came from the network is printable")
    func phases() {
        #expect(
            Self.everyPhase.report().text(isColoured: false).dropFirst() == [
                "    2000.000 ms  asked <1223#1500#> on the connection that was kept",
                "    2000.000 ms  the HSM closed the connection",
                "    2000.000 ms  cannot resolve hsm: no address",
                "    2000.000 ms  not connected: connection refused",
                #"    2000.000 ms  received \x1B\\\t"#,
                "    2000.000 ms  answered 9999999999999999999999999999999999999... (8448 bytes)",
                "    2000.000 ms  gave up: the timeout is 2s",
                "unreachable: no reply within 2s",
            ])
    }

    @Test("every line that an HSM cannot lengthen fits 80 columns")
    func width() {
        var sample = Self.answered.with { $0.queryPorts = [65_535] }
        sample.phases += Self.everyPhase.phases
        #expect(sample.report().text(isColoured: false).allSatisfy { $0.count <= 80 })
    }

    @Test("colour changes nothing but the colour")
    func colour() {
        let report = Self.answered.report()
        let coloured = report.text(isColoured: true)
        #expect(coloured.last?.hasPrefix("\u{1B}[33mwarning\u{1B}[0m: ") == true)
        let plain = coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
        #expect(plain == report.text(isColoured: false))
    }

    @Test("where probe, state and reading differ, the text says how")
    func reservations() {
        let (good, bad) = (Outcome.reading(Reading(60, of: 64), reply: ""), Outcome.failure(Failure(.refused, "no")))
        func last(_ sample: ProbeReportSample, after before: [Outcome]) -> String? {
            sample.report(after: before).text(isColoured: false).last
        }
        let refused = ProbeReportSample.failure(.refused, "no")
        #expect(last(refused, after: [good]) == "unreachable: no; the state is still ok")
        #expect(last(refused, after: [good, bad]) == "unreachable: no; the state was ok")
        let reading = ProbeReportSample.reading(60)
        let part = "60 of 64 sockets available; critical <50"
        #expect(last(reading, after: [bad]) == "ok: \(part); the state is still unreachable")
        let low = Outcome.reading(Reading(3, of: 64), reply: "")
        #expect(last(reading, after: [low]) == "critical: \(part); alone this reading is ok")
        #expect(last(reading, after: [low, good]) == "ok: \(part); the state was critical")
    }

    @Test("a threshold that every reading violates is pointed out")
    func misconfigured() {
        #expect(
            ProbeReportSample.reading(20, of: 32).report().text(isColoured: false).suffix(2) == [
                "critical: 20 of 32 sockets available; critical <50",
                "  critical = 50 is not below the total of 32: every reading violates it",
            ])
    }

    @Test("a query that was not asked is unknown, and no message tells of it")
    func unasked() {
        let report = ProbeReportSample(outcomes: [nil]).report()
        #expect(
            report.text(isColoured: false).last
                == "unknown: not asked: the HSM has rejected the command, and is asked again after 10m")
        #expect(report.json.hasSuffix(#""answers":[{"status":"unknown"}]}"#))
        #expect(report.status == .unknown)
        #expect(report.events.isEmpty)
    }

    @Test("the JSON of a reading, byte for byte")
    func json() {
        #expect(
            Self.answered.report().json == #"{"hsm_name":"khi-1","hsm_address":"10.10.5.6:9010","#
                + #""timestamp":1785432180.123,"status":"warning","phases":["#
                + #"{"phase":"resolved","at_ms":0.012,"addresses":["10.10.5.6"]},"#
                + #"{"phase":"connected","at_ms":0.214,"address":"10.10.5.6:9010"},"#
                + #"{"phase":"asked","at_ms":0.231,"sent":"\u003c1223#\u003e\\r\\n"},"#
                + #"{"phase":"answered","at_ms":1.652,"received":"\u003c2223#50#64#14#\u003e\\r\\n","bytes":18}],"#
                + #""answers":[{"status":"warning","state":"warning","sockets_available":50,"sockets_total":64,"#
                + #""sockets_consumed":14,"sockets_consumed_percent":21.9,"latency_ms":0.421,"#
                + #""reply":"\u003c2223#50#64#14#\u003e","threshold_warning":58,"threshold_critical":50}]}"#)
    }

    @Test("the JSON of every phase can be read, and has no field of another name")
    func jsonOfPhases() throws {
        let object = try JSONSerialization.jsonObject(with: Data(Self.everyPhase.report().json.utf8))
        let report = try #require(object as? [String: Any])
        let phases = try #require(report["phases"] as? [[String: Any]])
        #expect(
            phases.compactMap { $0["phase"] as? String } == [
                "asked", "ended", "unresolved", "not_connected", "received", "answered", "expired",
            ])
        #expect(phases[3]["failure"] as? String == "refused")
        #expect(phases[4]["received"] as? String == #"\x1B\\\t"#)
        #expect(phases[5]["bytes"] as? Int == 8448)
        let known: Set = [
            "phase", "at_ms", "sent", "received", "bytes", "address", "addresses", "detail", "failure",
        ]
        #expect(phases.allSatisfy { known.isSuperset(of: $0.keys) })
        let answer = try #require((report["answers"] as? [[String: Any]])?.first)
        #expect(answer["failure"] as? String == "no_reply")
        #expect(answer["failure_detail"] as? String == "no reply within 2s")
        #expect(answer["sockets_available"] == nil)
    }
}

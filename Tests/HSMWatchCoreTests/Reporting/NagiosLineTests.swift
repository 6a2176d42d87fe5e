// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Nagios line")
struct NagiosLineTests {
    private static let latency = "latency=0.000421s;;;0;2.000000"

    @Test("thresholds are ranges that alert below them, and one that is not set is empty")
    func thresholds() {
        #expect(
            ProbeReportSample.reading(50).report().nagiosLine
                == "HSM OK - khi-1: 50 of 64 sockets available | available=50;;50:;0;64 \(Self.latency)")
        let both = ProbeReportSample.reading(50, of: 256).with { $0.alert.warning = .absolute(100) }
        #expect(
            both.report().nagiosLine
                == "HSM WARNING - khi-1: 50 of 256 sockets available | available=50;100:;50:;0;256 \(Self.latency)")
        let percent = ProbeReportSample.reading(12).with {
            $0.alert.warning = .percent(40)
            $0.alert.critical = .percent(20)
        }
        #expect(
            percent.report().nagiosLine
                == "HSM CRITICAL - khi-1: 12 of 64 sockets available | available=12;26:;13:;0;64 \(Self.latency)")
    }

    @Test("a failure has no numbers, whatever its kind", arguments: Failure.Kind.allCases)
    func failures(kind: Failure.Kind) {
        let report = ProbeReportSample.failure(kind, "something went wrong").report()
        let isUnknown = [.hsmError, .malformed, .local].contains(kind)
        #expect(
            report.nagiosLine == "HSM \(isUnknown ? "UNKNOWN" : "CRITICAL") - khi-1: no reading: something went wrong")
        #expect(report.status.exitCode == (isUnknown ? 3 : 2))
    }

    @Test("an HSM without a name is called by its address")
    func unnamed() {
        let unnamed = ProbeReportSample.failure(.refused, "connection refused").with {
            $0.address.host = "2001:db8::7"
            $0.name = $0.address.host
        }
        #expect(
            unnamed.report().nagiosLine == "HSM CRITICAL - [2001:db8::7]:9010: no reading: connection refused")
    }

    @Test("query ports stand one after the other on one line; the worst is the status, and only readings have numbers")
    func ports() {
        var sample = ProbeReportSample.reading(53).with { $0.queryPorts = [9010, 1500, 7000] }
        sample.outcomes += [.failure(Failure(.malformed, "no sense")), nil]
        #expect(
            sample.report().nagiosLine
                == "HSM UNKNOWN - khi-1: port 9010: 53 of 64 sockets available; port 1500: no reading: no sense; "
                + "port 7000: not asked: the HSM has rejected the command, and is asked again after 10m "
                + "| available_9010=53;;50:;0;64 latency_9010=0.000421s;;;0;2.000000")
    }

    @Test("of the statuses critical is the worst, then unknown, then warning")
    func order() {
        #expect(ProbeStatus.allCases.sorted().map(\.exitCode) == [0, 1, 3, 2])
    }

    @Test(
        "nothing that an HSM says can end the text, begin numbers or command a terminal",
        arguments: ["<x|available=99;;;0;99#>", "<\r\nHSM OK - fine#>", "<\u{1B}[2J#>", "<\0|#>", "<00#290080|a=1#>"])
    func injection(frame: String) {
        let outcome = Reply.interpret(Array(frame.utf8))
        #expect(outcome.isFailure)
        let line = ProbeReportSample(outcomes: [outcome]).report().nagiosLine
        #expect(line.hasPrefix("HSM UNKNOWN - khi-1: no reading: "))
        #expect(!line.contains("|"))
        #expect(line.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    }

    @Test("a failure that does not change the state yet is no OK")
    func notYet() {
        let good = Outcome.reading(Reading(60, of: 64), reply: "")
        let report = ProbeReportSample.failure(.refused, "connection refused").report(after: [good])
        #expect(report.status == .critical)
        #expect(report.nagiosLine == "HSM CRITICAL - khi-1: no reading: connection refused")
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("The times of a message that Graylog found")
struct GraylogTimeTests {
    @Test(
        "are read as live servers write them",
        arguments: [
            ("2026-11-30T19:34:05.216Z", "2026-11-30 19:34:05.434", 218),
            ("2026-02-28T23:59:59.000Z", "2026-03-01 00:00:01.000", 2000),
            ("2024-02-29T00:00:00.000Z", "2024-02-28 23:59:35.000", -25_000),
        ])
    func lateness(sent: String, received: String, milliseconds: Int) {
        #expect(GraylogTime(sent: sent, received: received)?.lateness == .milliseconds(milliseconds))
    }

    @Test("are none when the text is another", arguments: ["", "2026-11-30", "2026-13-30T19:34:05.216Z", "now"])
    func unknown(text: String) {
        #expect(GraylogTime(sent: text, received: "2026-11-30 19:34:05.434") == nil)
    }

    @Test("are reported when they differ by more than two seconds", arguments: [(1, false), (2, false), (3, true)])
    func warning(seconds: Int, isReported: Bool) {
        let time = GraylogTime(sent: "2026-11-30T19:34:00.000Z", received: "2026-11-30 19:34:0\(seconds).000")
        #expect(time != nil)
        #expect((time?.warning != nil) == isReported)
    }

    @Test("a source's silence alert is known by its title, whatever other sources there are")
    func silence() throws {
        let output = OutputConfiguration(name: "a", endpoints: [HostPort(host: "a", port: 1)])
        let legacy = OutputConfiguration(
            name: "b", kind: .syslogTCP, endpoints: [HostPort(host: "a", port: 2)],
            syslog: SyslogConfiguration(format: .legacy))
        let sources = HeartbeatSource.all(in: [
            Configuration(source: "m1", hsms: [], outputs: [output]),
            Configuration(source: "m1", hsms: [], outputs: [output]),
            Configuration(source: nil, hsms: [], outputs: [output]),
            Configuration(source: "m2", hsms: [], outputs: [legacy]),
        ])
        #expect(sources.map(\.name) == ["hsmwatch of m1", "hsmwatch"])
        let id = try GraylogID(parsing: "a")
        func isAlert(_ title: String) -> [Bool] {
            let entity = PackPresence.Entity(kind: "event_definition", id: id, title: title)
            return sources.map { $0.isSilenceAlert(entity) }
        }
        #expect(isAlert("hsmwatch of m1 is silent") == [true, false])
        #expect(isAlert("hsmwatch is silent") == [false, true])
        #expect(isAlert("hsmwatch of m10 is silent") == [false, false])
        #expect(sources[0].query == "event_source:hsmwatch AND event_type:heartbeat AND source:\"m1\"")
    }
}

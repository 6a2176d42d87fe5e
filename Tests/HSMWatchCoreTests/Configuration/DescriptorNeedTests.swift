// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Descriptors that a configuration needs")
struct DescriptorNeedTests {
    /// A configuration in numbers, and what it needs.
    struct Row: Sendable {
        let hsms: Int
        let names: Int
        let outputs: Int
        let enough: Int
        let least: Int
    }

    private static func configuration(_ row: Row) -> Configuration {
        let hsms = (0..<row.hsms).map { number in
            let host = number < row.names ? "hsm-\(number).example.net" : "10.0.\(number / 256).\(number % 256)"
            return HSMConfiguration(name: "hsm-\(number)", address: HostPort(host: host, port: 9010))
        }
        let outputs = (0..<row.outputs).map {
            OutputConfiguration(name: "g-\($0)", endpoints: [HostPort(host: "2001:db8::\($0)", port: 12201)])
        }
        return Configuration(hsms: hsms, outputs: outputs)
    }

    @Test(
        "one for each HSM, and twice what comes and goes beside them",
        arguments: [
            Row(hsms: 1, names: 0, outputs: 1, enough: 67, least: 46),
            Row(hsms: 40, names: 0, outputs: 1, enough: 106, least: 46),
            Row(hsms: 40, names: 40, outputs: 2, enough: 276, least: 131),
            Row(hsms: 10_000, names: 0, outputs: 16, enough: 10_216, least: 121),
            Row(hsms: 10_000, names: 10_000, outputs: 16, enough: 10_472, least: 249),
        ])
    func table(_ row: Row) {
        let need = DescriptorNeed(Self.configuration(row))
        #expect(need.enough == row.enough)
        #expect(need.least == row.least)
    }

    @Test("the greatest configuration fits the unit's LimitNOFILE=16384")
    func unit() {
        let need = DescriptorNeed(
            Self.configuration(Row(hsms: 10_000, names: 10_000, outputs: 16, enough: 0, least: 0)))
        #expect(need.problem(limit: 16_384) == nil)
    }

    @Test("a limit that is too low is a warning with the numbers and what to type")
    func problem() {
        let need = DescriptorNeed(Self.configuration(Row(hsms: 40, names: 0, outputs: 1, enough: 0, least: 0)))
        #expect(need.problem(limit: 106) == nil)
        let problem = need.problem(limit: 105)
        #expect(problem?.severity == .warning)
        #expect(
            problem?.message
                == "40 HSMs and the outputs need 106 open files, and the hard limit here is 105: connections beyond it fail"
                + " as 'local'; with systemd: systemctl edit hsmwatch, [Service], LimitNOFILE=1024; in a shell: ulimit -n"
                + " 106")
    }

    @Test("HSM connections leave the reserve free, and half of what there is when that is less")
    func reserve() {
        let need = DescriptorNeed(Self.configuration(Row(hsms: 40, names: 0, outputs: 1, enough: 0, least: 0)))
        #expect(need.reserve == 21)
        #expect(need.firstReserved(of: 1024) == 1003)
        #expect(need.firstReserved(of: 64) == 44)
        #expect(need.firstReserved(of: 45) == 35)
        #expect(need.firstReserved(of: 10) == 10)
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Which HSM a command line means")
struct HSMTargetTests {
    @Test("a colon makes it an address; everything else must be a name")
    func targets() throws {
        #expect(try HSMTarget(parsing: "10.10.5.6:9010") == .address(HostPort(host: "10.10.5.6", port: 9010)))
        #expect(try HSMTarget(parsing: "[::1]:9010") == .address(HostPort(host: "::1", port: 9010)))
        #expect(try HSMTarget(parsing: "khi-1") == .name("khi-1"))
        #expect(try HSMTarget(parsing: "10.10.5.6") == .name("10.10.5.6"))
        for text in ["", "khi 1", "khi-1:", ":9010", "khi-1:0", "::1:9010", "khi/1", "-\n", "a|b"] {
            #expect(throws: InvalidText.self, "\(text)") { try HSMTarget(parsing: text) }
        }
    }

    @Test("a name that is not there is answered with the nearest and the first ones that are")
    func names() throws {
        let hsms = (1...10).map {
            HSMConfiguration(name: "KHI-\($0)", address: HostPort(host: "10.10.5.6", port: 9010))
        }
        let configuration = Configuration(hsms: hsms, outputs: [])
        #expect(try configuration.hsm(named: "KHI-7") == hsms[6])
        let names = (1...8).map { "KHI-\($0)" }.joined(separator: ", ")
        #expect(
            throws: InvalidText(
                "there is no HSM 'khi-7'; did you mean 'KHI-7'? (allowed: \(names) and 2 more; "
                    + "or an address with its port, such as khi-7:9010)")
        ) { try configuration.hsm(named: "khi-7") }
    }
}

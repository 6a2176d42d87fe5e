// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("What a command line says of an HSM")
struct HSMOverridesTests {
    private static let base: HSMConfiguration = {
        var hsm = HSMConfiguration(name: "khi-1", address: HostPort(host: "10.10.5.6", port: 9010))
        hsm.queryPorts = [9010]
        hsm.alert.warning = .absolute(100)
        hsm.lineEnding = .crlf
        return hsm
    }()

    private func applied(isRepeated: Bool = false, _ edit: (inout HSMOverrides) -> Void) throws -> HSMConfiguration {
        var overrides = HSMOverrides()
        edit(&overrides)
        return try overrides.applied(to: Self.base, isRepeated: isRepeated)
    }

    @Test("what it does not say stays as it was")
    func nothing() throws {
        #expect(try applied { _ in } == Self.base)
        #expect(try applied(isRepeated: true) { _ in } == Self.base)
    }

    @Test("what it says wins, one by one")
    func everything() throws {
        let hsm = try applied(isRepeated: true) {
            $0.queryPorts = [1500, 7000]
            $0.warning = .percent(40)
            $0.critical = .percent(20)
            $0.timeout = .milliseconds(300)
            $0.lineEnding = LineEnding.none
            $0.interval = .milliseconds(400)
        }
        var expected = Self.base
        expected.queryPorts = [1500, 7000]
        expected.alert.warning = .percent(40)
        expected.alert.critical = .percent(20)
        expected.timeout = .milliseconds(300)
        expected.lineEnding = .none
        expected.interval = .milliseconds(400)
        #expect(hsm == expected)
    }

    @Test("a single probe may take longer than the interval; repeated ones may not")
    func timeout() throws {
        #expect(try applied { $0.timeout = .seconds(60) }.timeout == .seconds(60))
        #expect(
            throws: InvalidText(
                "the timeout 1m is longer than the interval 5s; allowed: a timeout of at most the interval")
        ) { try applied(isRepeated: true) { $0.timeout = .seconds(60) } }
    }

    @Test("a timeout that was not asked for follows a short interval")
    func follows() throws {
        #expect(try applied(isRepeated: true) { $0.interval = .milliseconds(100) }.timeout == .milliseconds(100))
    }

    @Test("a critical above the warning is refused, wherever each comes from")
    func thresholds() {
        #expect(throws: InvalidText.self) { try applied { $0.warning = .absolute(49) } }
        #expect(throws: InvalidText.self) { try applied { $0.critical = .absolute(101) } }
        #expect(throws: Never.self) { try applied { $0.critical = .percent(90) } }
    }

    @Test("a query port twice, or more of them than an HSM may have, is refused")
    func ports() {
        #expect(throws: InvalidText("duplicate query port 9010")) { try applied { $0.queryPorts = [9010, 1, 9010] } }
        #expect(throws: InvalidText("17 query ports; allowed: at most 16")) {
            try applied { $0.queryPorts = Array(1...17) }
        }
    }
}

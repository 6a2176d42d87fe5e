// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import Testing

@testable import HSMWatchService

@Suite("The example configuration")
struct ExampleConfigurationTests {
    static let file = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "systemd/hsmwatch.yaml")

    /// Thresholds for HSMs of any size; the built-in one is not.
    private static let alert = AlertConfiguration(warning: .percent(40), critical: .percent(20))

    @Test("shows the defaults as it is shipped, but for the thresholds, to what polls nothing")
    func shipped() {
        let (configuration, problems) = ConfigurationFile.load(Self.file.path, acceptsExample: true)
        #expect(problems.isEmpty)
        let hsm = HSMConfiguration(
            name: "hsm-1", address: .example, alert: Self.alert, fields: [Field(name: "site", value: "east")])
        let output = OutputConfiguration(name: "graylog", endpoints: [.exampleGraylog])
        #expect(configuration == Configuration(hsms: [hsm], outputs: [output]))
    }

    @Test("is refused in one line until its HSM has another address")
    func unedited() throws {
        let (refused, problems) = ConfigurationFile.load(Self.file.path)
        #expect(refused == nil)
        #expect(problems.count == 1)
        #expect(
            ConfigurationProblem.firstError(of: problems, in: "FILE").contains(
                /FILE:\d+:14: error: hsms\[0\]\.address: 192\.0\.2\.11:9010 is only an example; put in/))
    }

    @Test("with only the HSM edited, its Graylog is warned of; with both edited, nothing is")
    func half() throws {
        let half = try String(contentsOf: Self.file, encoding: .utf8).replacing("192.0.2.11:", with: "192.0.2.13:")
        let (configuration, problems) = ConfigurationFile.read(half.utf8)
        #expect(configuration != nil)
        #expect(problems.map(\.severity) == [.warning])
        #expect(
            problems.first?.message
                == "outputs[0].endpoints[0]: 127.0.0.1:12201 is the example's Graylog; put in the address of yours, "
                + "or localhost:12201 if it runs on this machine")
        for address in ["192.0.2.21:12201", "localhost:12201"] {
            let whole = half.replacing("127.0.0.1:12201", with: address)
            #expect(ConfigurationFile.read(whole.utf8).problems.isEmpty)
        }
    }

    @Test("a running service reads it as `check` does")
    @ServiceLoop
    func reload() async {
        let loader = ConfigurationLoader(file: Self.file.path)
        let loaded = await withCheckedContinuation { answer in loader.load { answer.resume(returning: $0.problems) } }
        #expect(loaded == ConfigurationFile.load(Self.file.path).problems)
    }

    @Test("is valid with every key that it only mentions, and these show their defaults")
    func validUncommented() throws {
        let text = try String(contentsOf: Self.file, encoding: .utf8)
        // `# key: value`, `# - key: value` and their indented lines are keys; prose has no colon directly behind its first
        // word.
        let uncommented = text.replacing(/(?m)^( *)# ((?:  |- )?[a-z_]+:(?: |$))/) { "\($0.1)\($0.2)" }
        let (configuration, problems) = ConfigurationFile.read(uncommented.utf8, acceptsExample: true)
        #expect(problems.map(\.severity) == [.warning], "of UDP")
        let outputs = try #require(configuration?.outputs)
        #expect(outputs.map(\.kind) == [.gelfTCP, .gelfHTTP, .syslogTCP, .gelfUDP])
        #expect(outputs.allSatisfy { $0.events.count == 5 && $0.syslog == SyslogConfiguration() })
        #expect(outputs[1].http == HTTPConfiguration(proxy: HostPort(host: "proxy.example.net", port: 3128)))
        #expect(outputs[3].datagramSize == OutputConfiguration.defaultDatagramSize)
        let hsm = try #require(configuration?.hsms.first)
        #expect(configuration?.source == "monitor-1.example.net")
        #expect(configuration?.heartbeat == Configuration.defaultHeartbeat)
        #expect(configuration?.runbook == "https://wiki.example.net/hsm")
        #expect(configuration?.spool == SpoolConfiguration())
        #expect(configuration?.outputs.first?.confirm == OutputConfiguration.defaultConfirm)
        #expect(hsm.interval == HSMConfiguration.defaultInterval)
        #expect(hsm.timeout == HSMConfiguration.defaultTimeout)
        #expect(hsm.queryPorts == [9010])
        #expect(hsm.alert == Self.alert)
        #expect(hsm.forecast == ForecastConfiguration())
        #expect(hsm.fields == [Field(name: "environment", value: "production"), Field(name: "site", value: "east")])
    }

    @Test("cut off anywhere it is read to an end, and each problem is inside it")
    func everyPrefix() throws {
        let bytes = Array(try Data(contentsOf: Self.file))
        for length in bytes.indices {
            Self.expectSoundProblems(bytes[..<length])
        }
    }

    @Test("with a byte replaced anywhere it is read to an end", arguments: Array(":\"'\t\n&*[{#- \u{0}".utf8) + [0xFF])
    func everyReplacement(byte: UInt8) throws {
        var bytes = Array(try Data(contentsOf: Self.file))
        // Prime to the lines' lengths, so that all kinds of places are met in a tenth of the time.
        for index in stride(from: 0, to: bytes.count, by: 11) {
            let original = bytes[index]
            bytes[index] = byte
            Self.expectSoundProblems(bytes[...])
            bytes[index] = original
        }
    }

    private static func expectSoundProblems(_ bytes: ArraySlice<UInt8>) {
        let (configuration, problems) = ConfigurationFile.read(bytes)
        // libyaml sees the end of a file without a last newline on the next line.
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 2
        let areInside = problems.allSatisfy { (1...lines).contains($0.mark.line) && $0.mark.column >= 1 }
        #expect(areInside, "\(problems)")
        #expect((configuration == nil) == problems.contains { $0.severity == .error })
    }
}

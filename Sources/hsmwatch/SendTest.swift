// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchService

/// `hsmwatch send-test`: shows whether every endpoint of every output takes a message, or where that fails.
struct SendTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-test",
        abstract: "One test message to every endpoint of every output, confirmed as the service has it confirmed.",
        discussion: """
            Tries all endpoints at once, and prints a line for each as it ends: what it resolves to, how long connecting \
            took, the TLS version and Graylog's certificate, and how long the confirmation took; or where it failed. \
            Over UDP, which confirms nothing, it can only say that nobody has refused the message. The message has \
            _action = send_test. \
            Needs no running service. Exits 0 when every endpoint has confirmed, 69 when one has not, 78 when the \
            configuration is not valid.
            """
    )

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        ProcessMemory.seal()
        let configuration = try file.load()
        let encoder = MessageEncoder(source: configuration.source ?? MachineName.current)
        let isConfirmed = try await withThrowingTaskGroup(of: EndpointReport.self) { group in
            for output in configuration.outputs {
                for endpoint in output.endpoints {
                    group.addTask { await EndpointReport.make(output, endpoint, encoder) }
                }
            }
            var isConfirmed = true
            for try await report in group {
                StandardOutput.say(report.line)
                isConfirmed = isConfirmed && report.isConfirmed
            }
            return isConfirmed
        }
        guard isConfirmed else { throw ExitCode(EX_UNAVAILABLE) }
    }
}

/// What came of one endpoint, in words.
private struct EndpointReport: Sendable {
    let isConfirmed: Bool
    /// All of it in one line.
    let line: String

    @ServiceLoop
    static func make(
        _ output: OutputConfiguration, _ endpoint: HostPort, _ encoder: MessageEncoder
    ) async -> EndpointReport {
        var findings: [String] = []
        let test = EndpointTest(output, endpoint: endpoint, encoder: encoder) {
            findings.append(text(of: $0, as: output.confirmation))
        }
        let isConfirmed = await test.run()
        return EndpointReport(
            isConfirmed: isConfirmed, line: "\(output.name) → \(endpoint): \(findings.joined(separator: "; "))")
    }

    private nonisolated static func text(of finding: EndpointTest.Finding, as confirmation: Confirmation) -> String {
        switch finding {
        case .resolved(let addresses, let time):
            "resolved to \(addresses.joined(separator: ", ")) in \(time.millisecondsText)"
        case .connected(let time):
            "connected in \(time.millisecondsText)"
        case .secured(let version, let certificate):
            version
                + (certificate.map { ", Graylog's certificate: serial \($0.serialNumber), ends \($0.notAfter.utcText)" }
                    ?? "")
        case .confirmed(let time):
            text(of: confirmation, after: time.millisecondsText)
        case .failed(let reason):
            "FAILED: \(reason)"
        }
    }

    private nonisolated static func text(of confirmation: Confirmation, after time: String) -> String {
        switch confirmation {
        case .read: "confirmed in \(time): Graylog has read the message"
        case .answered: "confirmed in \(time): Graylog has answered 202"
        case .acknowledged:
            "acknowledged in \(time) by the peer's kernel; confirm is off, so nobody knows whether it is read"
        case .sent: "sent; in \(time) nobody has refused it, and more is not known of a datagram"
        }
    }
}

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
            Prints for each endpoint what it resolves to, how long connecting took, the TLS version and Graylog's \
            certificate, and how long the confirmation took; or where it failed. Over UDP, which confirms nothing, it \
            can only say that nobody has refused the message. The message has _action = send_test. \
            Needs no running service. Exits 0 when every endpoint has confirmed, 69 when one has not, 78 when the \
            configuration is not valid.
            """
    )

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        ProcessMemory.seal()
        let configuration = try file.load()
        signal(SIGPIPE, SIG_IGN)
        let encoder = MessageEncoder(source: configuration.source ?? MachineName.current)
        let reports = await withTaskGroup { group in
            var order = 0
            for output in configuration.outputs {
                for endpoint in output.endpoints {
                    let index = order
                    group.addTask { (index, await EndpointReport.make(output, endpoint, encoder)) }
                    order += 1
                }
            }
            return await group.reduce(into: [Int: EndpointReport]()) { $0[$1.0] = $1.1 }
        }
        let ordered = reports.sorted { $0.key < $1.key }.map(\.value)
        ordered.flatMap(\.lines).forEach(StandardOutput.say)
        guard ordered.allSatisfy(\.isConfirmed) else { throw ExitCode(EX_UNAVAILABLE) }
    }
}

/// What came of one endpoint, in words.
private struct EndpointReport: Sendable {
    var isConfirmed = false
    var lines: [String] = []

    @ServiceLoop
    static func make(
        _ output: OutputConfiguration, _ endpoint: HostPort, _ encoder: MessageEncoder
    ) async -> EndpointReport {
        var report = EndpointReport()
        report.lines.append("\(output.name) → \(endpoint)")
        var lines: [String] = []
        let test = EndpointTest(output, endpoint: endpoint, encoder: encoder) {
            lines.append("  " + text(of: $0, as: output.confirmation))
        }
        report.isConfirmed = await test.run()
        report.lines += lines
        return report
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

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService

/// `hsmwatch send-test`: shows whether every endpoint of every output takes a message, or where that fails.
struct SendTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send-test",
        abstract: "One test message to every endpoint of every output, confirmed as the service has it confirmed.",
        discussion: """
            Tries all endpoints at once, and prints a line for each as it ends: what it resolves to, how long connecting \
            took, the TLS version and Graylog's certificate, what the peer did with the message and how long that took, \
            and what to look for in Graylog; or where it failed. UDP confirms nothing, so there it can only say that \
            nobody has refused the message. \
            The message has _action = send_test. It never connects to an address of an HSM. \
            Needs no running service. Exits 0 when every endpoint has confirmed, 69 when one has not, 78 when the \
            configuration is not valid.
            """
    )

    @OptionGroup var file: ConfigurationOption

    func run() async throws {
        ProcessMemory.seal()
        let configuration = try file.load()
        let encoder = MessageEncoder(configuration: configuration)
        let hsms = await HSMAddressBook(configuration.hsms, resolver: Resolver())
        let isConfirmed = await withTaskGroup(of: EndpointReport.self) { group in
            for output in configuration.outputs {
                for endpoint in output.endpoints {
                    group.addTask { await EndpointReport.make(output, endpoint, hsms, encoder) }
                }
            }
            var isConfirmed = true
            for await report in group {
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
        _ output: OutputConfiguration, _ endpoint: HostPort, _ hsms: HSMAddressBook, _ encoder: MessageEncoder
    ) async -> EndpointReport {
        var findings: [EndpointTest.Finding] = []
        let test = EndpointTest(output, endpoint: endpoint, hsms: hsms, encoder: encoder) { findings.append($0) }
        let isConfirmed = await test.run()
        let search = "look in Graylog for instance:\(test.instance)"
        let texts = findings.map { text(of: $0, at: endpoint, as: output.confirmation, search) }
        return EndpointReport(
            isConfirmed: isConfirmed, line: "\(output.name) → \(endpoint): \(texts.joined(separator: "; "))")
    }

    private nonisolated static func text(
        of finding: EndpointTest.Finding, at endpoint: HostPort, as confirmation: Confirmation, _ search: String
    ) -> String {
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
            "\(text(of: confirmation, at: endpoint, after: time.millisecondsText)); \(search)"
        case .failed(let reason):
            "FAILED: \(reason)"
        }
    }

    /// What is known of the peer, and no more: it need not be Graylog.
    private nonisolated static func text(
        of confirmation: Confirmation, at endpoint: HostPort, after time: String
    ) -> String {
        switch confirmation {
        case .read: "\(endpoint) read it and closed cleanly in \(time)"
        case .answered: "\(endpoint) answered 202 in \(time)"
        case .acknowledged:
            "the kernel of \(endpoint) acknowledged it in \(time); confirm is off, so it may not have been read"
        case .sent: "sent, and not refused in \(time); UDP delivery cannot be confirmed"
        }
    }
}

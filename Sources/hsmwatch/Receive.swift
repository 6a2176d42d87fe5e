// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchSimulation
import UnixSignals

/// `hsmwatch receive`: shows what Graylog would make of messages, without a Graylog.
struct Receive: AsyncParsableCommand, SignalObeying {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        abstract: "Graylog's inputs with Graylog's own rules: what it would store, what it would drop, and why.",
        usage: """
            hsmwatch receive [--type <type> ...] [--listen <h:p> ...]
                             [--format <format>] [--tls-certificate <file>
                             --tls-key <file> [--tls-client-ca <file>]]
                             [--http-path <path>] [--http-bulk]
                             [--http-authorization <file>
                             [--http-authorization-header <name>]]
            """,
        discussion: """
            A message for each kind of input, where it listens by default:
              m='{"host":"h","short_message":"hello"}'
              gelf-tcp    printf "$m\\0" | nc -N 127.0.0.1 12201
              gelf-udp    printf "$m" | nc -u -q 0 127.0.0.1 12201
              gelf-http   curl -d "$m" 127.0.0.1:12201/gelf
              syslog-tcp  logger -n 127.0.0.1 -P 1514 -T --octet-count hello
              syslog-udp  logger -n 127.0.0.1 -P 1514 -d hello

            With --format json, one JSON object a line: {"stored": {...}, "warnings": [...], "dropped_fields": [...]} for \
            a message that Graylog would store, {"dropped": "reason", "frame": "..."} for one that it would drop. With \
            several inputs, each line says on which one it came. Ends on SIGINT and SIGTERM.

            What was received and not yet printed does not count as delivered: until then, no request over HTTP is \
            answered and no connection closed.
            """
    )

    @OptionGroup var inputs: ReceiveInputs

    @Option(help: "How to print a message.")
    var format = Format.text

    static let obeyedSignals = [SIGINT, SIGTERM]

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        // What is not printed yet must not count as delivered, should this be killed.
        let receiver = try await Receiver.start(try inputs.configurations(), waitingLimit: 1)
        let names = inputs.names(at: receiver.addresses)
        for (index, address) in receiver.addresses.enumerated() {
            printToStandardError(
                "listening on \(address)" + (names.isEmpty ? "" : " (\(inputs.types[index].rawValue))"))
        }
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { await show(receiver, names) }
            await group.next()
            group.cancelAll()
        }
        await receiver.shutDown()
    }

    /// Prints what comes, with the name of its input if they have names, until the task is cancelled or nobody reads it
    /// any more.
    private func show(_ receiver: Receiver, _ names: [String]) async {
        let width = names.map(\.count).max() ?? 0
        while let arrival = await receiver.nextArrival() {
            let name = names.isEmpty ? nil : names[arrival.input]
            do {
                switch format {
                case .json:
                    let json = name.map { arrival.message.json(on: $0) } ?? arrival.message.json
                    try StandardOutput.write(line: json.terminalText)
                case .text:
                    let padded = name.map { $0 + String(repeating: " ", count: width - $0.count) }
                    try StandardOutput.write(arrival.message, on: padded)
                }
            } catch {
                return
            }
        }
    }
}

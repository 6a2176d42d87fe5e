// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchSimulation
import UnixSignals

/// `hsmwatch receive`: shows what Graylog would make of GELF messages, without a Graylog.
struct Receive: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
    }

    static let configuration = CommandConfiguration(
        abstract: "A GELF TCP receiver with Graylog's own rules: what it would store, what it would drop, and why.",
        discussion: """
            Messages are frames that end with a NUL: printf '{"host":"h","short_message":"m"}\\0' | nc -N 127.0.0.1 12201

            With --format json, one JSON object a line: {"stored": {...}, "warnings": [...], "dropped_fields": [...]} for \
            a message that Graylog would store, {"dropped": "reason", "frame": "..."} for one that it would drop. \
            Ends on SIGINT and SIGTERM.
            """
    )

    @Option(help: ArgumentHelp("Where to listen: HOST:PORT or [IPV6]:PORT.", valueName: "h:p"))
    var listen = ListenAddress(host: "127.0.0.1", port: 12201)

    @Option(help: "How to print a message.")
    var format = Format.text

    @Option(help: ArgumentHelp("Speak TLS, with the certificate in this PEM file.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The certificate's private key, a PEM file.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("Want a certificate of each client, by an authority in this PEM file.", valueName: "file"))
    var tlsClientCa: String?

    func validate() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil), tlsCertificate != nil || tlsClientCa == nil else {
            throw ValidationError("'--tls-certificate' and '--tls-key' belong together; '--tls-client-ca' needs both.")
        }
        guard listen.ports.count == 1 else { throw ValidationError("'--listen \(listen)': one port, not a range.") }
    }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        // A reader that goes away shows as an error of the next write, not as our end.
        signal(SIGPIPE, SIG_IGN)
        // What is not printed yet must not count as delivered, should this be killed.
        let receiver = try await GELFReceiver.start(on: listen, tls: try tls(), waitingLimit: 1)
        printToStandardError("listening on \(receiver.address)")
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { await show(receiver) }
            await group.next()
            group.cancelAll()
        }
        await receiver.shutDown()
    }

    private func tls() throws -> ReceiverTLS? {
        guard let tlsCertificate, let tlsKey else { return nil }
        do {
            return try ReceiverTLS(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientCa)
        } catch {
            throw ValidationError("the TLS files cannot be used: \(error)")
        }
    }

    /// Prints what comes, until the task is cancelled or nobody reads it any more.
    private func show(_ receiver: GELFReceiver) async {
        while let message = await receiver.next() {
            do {
                switch format {
                case .json: try StandardOutput.write(line: message.json.terminalText)
                case .text: try StandardOutput.write(message)
                }
            } catch {
                return
            }
        }
    }
}

/// `--listen`, of `simulate` and `receive`.
extension ListenAddress: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
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

    /// Prints what comes, with the name of its input if they have names, until the task is cancelled or its reader is
    /// gone any more.
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

/// The options of `hsmwatch receive` that say what it receives: kinds of input, their addresses, TLS and HTTP.
struct ReceiveInputs: ParsableArguments {
    /// Where an input of a kind listens when nothing is said: Graylog's port, or one that needs no root.
    private static func defaultAddress(for type: OutputKind) -> ListenAddress {
        switch type {
        case .gelfTCP, .gelfUDP, .gelfHTTP: ListenAddress(host: "127.0.0.1", port: 12201)
        case .syslogTCP, .syslogUDP: ListenAddress(host: "127.0.0.1", port: 1514)
        }
    }

    @Option(
        name: .customLong("type"),
        help: ArgumentHelp(
            "The kind of an input; repeatable, for several at once (default: gelf-tcp).", valueName: "type"))
    var wantedTypes: [OutputKind] = []

    @Option(
        help: ArgumentHelp(
            """
            Where to listen: HOST:PORT or [IPV6]:PORT; the n-th belongs to the n-th --type (default: 127.0.0.1:12201, \
            with syslog 127.0.0.1:1514).
            """, valueName: "h:p"))
    var listen: [ListenAddress] = []

    @Option(
        help: ArgumentHelp("Speak TLS over TCP, with the certificate in this PEM file.", valueName: "file"),
        completion: .file())
    var tlsCertificate: String?

    @Option(
        help: ArgumentHelp("The certificate's private key, a PEM file.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(
        help: ArgumentHelp("Want a certificate of each client, by an authority in this PEM file.", valueName: "file"),
        completion: .file())
    var tlsClientCa: String?

    @Option(help: ArgumentHelp("The path that gelf-http serves (default: /gelf).", valueName: "path"))
    var httpPath: String?

    @Option(
        help: ArgumentHelp(
            "Want a header of each request, with the value in the first line of this file.", valueName: "file"),
        completion: .file())
    var httpAuthorization: String?

    @Option(help: ArgumentHelp("The header that must have that value (default: Authorization).", valueName: "name"))
    var httpAuthorizationHeader: String?

    @Flag(help: "Take each line of a request as a message: Graylog's bulk receiving.")
    var httpBulk = false

    /// The kinds of the inputs, in the order of the options.
    var types: [OutputKind] { wantedTypes.isEmpty ? [.gelfTCP] : wantedTypes }

    private var addresses: [ListenAddress] { listen.isEmpty ? types.map(Self.defaultAddress) : listen }

    // MARK: What may be said

    func validate() throws {
        guard addresses.count == types.count else {
            throw ValidationError(
                "'--listen' \(Self.times(listen.count)), '--type' \(Self.times(wantedTypes.count)): the n-th belong together."
            )
        }
        if let range = addresses.first(where: { $0.ports.count > 1 }) {
            throw ValidationError("'--listen \(range)': one port, not a range.")
        }
        try validatePorts()
        try validateTLS()
        try validateHTTP()
    }

    /// Of two inputs with the same transport, each needs its own port.
    private func validatePorts() throws {
        var taken: [String: OutputKind] = [:]
        for (type, address) in zip(types, addresses) where address.ports != 0...0 {
            let place = "\(type.isDatagram ? "UDP" : "TCP") \(address)"
            if let other = taken.updateValue(type, forKey: place) {
                throw ValidationError(
                    "\(other.rawValue) and \(type.rawValue) would both listen on \(place): give each a '--listen'.")
            }
        }
    }

    private func validateTLS() throws {
        guard (tlsCertificate == nil) == (tlsKey == nil), tlsCertificate != nil || tlsClientCa == nil else {
            throw ValidationError("'--tls-certificate' and '--tls-key' belong together; '--tls-client-ca' needs both.")
        }
        guard tlsCertificate == nil || !types.allSatisfy(\.isDatagram) else {
            throw ValidationError("'--tls-certificate' is for TCP, which is none of the types.")
        }
    }

    private func validateHTTP() throws {
        let isSaid = httpPath != nil || httpAuthorization != nil || httpAuthorizationHeader != nil || httpBulk
        guard !isSaid || types.contains(.gelfHTTP) else {
            throw ValidationError("the '--http' options are for '--type gelf-http'.")
        }
        if let httpPath, !httpPath.hasPrefix("/") {
            throw ValidationError("'--http-path \(httpPath)': a path begins with '/'.")
        }
        guard httpAuthorizationHeader == nil || httpAuthorization != nil else {
            throw ValidationError("'--http-authorization-header' needs '--http-authorization'.")
        }
    }

    private static func times(_ count: Int) -> String {
        count == 1 ? "is given once" : "\(count) times"
    }

    // MARK: What it means

    /// The inputs; reads the files that the options name.
    func configurations() throws -> [ReceiverInput] {
        let tls = try tls()
        let http = try http()
        return zip(types, addresses).map { type, address in
            ReceiverInput(type, on: address, tls: type.isDatagram ? nil : tls, http: http)
        }
    }

    /// What to call each input, with the address where one kind has two; empty when there is only one input.
    func names(at addresses: [ListenAddress]) -> [String] {
        guard types.count > 1 else { return [] }
        return zip(types, addresses).map { type, address in
            type.rawValue + (types.count { $0 == type } > 1 ? " \(address)" : "")
        }
    }

    private func tls() throws -> ReceiverTLS? {
        guard let tlsCertificate, let tlsKey else { return nil }
        do {
            return try ReceiverTLS(certificate: tlsCertificate, key: tlsKey, clientAuthorities: tlsClientCa)
        } catch {
            throw ValidationError("the TLS files cannot be used: \(error)")
        }
    }

    private func http() throws -> HTTPRules {
        var rules = HTTPRules(isBulk: httpBulk)
        if let httpPath { rules.path = httpPath }
        guard let httpAuthorization else { return rules }
        let text: String
        do {
            text = try String(contentsOfFile: httpAuthorization, encoding: .utf8)
        } catch {
            throw ValidationError("'--http-authorization \(httpAuthorization)': the file cannot be read.")
        }
        let value = text.prefix { !$0.isNewline }
        guard !value.allSatisfy(\.isWhitespace) else {
            throw ValidationError("'--http-authorization \(httpAuthorization)': the first line is blank.")
        }
        rules.authorization = HTTPRules.Authorization(
            header: httpAuthorizationHeader ?? "Authorization", value: String(value))
        return rules
    }
}

/// `--type`, of `receive`.
extension OutputKind: ExpressibleByArgument {}

/// `--listen`, of `simulate` and `receive`.
extension ListenAddress: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchSimulation
import UnixSignals

/// `hsmwatch simulate`: HSMs to try things on, without an HSM.
struct Simulate: AsyncParsableCommand, SignalObeying {
    static let configuration = CommandConfiguration(
        abstract: "An HSM that speaks the protocol, counts its TCP connections, and misbehaves on request.",
        usage: """
            hsmwatch simulate [--listen <h:p> ...] [--total <n>] [--in-use <n>]
                              [--fault <kind>]
            """,
        discussion: """
            Answers <1223#> and <1223#PORT#> with its sockets: available, total and used. Every client that connects \
            takes one, as on a real HSM; --in-use adds a base load. Echoes <00#text#>, and answers anything else with \
            error 22.

            The addresses it listens on go to stdout, one line each. When stderr is a terminal, each client that \
            connects or disconnects is told there. Lines on stdin change it while it runs:
              in-use 60
              total 128
              fault hang
              127.0.0.1:9010 fault none
            Ends on SIGINT and SIGTERM, not at the end of stdin.

            The kinds of fault:
              none          answers as it should
              refuse        the kernel refuses clients; those connected are closed
              hang          accepts and reads, never replies
              close         accepts, then closes
              reset         answers a request with a TCP reset
              slow          replies one byte at a time
              garbage       replies with something that is no HSM protocol
              truncated     sends half of a reply, then closes
              error:NN      replies with error NN; 22 and 23: command not enabled
              no-crlf       replies without CR LF after >
              extra-field   replies with one more field
              huge          sends a reply that never ends
              double        sends every reply twice
              early         sends a reply to a client before it asks
              full:refuse   when no socket is left, clients are refused,
              full:close    or accepted and closed,
              full:hang     or accepted and left without a reply
            """
    )

    @Option(
        help: ArgumentHelp(
            "Where to listen: HOST:PORT, [IPV6]:PORT or HOST:FIRST-LAST; repeatable (default: \(defaultAddress)).",
            valueName: "h:p"))
    var listen: [ListenAddress] = []

    @Option(
        help: ArgumentHelp("The sockets an HSM has (default: \(HSMBehaviour().total)).", valueName: "n"),
        transform: sockets)
    var total = HSMBehaviour().total

    @Option(
        help: ArgumentHelp("The sockets that others are said to use (default: 0).", valueName: "n"),
        transform: sockets)
    var inUse = HSMBehaviour().inUse

    @Option(help: ArgumentHelp("How it misbehaves, see above (default: none).", valueName: "kind"), transform: fault)
    var fault = HSMBehaviour().fault

    /// Addresses that the error for an unknown HSM lists.
    private static let listedAddresses = 8

    /// Where it listens when nothing is said.
    private static let defaultAddress = ListenAddress(host: "127.0.0.1", port: 9010)

    func validate() throws {
        guard inUse <= total else {
            throw ValidationError("'--in-use \(inUse)': an HSM of \(counted(total, "socket")); allowed: 0 to \(total)")
        }
    }

    static let obeyedSignals = [SIGINT, SIGTERM]

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let hsms = try await start()
        await withTaskGroup { group in
            group.addTask { await obeyStandardInput(hsms) }
            for await _ in signals { break }
            group.cancelAll()
        }
        for hsm in hsms { await hsm.stop() }
    }

    // MARK: Arguments

    private static func sockets(_ text: String) throws -> Int {
        guard let number = HSMBehaviour.sockets(text) else {
            throw ValidationError("'\(text)' is not a number from 0 to \(HSMBehaviour.maximumSockets).")
        }
        return number
    }

    private static func fault(_ text: String) throws -> HSMFault {
        guard let fault = HSMFault(text) else {
            throw ValidationError("'\(text)' is not a fault\(HSMFault.hint(text)) (allowed: \(HSMFault.allowed))")
        }
        return fault
    }

    // MARK: Running

    private func start() async throws -> [HSMSimulator] {
        let behaviour = HSMBehaviour(total: total, inUse: inUse, fault: fault)
        let report: (@Sendable (HSMSimulator.ConnectionChange) -> Void)? =
            isatty(STDERR_FILENO) == 1 ? { @Sendable in printToStandardError(Self.line(about: $0)) } : nil
        var hsms: [HSMSimulator] = []
        for address in listen.isEmpty ? [Self.defaultAddress] : listen {
            let first = hsms.count
            for port in address.ports {
                let single = ListenAddress(host: address.host, port: port)
                hsms.append(try await HSMSimulator.start(on: single, behaviour: behaviour, report: report))
            }
            let places = address.ports.count == 1 ? hsms[first].address : address
            printToStandardError("simulating at \(places): total \(total), in use \(inUse), fault \(fault)")
        }
        for hsm in hsms { StandardOutput.say("listening on \(hsm.address)") }
        return hsms
    }

    private func obeyStandardInput(_ hsms: [HSMSimulator]) async {
        for await line in StandardInput.lines() where !line.allSatisfy(\.isWhitespace) {
            guard let change = HSMChange(line) else {
                let hint = HSMChange.hint(line).terminalText
                printToStandardError("not understood: '\(line.terminalText)'\(hint) (allowed: \(HSMChange.allowed))")
                continue
            }
            let concerned = hsms.filter { change.concerns($0.address) }
            if let problem = await problem(change, concerned, hsms) {
                printToStandardError("'\(line.terminalText)': \(problem)")
            } else {
                await apply(change, to: concerned, line)
            }
        }
    }

    /// Why a change is for nobody, or more than one of those it is for can do; `nil` when it can be made.
    private func problem(
        _ change: HSMChange, _ concerned: [HSMSimulator], _ hsms: [HSMSimulator]
    ) async -> String? {
        if concerned.isEmpty {
            let known = hsms.prefix(Self.listedAddresses).map { "\($0.address)" }.joined(separator: ", ")
            return "there is no such HSM; allowed: \(known)"
                + (hsms.count > Self.listedAddresses ? " and \(hsms.count - Self.listedAddresses) more" : "")
        }
        for hsm in concerned {
            if let problem = await change.problem(for: hsm.behaviour) { return "\(hsm.address): \(problem)" }
        }
        return nil
    }

    private func apply(_ change: HSMChange, to hsms: [HSMSimulator], _ line: String) async {
        do {
            for hsm in hsms { try await hsm.change { change.apply(to: &$0) } }
        } catch {
            printToStandardError("\(error)")
        }
        guard let hsm = hsms.first, hsms.count == 1 else {
            return printToStandardError("'\(line.terminalText)' to \(hsms.count) HSMs")
        }
        let now = await hsm.behaviour
        printToStandardError("\(hsm.address): total \(now.total), in use \(now.inUse), fault \(now.fault)")
    }

    private static func line(about change: HSMSimulator.ConnectionChange) -> String {
        let what = change.isConnected ? "connected" : "disconnected"
        return "\(change.hsm): \(change.client) \(what), \(change.open) open, \(change.available) available"
    }
}

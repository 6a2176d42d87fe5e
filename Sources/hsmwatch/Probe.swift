// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchService
import UnixSignals

/// `hsmwatch probe`: asks one HSM now, on the service's own road.
struct Probe: AsyncParsableCommand, SignalObeying {
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text
        case json
        case nagios
        case gelf
    }

    static let configuration = CommandConfiguration(
        abstract: "One probe of an HSM, as the service makes it: what happened, and what that means.",
        usage: """
            hsmwatch probe <hsm> [--query-port <n> ...] [--warning <x>]
                           [--critical <x>] [--timeout <d>] [--line-ending <e>]
                           [--count <n>] [--interval <d>] [--format <format>]
                           [--config <file>]
            """,
        discussion: """
            The HSM is HOST:PORT, and no configuration is read; or the name of one in the configuration, whose settings \
            count as far as no option says otherwise. An HSM sees one connection, and on it nothing but <1223#> or \
            <1223#PORT#>.

            The formats:
              text    what happened, with the time since the start, and the judgement
              json    the same, one JSON object a probe
              nagios  one line with performance data, for Icinga and other users of
                      monitoring plugins
              gelf    the messages that the service would send, one JSON object a line

            Exits 0 when the HSM is ok, 1 at a warning, 2 when it is critical or unreachable, 3 when its state is unknown \
            or no probe was finished; of several probes the last one counts, of several query ports the worst. Wrong \
            usage: 64, a configuration that is not valid: 78. SIGINT and SIGTERM end it.
            """
    )

    @Argument(
        help: ArgumentHelp("HOST:PORT, [IPV6]:PORT, or a name in the configuration.", valueName: "hsm"),
        transform: { try HSMTarget(parsing: $0) })
    var target: HSMTarget

    @Option(
        help: ArgumentHelp("Ask <1223#PORT#> for this port; repeatable (default: ask <1223#>).", valueName: "n"),
        transform: { try HostPort.port(parsing: $0) })
    var queryPort: [UInt16] = []

    @Option(
        help: ArgumentHelp(
            "Fewer available sockets are a warning: a number, or a percentage of the total (default: none).",
            valueName: "x"),
        transform: { try Threshold(parsing: $0) })
    var warning: Threshold?

    @Option(
        help: ArgumentHelp(
            "Fewer available sockets are critical (default: \(AlertConfiguration().critical)).", valueName: "x"),
        transform: { try Threshold(parsing: $0) })
    var critical: Threshold?

    @Option(
        help: ArgumentHelp(
            "Deadline of the whole probe (default: \(DurationText.format(HSMConfiguration.defaultTimeout))).",
            valueName: "d"),
        transform: { try DurationText.parse($0, in: ConfigurationLimits.timeout) })
    var timeout: Duration?

    @Option(help: ArgumentHelp("What follows the closing > of a request (default: lf).", valueName: "e"))
    var lineEnding: LineEnding?

    @Option(
        help: ArgumentHelp("How many probes, on one connection if it lasts (default: 1).", valueName: "n"),
        transform: count)
    var count = 1

    @Option(
        help: ArgumentHelp(
            "From the start of one probe to the next, at least the timeout and 100ms (default: "
                + "\(DurationText.format(HSMConfiguration.defaultInterval))).",
            valueName: "d"),
        transform: { try DurationText.parse($0, in: ConfigurationLimits.interval) })
    var interval: Duration?

    @Option(help: "How to print a probe.")
    var format = Format.text

    @OptionGroup var file: ConfigurationOption

    /// What `--count` can be.
    private static let counts = 1...1_000_000

    func validate() throws {
        guard interval == nil || count > 1 else {
            throw ValidationError("'--interval' lies between probes; with it belongs '--count'.")
        }
        // What needs no file is found out before anything is done.
        if case .address = target { _ = try subject() }
    }

    static let obeyedSignals = [SIGINT, SIGTERM]

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        let (hsm, encoder) = try subject()
        let session = await ProbeSession(hsm: hsm)
        let interruption = Task {
            for await _ in signals { return await session.stop() }
        }
        let status = await show(session, ProbeMessages(encoder: encoder))
        interruption.cancel()
        await session.stop()
        guard status == .ok else { throw ExitCode(status.exitCode) }
    }

    // MARK: Arguments

    private static func count(_ text: String) throws -> Int {
        guard let count = WholeNumber.parse(text), counts.contains(count) else {
            throw ValidationError("'\(text)' is not a number from \(counts.lowerBound) to \(counts.upperBound).")
        }
        return count
    }

    /// The HSM as it is to be probed, and what makes its messages as the service would.
    private func subject() throws -> (HSMConfiguration, MessageEncoder) {
        var overrides = HSMOverrides()
        overrides.queryPorts = queryPort
        overrides.warning = warning
        overrides.critical = critical
        overrides.timeout = timeout
        overrides.lineEnding = lineEnding
        overrides.interval = interval
        let configuration = try configuration()
        do {
            let base =
                switch target {
                case .address(let address): HSMConfiguration(name: address.host, address: address)
                case .name(let name): try configuration?.hsm(named: name)
                }
            guard let base else { throw ConfigurationOption.badConfiguration }
            let hsm = try overrides.applied(to: base, isRepeated: count > 1)
            let encoder = configuration.map { MessageEncoder(configuration: $0) }
            return (hsm, encoder ?? MessageEncoder(source: MachineName.current))
        } catch let error as InvalidText {
            throw ValidationError(error.description)
        }
    }

    /// The configuration, if the HSM is a name in it.
    private func configuration() throws -> Configuration? {
        switch target {
        case .address(let address):
            guard file.path == ConfigurationFile.defaultPath else {
                throw ValidationError("'--config' belongs with a name of the configuration, not with \(address).")
            }
            return nil
        case .name(let name):
            do {
                return try file.loadWithoutFiles()
            } catch {
                printToStandardError(
                    "'\(name)' was taken for a name in the configuration; an address has a port: \(name):9010")
                throw error
            }
        }
    }

    // MARK: Running

    /// Prints each probe when it is over; answers the status of the last one.
    private func show(_ session: ProbeSession, _ messages: ProbeMessages) async -> ProbeStatus {
        var messages = messages
        var status = ProbeStatus.unknown
        for number in 1...count {
            guard let report = await session.next() else { break }
            status = report.status
            guard (try? print(report, &messages, isFirst: number == 1)) != nil else { break }
        }
        return status
    }

    private func print(
        _ report: ProbeReport, _ messages: inout ProbeMessages, isFirst: Bool
    ) throws(StandardOutput.Failed) {
        switch format {
        case .text:
            if !isFirst { try StandardOutput.write(line: "") }
            for line in report.text(isColoured: StandardOutput.isColoured) {
                try StandardOutput.write(line: Terminal.fit(line, to: STDOUT_FILENO))
            }
        case .json:
            try StandardOutput.write(line: report.json)
        case .nagios:
            try StandardOutput.write(line: report.nagiosLine)
        case .gelf:
            for line in messages.lines(of: report) { try StandardOutput.write(line: line) }
        }
    }
}

/// `--line-ending`, by the words of the configuration.
extension LineEnding: ExpressibleByArgument {}

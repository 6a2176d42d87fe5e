// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Foundation
import Glibc
import HSMWatchCore
import HSMWatchGraylog
import HSMWatchService
import UnixSignals

/// `hsmwatch graylog`: makes a Graylog ready for what hsmwatch sends, one subcommand a file.
struct Graylog: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a Graylog ready by its REST API: content pack, types of fields.",
        subcommands: [GraylogInstall.self, GraylogUninstall.self, GraylogPinFields.self]
    )
}

/// Where a Graylog is and what opens it, as every command that changes one takes it.
struct GraylogOptions: ParsableArguments {
    /// Not transformed: the parser would show a value that is wrong, and a password with it.
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp("Graylog's REST API, such as https://graylog.example.net/api.", valueName: "url"))
    var urlText: String

    @Option(
        help: ArgumentHelp(
            "A file whose first line is an access token of a Graylog user; nobody else may read it.",
            valueName: "file"),
        completion: .file())
    var tokenFile: String

    @Option(
        help: ArgumentHelp(
            "The authorities that may have signed Graylog's certificate, a PEM file (default: the system's).",
            valueName: "file"),
        completion: .file())
    var ca: String?

    @Flag(help: "Say what would be done, and change nothing.")
    var dryRun = false

    func validate() throws {
        let url = try url
        guard url.isSecure || ca == nil else {
            throw ValidationError("'--ca' belongs with https, not with \(url).")
        }
        ProcessMemory.seal()
        _ = try access()
    }

    /// Does something with a client, and ends the command when Graylog does not do its part.
    func withClient(
        _ work: @escaping @ServiceLoop (GraylogClient) async throws(GraylogProblem) -> Void
    ) async throws {
        let access = try access()
        guard let problem = await Self.problem(access, work) else { return }
        printToStandardError("\(problem)")
        throw ExitCode(EX_UNAVAILABLE)
    }

    /// Does what neither a person nor a lost terminal may end: between two steps Graylog may have no input. Every
    /// answer has its deadline.
    ///
    /// - Parameter endWait: called at each signal; what is only waited for may end.
    @ServiceLoop
    static func finish(
        _ work: @ServiceLoop () async throws(GraylogProblem) -> Void,
        endWait: @escaping @ServiceLoop () -> Void = {}
    ) async throws(GraylogProblem) {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let obeying = Task { @ServiceLoop in
            for await _ in signals {
                GraylogReport.show(.note("what is begun is finished first"))
                endWait()
            }
        }
        defer { obeying.cancel() }
        try await work()
    }

    private var url: GraylogURL {
        get throws {
            do throws(InvalidText) {
                return try GraylogURL(parsing: urlText)
            } catch {
                throw ValidationError("--url: \(error)")
            }
        }
    }

    /// What is wrong with a file is said alone: how the command is used is not the matter.
    private func access() throws -> GraylogAccess {
        let url = try url
        do {
            return try GraylogAccess(url: url, tokenFile: tokenFile, ca: ca)
        } catch {
            printToStandardError("\(error)")
            throw ExitCode(EX_USAGE)
        }
    }

    @ServiceLoop
    private static func problem(
        _ access: GraylogAccess, _ work: @ServiceLoop (GraylogClient) async throws(GraylogProblem) -> Void
    ) async -> GraylogProblem? {
        let client = GraylogClient(access)
        var problem: GraylogProblem?
        do throws(GraylogProblem) {
            try await work(client)
        } catch {
            problem = error
        }
        await client.shutDown()
        return problem
    }
}

/// What is said of a change of Graylog: what was done on stdout, what should be known on stderr.
enum GraylogReport {
    static func show(_ report: PackInstaller.Report) {
        switch report {
        case .done(let text): say(text)
        case .note(let text): printToStandardError("note: \(text)")
        }
    }

    /// At once. A closed stdout ends nothing: what is begun is finished.
    static func say(_ line: String) {
        StandardOutput.say(line)
    }

    /// What is waited for, on a terminal: in a line that the next one replaces.
    static func countDown(_ line: String?) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        let text = line.map { Terminal.fit($0, to: STDERR_FILENO) } ?? ""
        // Carriage return and erase to the end of the line (ECMA-48 EL).
        try? FileHandle.standardError.write(contentsOf: Data("\r\u{1B}[K\(text)".utf8))
    }

    /// What must be known before anything is done.
    static func show(_ notes: [String]) {
        for note in notes { show(.note(note)) }
    }

    static func showTarget(_ version: GraylogRelease, at url: GraylogURL) {
        say("Graylog \(version) at \(url)")
    }

    /// The steps of a dry run.
    static func showIntentions(_ intentions: [String]) {
        for intention in intentions { say("would \(intention)") }
        if !intentions.isEmpty { printToStandardError("--dry-run: nothing was changed") }
    }
}

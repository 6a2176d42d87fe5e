// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchService

/// `hsmwatch status`: how the running service, its HSMs and its outputs are.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Ask the running service how its HSMs and outputs are.",
        discussion: """
            Prints a table: for each HSM its state, how many sockets are available of how many, the latest readings, \
            the latency, since when the state lasts, and in how long nothing is left, if that is foreseen; the worst \
            first. Then the outputs.

            --watch redraws it every second until q is pressed; s n a l c e sort, r reverses, arrows and page keys \
            scroll. Without a terminal, on one that obeys no escape sequences (TERM is dumb, empty or unset), or with \
            NO_COLOR set, it prints one table after the other instead.

            Exits 0, or 69 when the service does not run or does not answer. Its socket may be used by root and by \
            the group that owns it.
            """
    )

    @Flag(help: "Redraw in place until q is pressed.")
    var watch = false

    @Flag(help: "Print the snapshot as the service gives it: one JSON object.")
    var json = false

    @Option(help: ArgumentHelp("The service's socket.", valueName: "file"), completion: .file())
    var socket = StatusClient.defaultPath

    func validate() throws {
        if watch, json { throw ValidationError("'--watch' and '--json': one of the two.") }
    }

    func run() async throws {
        do {
            if json {
                return try StandardOutput.write(try await StatusClient.json(path: socket))
            }
            let snapshot = try await StatusClient.snapshot(path: socket)
            guard watch else { return try Self.print(snapshot) }
            if StandardOutput.isColoured, let screen = FullScreen(input: STDIN_FILENO, output: STDOUT_FILENO) {
                return await StatusWatch(socket: socket, screen: screen, first: snapshot).run()
            }
            try await repeatTables(first: snapshot)
        } catch let unavailable as StatusUnavailable {
            printToStandardError(unavailable.description)
            throw ExitCode(EX_UNAVAILABLE)
        }
    }

    private static func print(_ snapshot: Snapshot) throws(StandardOutput.Failed) {
        let report = StatusReport(snapshot, columns: Terminal.columns(of: STDOUT_FILENO))
        for line in report.lines() {
            let text = line.text(isColoured: StandardOutput.isColoured)
            try StandardOutput.write(line: StandardOutput.drawn(text))
        }
    }

    /// One table after the other, for a file or a terminal that shall not be redrawn; ends when the service does.
    private func repeatTables(first: Snapshot) async throws {
        try Self.print(first)
        while true {
            try await Task.sleep(for: StatusWatch.interval)
            let next = try await StatusClient.snapshot(path: socket)
            try StandardOutput.write(line: "")
            try Self.print(next)
        }
    }
}

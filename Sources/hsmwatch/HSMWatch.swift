// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchGraylog
import HSMWatchService

/// The command line: one subcommand a file.
struct HSMWatch: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hsmwatch",
        abstract: "Watch how many TCP sockets payment HSMs have left, and tell Graylog.",
        version: Version.number,
        subcommands: [
            Run.self, Check.self, Status.self, Probe.self, SendTest.self, Simulate.self, Receive.self,
            ContentPackCommand.self, Graylog.self, Demo.self,
        ]
    )
}

/// Where the process begins.
@main
enum Program {
    /// Parses the command line on the main thread and runs the command on others. Never returns.
    ///
    /// Not an async function: while that waits, the main thread is Dispatch's, which takes every signal there, those
    /// that `EarlySignals` holds among them.
    static func main() {
        EarlySignals.hold()
        StandardDescriptors.occupy()
        run(parsed())
        while true { pause() }
    }

    private static func parsed() -> any ParsableCommand {
        do {
            let command = try HSMWatch.parseAsRoot()
            EarlySignals.release(for: command)
            return command
        } catch {
            end(error)
        }
    }

    private static func run(_ command: sending any ParsableCommand) {
        Task.detached {
            do {
                var command = command
                if var command = command as? any AsyncParsableCommand {
                    try Descriptors.require(for: command)
                    try await command.run()
                } else {
                    try command.run()
                }
                end(nil)
            } catch {
                end(error)
            }
        }
    }

    /// Ends the process: with 1 when something that was printed could not be written, else as the command ended.
    private static func end(_ error: (any Error)?) -> Never {
        let ending = error is StandardOutput.Failed ? nil : error
        // `--help` and its like come as errors, and are printed.
        let isHelp = ending.map { HSMWatch.exitCode(for: $0) == .success } ?? false
        if let ending, isHelp {
            let text = HSMWatch.fullMessage(for: ending)
            if !text.isEmpty { StandardOutput.say(text) }
        }
        if let problem = StandardOutput.finish() {
            printToStandardError(problem)
            HSMWatch.exit(withError: ExitCode.failure)
        }
        HSMWatch.exit(withError: isHelp ? nil : ending)
    }
}

/// A command that ends in good order, or does something else, at some signals.
protocol SignalObeying {
    /// What it traps, as soon as it runs.
    static var obeyedSignals: [CInt] { get }
}

/// Signals that come before a command can obey them.
enum EarlySignals {
    private static let held = [SIGTERM, SIGINT, SIGHUP]

    /// Holds back the signals that a command may obey; what comes meanwhile stays pending. A write to a closed pipe
    /// fails from here on and does not end the process.
    ///
    /// Call it on the main thread, before there is any other: each thread inherits which signals are blocked.
    static func hold() {
        signal(SIGPIPE, SIG_IGN)
        mask(SIG_BLOCK, held)
    }

    /// Lets the signals through that the command does not obey, to the main thread. The others stay blocked: Dispatch
    /// reads them by signalfd(2), which needs that.
    static func release(for command: Any) {
        let obeyed = (command as? any SignalObeying).map { type(of: $0).obeyedSignals } ?? []
        mask(SIG_UNBLOCK, held.filter { !obeyed.contains($0) })
    }

    private static func mask(_ how: CInt, _ signals: [CInt]) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        pthread_sigmask(how, &set, nil)
    }
}

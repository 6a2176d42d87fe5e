// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchService

/// The file descriptors that a command needs before it begins: an event loop without them ends the process.
enum Descriptors {
    /// Raises the limit, and ends the command when it cannot open what every command with an event loop needs.
    static func require(for command: any AsyncParsableCommand) throws {
        OpenFiles.raiseLimit()
        guard let cause = OpenFiles.shortage(of: DescriptorNeed.command) else { return }
        let limit = OpenFiles.limit.map { ", and the limit is \($0) in all: raise it with ulimit -n" } ?? ""
        printToStandardError(
            "\(cause.sentence): hsmwatch needs \(DescriptorNeed.command) more open files than it has now"
                + (cause == .descriptors ? limit : "; \(cause.advice)"))
        // Of a probe, 71 would be no status of a monitoring plugin.
        throw command is Probe ? ExitCode(ProbeStatus.unknown.exitCode) : ExitCode(EX_OSERR)
    }
}

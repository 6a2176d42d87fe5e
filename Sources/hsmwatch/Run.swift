// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import HSMWatchCore
import HSMWatchService
import Logging

/// `hsmwatch run`: the service.
struct Run: AsyncParsableCommand, SignalObeying {
    static let configuration = CommandConfiguration(
        abstract: "Run the service in the foreground; what systemd starts.",
        discussion: """
            Polls every HSM of the configuration, judges the answers, and delivers them to the outputs. The spool is \
            kept in $STATE_DIRECTORY, else in /var/lib/hsmwatch. 'hsmwatch status' asks it on a socket in \
            $RUNTIME_DIRECTORY, else in /run/hsmwatch. Logs to the journal under systemd, else to stderr.

            SIGTERM and SIGINT stop it in good order: exit 0. SIGHUP reloads the configuration; one that is not valid \
            changes nothing. Exit codes of a start that polls nothing: 78 when the configuration is bad or a newer \
            hsmwatch wrote the spool, 71 when it may open too few files (ulimit -n, LimitNOFILE=), 73 when the spool \
            cannot be opened because its directory is absent or this user may not use it, 75 when another hsmwatch uses \
            the spool.
            """
    )

    @OptionGroup var file: ConfigurationOption

    static let obeyedSignals = Monitor.obeyedSignals

    func run() async throws {
        ProcessMemory.seal()
        let inherited = InheritedDescriptor.receive()
        let signals = await Monitor.trapSignals()
        let journal = JournalWriter.standard()
        defer { journal.flush() }
        LoggingSystem.bootstrap { _ in JournalLogHandler(writer: journal) }
        var logger = Logger(label: "hsmwatch")

        let (configuration, found) = ConfigurationFile.load(file.path)
        let problems = found + [configuration.flatMap(OpenFiles.problem)].compactMap(\.self)
        for problem in problems {
            logger.note(.configurationProblem(problem, file: file.path))
        }
        guard let configuration else {
            let reason = ConfigurationProblem.firstError(of: problems, in: file.path)
            let manager = await ServiceManager(logger: logger)
            await manager.notify("STATUS=not started: \(reason)")
            await manager.finish()
            throw ConfigurationOption.badConfiguration
        }
        logger.logLevel = Logger.Level(configuration.logLevel)
        let need = DescriptorNeed(configuration)
        if let limit = OpenFiles.limit, limit < need.least {
            logger.note(.tooFewDescriptors(needed: need.least, limit: limit))
            await ServiceManager(logger: logger).notify(
                "STATUS=not started: \(need.least) open files are needed, and the limit is \(limit)")
            throw ExitCode(EX_OSERR)
        }
        // The spool tells who has how many sockets: nobody else's business.
        umask(0o077)
        let monitor = Monitor(
            configuration: configuration, file: file.path, stateDirectory: Monitor.defaultStateDirectory,
            statusSocket: Monitor.defaultStatusSocket, inherited: inherited, signals: signals, logger: logger)
        do {
            try await monitor.run()
        } catch let refusal as SpoolRefusal {
            throw Self.exitCode(of: refusal)
        }
    }

    /// The codes are those of sysexits.h.
    private static func exitCode(of refusal: SpoolRefusal) -> ExitCode {
        switch refusal {
        // EX_TEMPFAIL: the other one may end.
        case .inUse: ExitCode(75)
        // EX_CANTCREAT
        case .cannotOpen: ExitCode(73)
        // EX_CONFIG: a newer spool is as new a second later; an administrator has to decide.
        case .newer: ExitCode(78)
        }
    }
}

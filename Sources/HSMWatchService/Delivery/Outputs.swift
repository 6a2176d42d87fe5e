// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle

/// All outputs as one part of the service: they end together, so that several dead ones do not add up their drains.
@ServiceLoop
final class Outputs: Service {
    @ServiceLoop
    private struct Member {
        let output: Output
        /// Raised when it has ended.
        let ended = WakeUp()
    }

    private let spool: Spool
    private let resolver: Resolver
    private let hsms: HSMAddressBook
    private let faults: LocalFaultWatch?
    private let stop: StopDeadline
    private let logger: Logger
    /// In the order of the configuration.
    private var names: [String]
    /// By name.
    private var members: [String: Member] = [:]
    /// Those that were stopped and have not ended yet, by name.
    private var ending: [String: Member] = [:]
    private let tasks = TaskPool()

    init(
        _ outputs: [OutputConfiguration], spool: Spool, resolver: Resolver, hsms: HSMAddressBook,
        faults: LocalFaultWatch?, stop: StopDeadline, logger: Logger
    ) {
        self.faults = faults
        self.spool = spool
        self.hsms = hsms
        self.resolver = resolver
        self.stop = stop
        self.logger = logger
        names = outputs.map(\.name)
        outputs.forEach { add($0) }
    }

    /// How each is at this moment, in the order of the configuration.
    var snapshots: [OutputSnapshot] {
        names.compactMap { members[$0]?.output.snapshot }
    }

    /// Delivers until the graceful shutdown or a cancellation, and as long after it as the outputs need.
    func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await tasks.run()
        } onCancelOrGracefulShutdown: {
            Task { @ServiceLoop in self.tasks.finish() }
        }
    }

    /// Goes on with other outputs. What is unchanged keeps its connection; what is changed goes on after what it has
    /// confirmed; what a removed one held is released by the spool.
    func change(_ changes: ConfigurationChanges.Names, to outputs: [OutputConfiguration]) {
        for name in changes.removed + changes.changed {
            ending[name] = members.removeValue(forKey: name)
            ending[name]?.output.stop()
        }
        names = outputs.map(\.name)
        let begun = Set(changes.added + changes.changed)
        for output in outputs where begun.contains(output.name) {
            add(output)
        }
    }

    /// It begins when one of the same name, whose cursor it takes over, has ended.
    private func add(_ configuration: OutputConfiguration) {
        let name = configuration.name
        let before = ending[name]
        let member = Member(
            output: Output(
                configuration: configuration, spool: spool, resolver: resolver, hsms: hsms, faults: faults, stop: stop,
                logger: logger))
        members[name] = member
        tasks.add {
            await before?.ended.wait()
            await member.output.run()
            member.ended.raise()
            if self.ending[name]?.output === member.output { self.ending[name] = nil }
        }
    }
}

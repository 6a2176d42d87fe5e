// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle

/// All HSMs: one task each, on one timer.
@ServiceLoop
package final class Fleet: Service {
    /// Which of them are overdue.
    let overdue: OverdueWatch

    /// HSMs whose reminders are made before the loop does other work.
    private nonisolated static let remindedAtOnce = 32

    private let timer: PollTimer
    private let addressBook: HSMAddressBook
    private let store: ConnectionStore?
    private let faults: LocalFaultWatch?
    private let spool: Spool
    private let armed: WakeUp
    private let logger: Logger
    /// In the order of the configuration.
    private var names: [String]
    /// By name.
    private var targets: [String: Target] = [:]
    private let tasks = TaskPool()
    /// HSMs that were ever added.
    private var added = 0
    /// The probes of HSMs that are no longer watched.
    private var earlierCounts = ProbeCounts()

    /// - Parameters:
    ///   - addressBook: resolves the names of HSMs.
    ///   - store: what connections are taken up from and kept in; nil when none are.
    ///   - faults: hears what HSMs cannot do because of this machine.
    ///   - armed: raised when every HSM's timer stands.
    package init(
        hsms: [HSMConfiguration], timer: PollTimer, addressBook: HSMAddressBook, store: ConnectionStore?, spool: Spool,
        armed: WakeUp, faults: LocalFaultWatch? = nil, logger: Logger
    ) {
        self.faults = faults
        overdue = OverdueWatch {
            spool.report(.probesOverdue($0))
        }
        self.timer = timer
        self.addressBook = addressBook
        self.store = store
        self.spool = spool
        self.armed = armed
        self.logger = logger
        names = hsms.map(\.name)
        add(hsms)
        if let (takenUp, ended) = store?.endRest(), takenUp + ended > 0 {
            logger.note(.connectionsTakenUp(takenUp, ended: ended))
        }
    }

    /// How the HSMs are at this moment, for the heartbeat and the service manager.
    package var status: FleetStatus { FleetStatus(names.compactMap { targets[$0]?.standing }) }

    /// The probes since the start.
    package var counts: ProbeCounts { targets.values.reduce(into: earlierCounts) { $0 += $1.counts } }

    /// How every query of every HSM is at this moment, in the order of the configuration.
    var snapshots: [HSMSnapshot] {
        names.flatMap { targets[$0]?.snapshots ?? [] }
    }

    /// Appends a reminder for every query whose state is not ok and lasts. Lets the loop do other work in between,
    /// since all HSMs may be in trouble at once.
    func remind(at now: () -> Moment) async {
        let names = names
        for start in stride(from: 0, to: names.count, by: Self.remindedAtOnce) {
            for name in names[start..<min(start + Self.remindedAtOnce, names.count)] {
                for event in targets[name]?.reminders(at: now()) ?? [] {
                    spool.report(event)
                }
            }
            await Task.yield()
        }
    }

    /// Polls until the graceful shutdown or a cancellation; a probe that runs then is given up.
    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            timer.start()
            overdue.start()
            armed.raise()
            await tasks.run()
        } onCancelOrGracefulShutdown: {
            Task { @ServiceLoop in self.stop() }
        }
    }

    /// Applies a new list of HSMs. Unchanged ones are not touched. A changed one keeps its connection unless the
    /// question to it changed, and its state and history unless its address changed. An old connection is closed before
    /// a new one is opened.
    func change(_ changes: ConfigurationChanges.Names, to hsms: [HSMConfiguration]) {
        let replaced = adjust(changes.changed, to: hsms)
        let ended = (changes.removed + replaced).compactMap { targets.removeValue(forKey: $0) }
        timer.remove(ended.map(\.ticks))
        for target in ended {
            target.stop()
            earlierCounts += target.counts
            overdue.remove(target.number)
            faults?.succeeded(.hsm(target.hsm.name))
        }
        names = hsms.map(\.name)
        let begun = Set(changes.added + replaced)
        add(hsms.filter { begun.contains($0.name) })
    }

    /// Changes HSMs whose address is as it was. Answers the names of the others.
    private func adjust(_ names: [String], to hsms: [HSMConfiguration]) -> [String] {
        let configurations = Dictionary(uniqueKeysWithValues: hsms.map { ($0.name, $0) })
        var replaced: [String] = []
        var retimed: [(ticks: Ticks, name: String, interval: Duration)] = []
        for name in names {
            guard let target = targets[name], let hsm = configurations[name] else { continue }
            if target.hsm.interval != hsm.interval {
                retimed.append((target.ticks, name, hsm.interval))
                overdue.change(target.number, interval: hsm.interval)
            }
            switch HSMReconfiguration(from: target.hsm, to: hsm) {
            case .judgement:
                target.change(to: hsm)
            case .wire:
                target.change(to: hsm) { self.prober(of: hsm) }
            case .address:
                replaced.append(name)
            }
        }
        if !retimed.isEmpty { timer.change(retimed, at: .now) }
        return replaced
    }

    private func add(_ hsms: [HSMConfiguration]) {
        let now = Instant.now
        for hsm in hsms {
            let target = Target(
                hsm: hsm, number: added, ticks: timer.add(name: hsm.name, interval: hsm.interval, at: now),
                prober: prober(of: hsm), overdue: overdue, faults: faults, spool: spool, logger: logger)
            added += 1
            overdue.add(target.number, name: hsm.name, interval: hsm.interval)
            targets[hsm.name] = target
            tasks.add { await target.watch() }
        }
    }

    private func prober(of hsm: HSMConfiguration) -> Prober {
        Prober(hsm: hsm, store: store, faults: faults, resolve: addressBook.resolveHSM)
    }

    private func stop() {
        timer.stop()
        overdue.stop()
        targets.values.forEach { $0.leave() }
        tasks.finish()
    }
}

/// Looks every second which HSMs are overdue, from the start of the polling to its end.
@ServiceLoop
package final class OverdueWatch {
    private var probes = OverdueProbes(at: .now)
    private var isRunning = false
    private let timer = DeadlineTimer()
    private let report: (OverdueProbes.Report) -> Void

    /// - Parameter report: appends a message.
    package init(report: @escaping (OverdueProbes.Report) -> Void) {
        self.report = report
    }

    /// HSMs that are overdue now.
    package var count: Int { probes.count }

    /// The polling begins.
    package func start() {
        isRunning = true
        probes.begin(at: .now)
        arm()
    }

    /// The polling ends.
    package func stop() {
        isRunning = false
        timer.set(nil) {}
    }

    /// Watches an HSM with a number that no other has.
    package func add(_ number: Int, name: String, interval: Duration) {
        probes.add(number, name: name, interval: interval, at: .now)
    }

    /// The HSM has another interval.
    package func change(_ number: Int, interval: Duration) {
        probes.change(number, interval: interval, at: .now)
    }

    /// Stops watching the HSM.
    package func remove(_ number: Int) {
        probes.remove(number)
    }

    /// A probe of the HSM has ended, or was left out on purpose.
    package func ended(_ number: Int) {
        probes.ended(number, at: .now)
    }

    private func arm() {
        timer.set(probes.deadline) { [weak self] in self?.look() }
    }

    private func look() {
        guard isRunning else { return }
        if let found = probes.look(at: .now) { report(found) }
        arm()
    }
}

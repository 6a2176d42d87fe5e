// SPDX-License-Identifier: Apache-2.0

import Dispatch
import HSMWatchCore
import Logging
import ServiceLifecycle

/// Keeps the service manager informed: ready, how things are, that every part makes progress.
///
/// The watchdog's Dispatch timer only asks. The event loop decides on the answer, and gives one only if it came to its
/// sockets, the poll timer is on time and the spool's job is done in time. So a `WATCHDOG=1` proves all of them. While
/// the manager reads nothing, one answer at most waits (`NotificationQueue`): a queue of them would hide a hang later.
@ServiceLoop
final class Supervisor: Service {
    /// How often the status line is renewed, if it has changed.
    static let statusInterval = Duration.seconds(4)

    private let manager: ServiceManager
    private let timer: PollTimer
    private let armed: WakeUp
    private let ready: WakeUp
    private let ticks: Ticks
    private let fleet: Fleet
    private let spool: Spool
    private let logger: Logger
    private var status = ""
    /// What the status line says of the last reload; nil when it succeeded.
    private var reloadProblem: String?
    private var watchdog = WatchdogAnswer()
    /// Looks again while the watchdog's answer is withheld.
    private let recheck = DeadlineTimer()

    /// - Parameters:
    ///   - armed: raised when every HSM's timer stands.
    ///   - ready: is raised when the service manager knows that.
    init(
        manager: ServiceManager, timer: PollTimer, armed: WakeUp, ready: WakeUp, fleet: Fleet, spool: Spool,
        logger: Logger
    ) {
        self.manager = manager
        self.timer = timer
        self.armed = armed
        self.ready = ready
        ticks = timer.add(name: "status", interval: Self.statusInterval, at: .now)
        self.fleet = fleet
        self.spool = spool
        self.logger = logger
    }

    /// Ends last: the manager may hear that there is progress for as long as anything runs.
    func run() async {
        await armed.wait()
        status = line
        manager.notify("READY=1", "STATUS=\(status)")
        ready.raise()
        let source = startWatchdog()
        while await ticks.next() != nil {
            renewStatus()
        }
        // Cancelled or not, this is the end.
        try? await gracefulShutdown()
        source?.cancel()
        recheck.set(nil) {}
    }

    /// A reload begins.
    func reloading() {
        manager.notify("RELOADING=1", "MONOTONIC_USEC=\(Instant.now.nanoseconds / 1000)")
    }

    /// A reload has ended; the problem stays in the status line until one succeeds.
    func reloaded(problem: String?) {
        reloadProblem = problem
        status = line
        manager.notify("READY=1", "STATUS=\(status)")
    }

    private var line: String {
        fleet.status.line(queued: spool.queued) + (reloadProblem.map { " · not reloaded: \($0)" } ?? "")
    }

    private func renewStatus() {
        let line = line
        guard line != status else { return }
        status = line
        manager.notify("STATUS=\(line)")
    }

    private func startWatchdog() -> (any DispatchSourceTimer)? {
        guard let timeout = manager.watchdogTimeout else { return nil }
        let half = DispatchTimeInterval.nanoseconds(Int((timeout / 2).wholeNanoseconds))
        let source = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "hsmwatch.watchdog"))
        source.setEventHandler { @Sendable [weak self] in
            Task { @ServiceLoop in ServiceLoop.afterNetwork { self?.vouch() } }
        }
        source.schedule(deadline: .now(), repeating: half)
        source.activate()
        return source
    }

    private func vouch() {
        var liveness = Liveness()
        liveness.expect(.timers, by: timer.deadline.map { $0 + Liveness.timerGrace })
        liveness.expect(.spool, by: spool.deadline)
        let now = Instant.now
        switch watchdog.look(overdue: liveness.overdue(at: now), at: now) {
        case .answer: manager.notify("WATCHDOG=1")
        case .report(let part): logger.note(.watchdogWithheld(part))
        case .withhold: break
        }
        recheck.set(watchdog.deadline) { [weak self] in self?.vouch() }
    }
}

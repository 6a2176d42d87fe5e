// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import ServiceLifecycle

/// Tells Graylog and the journal that hsmwatch started, lives, is reloaded and stops. With each heartbeat come the
/// reminders of HSMs that are not ok.
@ServiceLoop
final class Announcer: Service {
    private static let name = "heartbeat"

    private let timer: PollTimer
    private let ticks: Ticks
    private let fleet: Fleet
    private let spool: Spool
    private let clock: ClockWatch
    private let startedAt = Instant.now
    private let hsms: Int
    private let now: () -> Moment

    /// - Parameters:
    ///   - clock: looks at the clock as long as this lives.
    ///   - now: the clocks by which reminders are made.
    init(
        heartbeat: Duration, hsms: Int, timer: PollTimer, fleet: Fleet, spool: Spool, clock: ClockWatch,
        now: @escaping () -> Moment = { .now }
    ) {
        self.now = now
        self.timer = timer
        ticks = timer.add(name: Self.name, interval: heartbeat, at: startedAt)
        self.hsms = hsms
        self.fleet = fleet
        self.spool = spool
        self.clock = clock
    }

    /// The heartbeats end with the timer; the last word waits until the polling is over.
    func run() async {
        let damage = spool.damaged.map { "the spool was damaged; it is kept as \($0)" }
        tell(.service(.started(version: Version.number, hsms: hsms, reason: damage ?? spool.takeLoss())))
        clock.start()
        while await ticks.next() != nil {
            tell(.heartbeat(Heartbeat(fleet, spool, startedAt: startedAt)))
            await fleet.remind(at: now)
        }
        clock.stop()
        // Cancelled or not, this is the end.
        try? await gracefulShutdown()
        tell(.service(.stopping(waiting: spool.waiting)))
    }

    /// Changes the distance between heartbeats.
    func change(heartbeat: Duration) {
        timer.change(ticks, name: Self.name, interval: heartbeat, at: .now)
    }

    /// Tells what came of a reload.
    func tell(_ action: ServiceAction) {
        tell(.service(action))
    }

    private func tell(_ content: Event.Content) {
        spool.report(Event(timestamp: .now, content: content))
    }
}

extension Heartbeat {
    /// What there is to count at this moment.
    @ServiceLoop
    init(_ fleet: Fleet, _ spool: Spool, startedAt: Instant) {
        let counts = fleet.counts
        self.init(
            states: fleet.status.states, probes: counts.probes, probesFailed: counts.failed,
            probesSkipped: counts.skipped, spooled: spool.waiting, dropped: spool.dropped,
            hsmsOverdue: fleet.overdue.count, uptime: .now - startedAt)
    }
}

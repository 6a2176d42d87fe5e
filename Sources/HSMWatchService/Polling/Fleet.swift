// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle

/// All HSMs: one task each, on one timer.
@ServiceLoop
package final class Fleet: Service {
    /// How the HSMs are, for the heartbeat and the service manager.
    package internal(set) var status = FleetStatus()

    private let timer: PollTimer
    private let armed: WakeUp
    private var targets: [Target] = []
    private var probers: [Prober] = []

    /// - Parameter armed: raised when every HSM's timer stands.
    package init(
        hsms: [HSMConfiguration], timer: PollTimer, resolver: Resolver, spool: Spool, armed: WakeUp, logger: Logger
    ) {
        self.timer = timer
        self.armed = armed
        let now = Instant.now
        for hsm in hsms {
            let prober = Prober(hsm: hsm, resolver: resolver)
            probers.append(prober)
            targets.append(
                Target(
                    hsm: hsm, index: status.add(name: hsm.name, queries: hsm.queries),
                    ticks: timer.add(name: hsm.name, interval: hsm.interval, at: now), prober: prober, fleet: self,
                    spool: spool, logger: logger))
        }
    }

    /// How every query of every HSM is at this moment, in the order of the configuration.
    func snapshots(at now: Moment) -> [HSMSnapshot] {
        targets.flatMap { $0.snapshots(at: now) }
    }

    /// Polls until the graceful shutdown or a cancellation; a probe that runs then is given up.
    package func run() async {
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for target in targets {
                    group.addTask { await target.watch() }
                }
                timer.start()
                armed.raise()
            }
        } onCancelOrGracefulShutdown: {
            Task { @ServiceLoop in
                self.timer.stop()
                self.probers.forEach { $0.stop() }
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Logging
import ServiceLifecycle
import UnixSignals

/// Obeys the signals that were trapped when the process began: SIGTERM and SIGINT end the service in good order, SIGHUP
/// reloads the configuration.
struct SignalService: Service {
    /// The signals to trap before anything else is done.
    static let trapped: [UnixSignal] = [.sigterm, .sigint, .sighup]

    /// How long the service manager waits for the end: above what a stop takes, on a machine or a disk that is slow.
    static let stopTimeout = StopDeadline.limit * 2

    let signals: Monitor.Signals
    let manager: ServiceManager
    let stop: StopDeadline
    /// Nil when there is no file to reload.
    let reloader: Reloader?

    /// Returns when the service shall stop.
    func run() async {
        await obey(signals)
    }

    private func obey(_ signals: some AsyncSequence<UnixSignal, Never> & Sendable) async {
        for await signal in signals.cancelOnGracefulShutdown() {
            guard signal == .sighup else {
                return await announceStop()
            }
            await reloader?.reload()
        }
    }

    @ServiceLoop
    private func announceStop() {
        stop.begin()
        let microseconds = Self.stopTimeout.wholeNanoseconds / 1000
        manager.notify("STOPPING=1", "STATUS=stopping", "EXTEND_TIMEOUT_USEC=\(microseconds)")
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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

    /// Watches the HSM no more.
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

// SPDX-License-Identifier: Apache-2.0

import CSystemd
import HSMWatchCore

/// Asks the kernel every minute whether this machine's clock is synchronised.
@ServiceLoop
package final class ClockWatch {
    private var synchronisation = ClockSynchronisation()
    private var isRunning = false
    private let timer = DeadlineTimer()
    private let now: () -> Instant
    private let look: () -> ClockSynchronisation.Finding
    private let report: (Duration) -> Void

    /// - Parameters:
    ///   - look: asks the kernel.
    ///   - report: appends a message: the clock has not been synchronised for so long.
    package init(
        now: @escaping () -> Instant = { .now }, look: @escaping () -> ClockSynchronisation.Finding = kernelFinding,
        report: @escaping (Duration) -> Void
    ) {
        self.now = now
        self.look = look
        self.report = report
    }

    /// How long the clock has not been synchronised; nil unless that was reported and lasts.
    package var unsynchronised: Duration? {
        synchronisation.unsynchronisedSince.map { now() - $0 }
    }

    /// Looks at once, and then every minute.
    package func start() {
        isRunning = true
        check()
    }

    /// Stops looking.
    package func stop() {
        isRunning = false
        timer.set(nil) {}
    }

    /// Looks now, and sets the timer for the next look.
    package func check() {
        guard isRunning else { return }
        if synchronisation.note(look(), at: now()), let unsynchronised { report(unsynchronised) }
        timer.set(synchronisation.deadline) { [weak self] in self?.check() }
    }
}

/// What the kernel says of its clock: `STA_UNSYNC` of adjtimex(2), read without a change. A call that is not permitted,
/// as a filter of system calls may decide, says nothing.
package func kernelFinding() -> ClockSynchronisation.Finding {
    switch hsmwatch_clock_is_unsynchronised() {
    case 0: .synchronised
    case 1: .unsynchronised
    default: .unknown
    }
}

/// Collects what HSMs, outputs and the status socket cannot do because of this machine, and reports it once for all of
/// them.
@ServiceLoop
package final class LocalFaultWatch {
    /// The number of the first descriptor that no HSM connection may have; nil without a limit.
    package private(set) var firstReserved: CInt?
    private let limit: Int?
    private let tell: (ServiceAction) -> Void
    private var faults = LocalFaults()
    private let timer = DeadlineTimer()

    /// - Parameters:
    ///   - need: of the configuration in effect.
    ///   - limit: how many files the process may have open; nil when that is not known.
    ///   - tell: appends a message.
    package init(_ need: DescriptorNeed, limit: Int?, tell: @escaping (ServiceAction) -> Void) {
        self.limit = limit
        self.tell = tell
        change(need)
    }

    /// Applies a new configuration.
    package func change(_ need: DescriptorNeed) {
        firstReserved = limit.map { CInt(clamping: need.firstReserved(of: $0)) }
    }

    /// The party could not try, for this cause.
    package func failed(_ party: LocalFaults.Party, _ cause: LocalCause) {
        if faults.failed(party, cause, at: .now) { tell(.localFaultStarted(cause)) }
        arm()
    }

    /// The party could try, or no longer needs to.
    package func succeeded(_ party: LocalFaults.Party) {
        faults.succeeded(party, at: .now)
        arm()
    }

    /// Notes what an attempt of the party came to.
    package func note(_ party: LocalFaults.Party, _ cause: LocalCause?) {
        if let cause { failed(party, cause) } else { succeeded(party) }
    }

    private func arm() {
        timer.set(faults.deadline) { [weak self] in self?.end() }
    }

    private func end() {
        for ended in faults.deadlinePassed(at: .now) {
            tell(.localFaultEnded(ended.cause, lasted: ended.lasted))
        }
        arm()
    }
}

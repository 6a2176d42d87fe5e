// SPDX-License-Identifier: Apache-2.0

/// How many observations in a row spoke for each change of state: all the memory that judging needs.
struct Runs: Sendable {
    /// Readings in a row that were at least as good as a state.
    struct Improvement: Sendable {
        private var ok = 0
        private var warning = 0

        mutating func add(_ state: HSMState) {
            ok = state.rank <= HSMState.ok.rank ? ok + 1 : 0
            warning = state.rank <= HSMState.warning.rank ? warning + 1 : 0
        }

        /// The best state that as many readings as `count` reached, which is the worst among the last `count`.
        func reached(in count: Int) -> HSMState? {
            if ok >= count { return .ok }
            return warning >= count ? .warning : nil
        }
    }

    /// Readings at least as bad as `warning`; failures neither count nor break the row.
    private(set) var warning = 0
    /// The same for `critical`.
    private(set) var critical = 0
    /// Readings by the thresholds and the margin; a failure breaks the row.
    private(set) var clearing = Improvement()
    /// Readings by the thresholds alone, without critical ones; a failure breaks the row.
    private(set) var answering = Improvement()
    /// Failed probes; a reading breaks the row.
    private(set) var failures = 0
    /// Failed probes that speak for the same state as the last.
    private(set) var sameFailures = 0
    private var lastFailure: HSMState?

    /// A reading that taken alone means `state`, and with the margin asked of an improvement `cautious`.
    mutating func add(reading state: HSMState, cautious: HSMState) {
        warning = state.rank >= HSMState.warning.rank ? warning + 1 : 0
        critical = state.rank >= HSMState.critical.rank ? critical + 1 : 0
        clearing.add(cautious)
        if state != .critical { answering.add(state) }
        failures = 0
        sameFailures = 0
    }

    mutating func add(failure state: HSMState) {
        failures += 1
        sameFailures = state == lastFailure ? sameFailures + 1 : 1
        lastFailure = state
        clearing = Improvement()
        answering = Improvement()
    }

    /// The readings so far say nothing any more, because other thresholds judge the next ones.
    mutating func beginReadings() {
        forgetReadings()
        clearing = Improvement()
        answering = Improvement()
    }

    /// The readings before a failure state say nothing about what comes after it.
    mutating func forgetReadings() {
        warning = 0
        critical = 0
    }
}

// SPDX-License-Identifier: Apache-2.0

/// Forms the opinion about one HSM and query port, observation by observation, in constant memory.
///
/// ```
///  start ─▶ unknown ── first observation ──▶ the state it speaks for
///  ok ─▶ warning ─▶ critical     raise_after readings in a row at least that bad; failures do not break the row
///  any ─▶ unreachable ⇄ unknown  raise_after_failures failures in a row; between the two: of the new one's kind;
///                                a rejected command at once, since it is not asked again for a while
///  any ─▶ unknown                at once when this machine cannot ask; the next observation ends it
///  critical ─▶ warning ─▶ ok     clear_after readings in a row, clear_margin above; the worst of them counts
///  unreachable, unknown ─▶ any   to ok and warning as above but without the margin, to critical as from ok
/// ```
/// A failure of this machine says nothing about the HSM: it neither counts nor breaks a row, and what stood before goes
/// on with the next reading. A failure of the HSM that is not confirmed yet leaves the state `unknown`.
///
/// A reading speaks for warning also if its forecast looks like a leak and comes within `warn_within`; for an
/// improvement, if its forecast comes within half as much again, whatever it looks like.
///
/// Other thresholds may come at any time. What they make of the last reading becomes the state with the next reading
/// that says the same; no row is counted for that, because the sockets did not change.
package struct Assessor: Sendable {
    /// The confirmed state.
    package private(set) var state = HSMState.unknown
    /// Since when `state` lasts.
    package private(set) var since: Moment
    /// Whether `state` began at `since`. One that the first observation finds, or the first reading after failures, may
    /// have lasted before.
    private var sawBeginning = false

    /// The thresholds in sockets, as they apply to the total last seen.
    package private(set) var thresholds: AppliedThresholds

    /// The state by what the HSM itself has shown. `state` differs while this machine cannot ask.
    private var shown = HSMState.unknown
    /// Whether this machine could not ask, and nothing has shown the HSM's state since.
    private var isInterrupted = false
    private var alert: AlertConfiguration
    private var warnWithin: Duration?
    private var window: ForecastWindow
    package private(set) var last: Reading?
    /// Why the last observation brought no reading; nil when it brought one.
    package private(set) var lastFailure: Failure?
    /// That of the last observation.
    package private(set) var lastForecast: Forecast?
    /// The state that the last reading has by thresholds that changed after it; nil when they left it as it was.
    private var redefined: HSMState?
    /// The total for which thresholds that are not below it were reported.
    private var reportedTotal: Int?
    private var hasObserved = false
    private var runs = Runs()
    /// What the runs would be without the forecast.
    private var unforeseen = Runs()

    /// `startedAt` is since when the state has been `unknown`.
    package init(
        alert: AlertConfiguration, forecast: ForecastConfiguration = ForecastConfiguration(), startedAt: Moment
    ) {
        self.alert = alert
        warnWithin = forecast.warnWithin
        window = ForecastWindow(length: forecast.window)
        since = startedAt
        thresholds = AppliedThresholds(alert, total: nil)
    }

    /// Takes in the next observation; instants never fall.
    package mutating func assess(_ observation: Observation) -> Assessment {
        let hadObserved = hasObserved
        let assessment = take(observation)
        if let transition = assessment.transition {
            sawBeginning = hadObserved && (!transition.from.isFailure || transition.to.isFailure)
        }
        lastForecast = assessment.forecast
        return assessment
    }

    /// The reminder of a state that lasts; nil when the state is ok, has only begun, or rests on no observation.
    package func reminder(at now: Instant) -> Reminder? {
        let lasted = now - since.instant
        let outcome = lastFailure.map { Outcome.failure($0) } ?? last.map { Outcome.reading($0, reply: "") }
        guard state != .ok, lasted >= Reminder.earliest, let outcome else { return nil }
        return Reminder(
            state: state, lasted: lasted, isWhole: sawBeginning, outcome: outcome, thresholds: thresholds,
            forecast: lastForecast)
    }

    private mutating func take(_ observation: Observation) -> Assessment {
        switch observation.outcome {
        case .failure(let failure) where failure.kind == .local:
            lastFailure = failure
            return interrupt(at: observation.moment)
        case .reading(let reading, _):
            lastFailure = nil
            defer { hasObserved = true }
            return assess(reading, at: observation.moment)
        case .failure(let failure):
            lastFailure = failure
            defer { hasObserved = true }
            return assess(failure, at: observation.moment)
        }
    }

    /// Nothing is known while this machine cannot ask.
    private mutating func interrupt(at now: Moment) -> Assessment {
        isInterrupted = true
        return Assessment(
            state: .unknown, transition: enter(.unknown, because: .observed, at: now), thresholds: thresholds,
            misconfigured: [])
    }

    /// Applies new thresholds from the next observation on. The state, its duration and the readings of the forecast
    /// stay.
    package mutating func change(alert: AlertConfiguration, forecast: ForecastConfiguration) {
        let old = self.alert
        let haveThresholdsChanged = alert.warning != old.warning || alert.critical != old.critical
        let hasMeaningChanged =
            haveThresholdsChanged || alert.clearMargin != old.clearMargin || forecast.warnWithin != warnWithin
        let before = last.map { thresholds.state(of: $0) }
        self.alert = alert
        warnWithin = forecast.warnWithin
        window.change(length: forecast.window)
        thresholds = AppliedThresholds(alert, total: last?.total)
        if haveThresholdsChanged { reportedTotal = nil }
        guard hasMeaningChanged else { return }
        // What was counted was something else.
        runs.beginReadings()
        unforeseen.beginReadings()
        let after = last.map { thresholds.state(of: $0) }
        if after != before { redefined = after }
    }

    private mutating func assess(_ reading: Reading, at now: Moment) -> Assessment {
        let misconfigured = apply(total: reading.total)
        last = reading
        let alone = thresholds.state(of: reading)
        let forecast = window.add(reading, at: now.instant, critical: thresholds.critical, isUsual: alone == .ok)
        count(reading, forecast)
        let isRedefined = alone == redefined && alone != shown && !shown.isFailure
        redefined = nil
        let (judged, reason) = isRedefined ? (alone, .reconfigured) : judge(alone, forecast)
        show(judged)
        // An HSM that answers is not told as one that does not, though it was when this machine could last ask it.
        if !judged.isFailure { isInterrupted = false }
        let state = isInterrupted ? .unknown : judged
        return Assessment(
            state: state,
            transition: enter(state, because: reason, at: now),
            thresholds: thresholds,
            misconfigured: misconfigured,
            forecast: forecast
        )
    }

    private func judge(_ alone: HSMState, _ forecast: Forecast?) -> (HSMState, Transition.Reason) {
        let judged = next(after: runs, alone: alone.orWorse(foreseen(forecast)))
        let isForeseen = judged == .warning && alone == .ok && next(after: unforeseen, alone: alone) != .warning
        return (judged, isForeseen ? .foreseen : .observed)
    }

    private mutating func assess(_ failure: Failure, at now: Moment) -> Assessment {
        let judged = judge(failure)
        show(judged)
        // Not back to a good state by a failure.
        if judged.isFailure { isInterrupted = false }
        let state = isInterrupted ? .unknown : judged
        return Assessment(
            state: state,
            transition: enter(state, because: .observed, at: now),
            thresholds: thresholds,
            misconfigured: []
        )
    }

    /// Fits the thresholds to the total, and returns those that are not below it unless that was reported.
    private mutating func apply(total: Int) -> [MisconfiguredThreshold] {
        guard total != reportedTotal else { return [] }
        reportedTotal = total
        thresholds = AppliedThresholds(alert, total: total)
        return thresholds.misconfigured(total: total)
    }

    private mutating func count(_ reading: Reading, _ forecast: Forecast?) {
        let alone = thresholds.state(of: reading)
        let cautious = thresholds.state(of: reading, margin: alert.clearMargin)
        unforeseen.add(reading: alone, cautious: cautious)
        runs.add(
            reading: alone.orWorse(foreseen(forecast)),
            cautious: cautious.orWorse(foreseen(forecast, cautiously: true)))
    }

    /// The state after a reading that taken alone means `alone`, and with which the runs are these.
    private func next(after runs: Runs, alone: HSMState) -> HSMState {
        guard hasObserved else { return alone }
        if shown != .critical, runs.critical >= alert.raiseAfter { return .critical }
        if shown == .ok, runs.warning >= alert.raiseAfter { return .warning }

        // An HSM that answers again must not stay unreachable for want of a margin, nor because it hovers around
        // critical.
        let improvement = shown.isFailure ? runs.answering : runs.clearing
        guard let reached = improvement.reached(in: alert.clearAfter), reached.rank < shown.rank else { return shown }
        return reached
    }

    /// The state that the forecast speaks for; cautiously: when an improvement is asked for, with half as much time
    /// again.
    private func foreseen(_ forecast: Forecast?, cautiously: Bool = false) -> HSMState {
        guard let forecast, let warnWithin, forecast.isLeak || cautiously else { return .ok }
        return forecast.isWithin(cautiously ? warnWithin * 3 / 2 : warnWithin) ? .warning : .ok
    }

    /// The state after a failure.
    private mutating func judge(_ failure: Failure) -> HSMState {
        let alone = HSMState(failure.kind)
        runs.add(failure: alone)
        unforeseen.add(failure: alone)
        guard hasObserved, !failure.isRejection else { return alone }
        let row = shown.isFailure ? runs.sameFailures : runs.failures
        return row >= alert.raiseAfterFailures ? alone : shown
    }

    /// The HSM itself has shown this state.
    private mutating func show(_ next: HSMState) {
        if next != shown, next.isFailure {
            redefined = nil
            runs.forgetReadings()
            unforeseen.forgetReadings()
        }
        shown = next
    }

    private mutating func enter(
        _ next: HSMState, because reason: Transition.Reason, at now: Moment
    ) -> Transition? {
        guard next != state else { return nil }
        let transition = Transition(from: state, to: next, lasted: now.instant - since.instant, reason: reason)
        state = next
        since = now
        return transition
    }
}

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

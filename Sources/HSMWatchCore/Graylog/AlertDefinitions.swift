// SPDX-License-Identifier: Apache-2.0

/// The event definitions for what is watched: no reading, no HSM and no instance is without one.
///
/// A threshold that is a number is compared by Graylog itself. All else is hsmwatch's own judgement, its field `state`:
/// percentages, forecasts, thresholds that have changed since the pack was made, and a state that is not yet over because
/// `clear_margin` is not reached. So every reading that is not `ok` is found by one of them.
struct AlertDefinitions {
    /// HSMs that each have a definition for their silence. MongoDB takes no document above 16 MiB, and a content pack is
    /// one; beyond this, silence is counted.
    static let silentHSMs = 1000
    /// An exhaustion that is told before it comes.
    static let soon = Duration.seconds(1800)

    let scope: PackScope
    /// Where the runbook stands.
    let runbook: String

    /// Those that the outputs' messages can speak for.
    var all: [AlertDefinition] {
        complete.filter { $0.needs.isSubset(of: scope.kinds) }
    }

    /// The titles of those for which no output gets the messages.
    var missing: [String] {
        complete.filter { !$0.needs.isSubset(of: scope.kinds) }.map(\.title)
    }

    private var complete: [AlertDefinition] {
        thresholds(scope.critical, .critical) + thresholds(scope.warning, .warning) + [forecast] + failures
            + silentHSMs + silentInstances + troubles
    }

    // MARK: Sockets

    /// How bad it is to be below a threshold.
    private enum Grade: String {
        case critical, warning

        var field: String { "threshold_\(rawValue)" }
        var words: String { self == .critical ? "critical" : "in warning" }
        var priority: AlertDefinition.Priority { self == .critical ? .high : .normal }
        /// What a warning must not be: an HSM is told once.
        var worse: String { self == .critical ? "" : "NOT state:critical" }
    }

    private func thresholds(_ numbers: [Int], _ grade: Grade) -> [AlertDefinition] {
        below(numbers, grade) + held(numbers, grade) + [judged(grade, besides: numbers)]
    }

    /// One for each threshold that is a number, which Graylog compares.
    private func below(_ thresholds: [Int], _ grade: Grade) -> [AlertDefinition] {
        thresholds.map { threshold in
            sockets(
                .init(function: .min, field: "sockets_available", comparison: .below, number: threshold), grade,
                name: "\(grade.rawValue) below \(threshold)",
                title: "HSM below \(threshold) sockets" + (grade == .critical ? "" : ", not critical yet"),
                description: "The lowest sockets_available of an HSM in a minute is below \(threshold), its threshold.",
                query: SearchQuery.messages(.reading, where: ["\(grade.field):\(threshold)", grade.worse]),
                what: "sockets available, below \(threshold)")
        }
    }

    /// One for each, too, for an HSM that hsmwatch holds to be so without a reading of the minute below the number: by a
    /// forecast, or since it is not `clear_margin` above the number yet.
    private func held(_ thresholds: [Int], _ grade: Grade) -> [AlertDefinition] {
        thresholds.map { threshold in
            sockets(
                .init(function: .min, field: "sockets_available", comparison: .atLeast, number: threshold), grade,
                name: "\(grade.rawValue) not below \(threshold)",
                title: "HSM \(grade.words), though not below \(threshold)",
                description:
                    "hsmwatch holds an HSM to be \(grade.words) with no reading in a minute below \(threshold): "
                    + "by a forecast, or as not over yet.",
                query: SearchQuery.messages(
                    .reading, where: ["state:\(grade.rawValue)", "\(grade.field):\(threshold)"]),
                what: "sockets available, \(grade.words) though not below \(threshold)")
        }
    }

    /// One for all other thresholds: hsmwatch has compared.
    private func judged(_ grade: Grade, besides thresholds: [Int]) -> AlertDefinition {
        sockets(
            .init(function: .min, field: "sockets_available", comparison: .atLeast, number: 0), grade,
            name: "\(grade.rawValue) by state",
            title: "HSM \(grade.words), by another threshold" + (grade == .critical ? "" : " or a forecast"),
            description: "hsmwatch holds an HSM to be \(grade.words) by a threshold that this content pack does not "
                + "compare itself: a percentage, or one that has changed since; or by a forecast.",
            query: SearchQuery.messages(
                .reading, where: ["state:\(grade.rawValue)"] + SearchQuery.unless(grade.field, in: thresholds)),
            what: "sockets available, \(grade.words)")
    }

    private var forecast: AlertDefinition {
        sockets(
            .init(
                function: .min, field: "exhaustion_seconds", comparison: .below, number: Int(Self.soon.wholeSeconds)),
            .warning, name: "forecast", title: "HSM will have no socket left in \(Self.soon.roughSentencePart)",
            description: "Available sockets fall so that all are used up within \(Self.soon.roughSentencePart). An HSM "
                + "that is critical already is not told here.",
            query: SearchQuery.messages(.reading, where: ["_exists_:exhaustion_seconds", Grade.warning.worse]),
            what: "s until no socket is left, if it goes on so")
    }

    private func sockets(
        _ condition: AlertDefinition.Condition, _ grade: Grade, name: String, title: String, description: String,
        query: String, what: String
    ) -> AlertDefinition {
        AlertDefinition(
            name: name, title: title, description: description, priority: grade.priority, needs: [.reading],
            query: query, streams: .ours, group: "hsm_name", condition: condition, window: scope.window,
            what: "HSM ${source.hsm_name}: ${source.\(condition.sourceField)} \(what).", step: step(.holders))
    }

    // MARK: No reading

    private var failures: [AlertDefinition] {
        [
            failing(
                .unreachable, description: "Probes of an HSM fail: it cannot be connected, or does not answer.",
                what: "is unreachable: nobody knows its sockets, and payments may fail", step: .unreachable),
            failing(
                .unknown,
                description: "An HSM answers with an error, or with what no HSM says: its sockets are not known.",
                what: "answers without a number: nobody knows its sockets", step: .unknown),
        ]
    }

    private func failing(_ state: HSMState, description: String, what: String, step: RunbookStep) -> AlertDefinition {
        AlertDefinition(
            name: state.rawValue, title: "HSM \(state.rawValue)", description: description, priority: .high,
            needs: [.probeFailure],
            query: SearchQuery.messages(.probeFailure, where: ["state:\(state.rawValue)"]),
            streams: .ours, group: "hsm_name", condition: .count(.atLeast, 1),
            // An HSM that rejects the command is asked so rarely that each answer must be looked for twice.
            window: state == .unknown ? AlertDefinition.twice : scope.window,
            what: "HSM ${source.hsm_name} \(what).",
            step: self.step(step))
    }

    // MARK: Silence

    /// One each: a group that is absent makes no row.
    private var silentHSMs: [AlertDefinition] {
        guard scope.hsms.count <= Self.silentHSMs else { return [countedSilence] }
        return scope.hsms.map { hsm in
            let window = PackScope.silence(of: hsm)
            return silence(
                name: "silence of HSM \(hsm.name)", title: "HSM \(hsm.name) gone silent",
                description: "Neither a reading nor a failure of HSM \(hsm.name) in \(window.roughSentencePart).",
                needs: [.reading, .probeFailure],
                query: SearchQuery.messages(
                    .reading, .probeFailure, where: [SearchQuery.phrase("hsm_name", hsm.name)]),
                condition: .count(.below, 1), window: window,
                what: "HSM \(hsm.name): nothing heard for \(window.roughSentencePart). Nobody knows its sockets.")
        }
    }

    private var countedSilence: AlertDefinition {
        let window = scope.silenceOfAnyHSM
        let condition = AlertDefinition.Condition(
            function: .card, field: "hsm_name", comparison: .below, number: scope.hsms.count)
        return silence(
            name: "silence of HSMs", title: "HSMs gone silent, of \(scope.hsms.count)",
            description: "In \(window.roughSentencePart) there are readings or failures of fewer than "
                + "\(scope.hsms.count) HSMs. Graylog counts so many only roughly.",
            needs: [.reading, .probeFailure], query: SearchQuery.messages(.reading, .probeFailure),
            condition: condition, window: window,
            what: "Only ${source.\(condition.sourceField)} of \(scope.hsms.count) HSMs heard in "
                + "\(window.roughSentencePart).")
    }

    private var silentInstances: [AlertDefinition] {
        scope.instances.map { instance in
            let window = PackScope.silence(of: instance)
            let who = instance.source.map { "hsmwatch of \($0)" } ?? "hsmwatch"
            return silence(
                name: "silence of hsmwatch \(instance.source ?? "")", title: "\(who) gone silent",
                description: "No heartbeat in \(window.roughSentencePart): nobody watches the HSMs.",
                needs: [.heartbeat],
                query: SearchQuery.messages(
                    .heartbeat, where: instance.source.map { [SearchQuery.phrase("source", $0)] } ?? []),
                condition: .count(.below, 1), window: window,
                what: "\(Self.template(who)): no heartbeat for \(window.roughSentencePart). Nobody watches the HSMs.")
        }
    }

    private func silence(
        name: String, title: String, description: String, needs: Set<Event.Kind>, query: String,
        condition: AlertDefinition.Condition, window: Duration, what: String
    ) -> AlertDefinition {
        AlertDefinition(
            name: name, title: title, description: description, priority: .high, needs: needs, query: query,
            streams: .all, group: nil, condition: condition, window: window, what: what,
            step: step(.silence))
    }

    // MARK: hsmwatch itself

    private var troubles: [AlertDefinition] {
        let dropped = AlertDefinition.Condition(function: .sum, field: "dropped", comparison: .atLeast, number: 1)
        return [
            AlertDefinition(
                name: "messages dropped", title: "hsmwatch has dropped messages",
                description: "Messages were deleted before every output had them: there is a gap.",
                priority: .normal, needs: [.service],
                query: SearchQuery.messages(.service, where: ["action:messages_dropped"]), streams: .ours,
                group: "source", condition: dropped, window: AlertDefinition.twice,
                what:
                    "hsmwatch of ${source.source} has dropped ${source.\(dropped.sourceField)} messages in two minutes.",
                step: step(.dropped)),
            AlertDefinition(
                name: "attention", title: "hsmwatch wants attention",
                description: "An output is down or was, a configuration was refused, a certificate ends soon.",
                priority: .normal, needs: [.service],
                query: SearchQuery.messages(
                    .service,
                    where: [
                        "(level:\(Level.warning.rawValue) OR action:output_up)", "NOT action:messages_dropped",
                    ]), streams: .ours, group: "source", condition: .count(.atLeast, 1), window: AlertDefinition.twice,
                what: "hsmwatch of ${source.source} wants attention: an output, its configuration or a certificate.",
                step: step(.attention)),
        ]
    }

    // MARK: Texts

    private func step(_ step: RunbookStep) -> String {
        Self.template("\(step.words) (\(runbook)#\(step.rawValue))")
    }

    /// A text in which nothing looks like the beginning of a value.
    private static func template(_ text: String) -> String {
        text.split(separator: "${", omittingEmptySubsequences: false).joined(separator: "$ {")
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The event definitions for what is watched, and heard of: no such HSM and no such instance is without one.
///
/// A threshold that is a number is compared by Graylog itself. All else is hsmwatch's own judgement, its field `state`:
/// percentages, forecasts, thresholds that have changed since the pack was made, and a state that is not yet over because
/// `clear_margin` is not reached. So every reading in the state `critical` or `warning` is found by one of them, and so is
/// every failure in the state `unreachable` or `unknown`.
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
        complete.filter(\.isPossible)
    }

    /// The titles of those for which the outputs do not bring all messages.
    var missing: [String] {
        complete.filter { !$0.isPossible }.map(\.title)
    }

    private var complete: [AlertDefinition] {
        thresholds(scope.critical, .critical) + thresholds(scope.warning, .warning) + forecast + failures
            + silentHSMs + silentInstances + dropped + attention
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
        numbers.flatMap { below($0, grade) } + numbers.flatMap { held($0, grade) } + judged(grade, besides: numbers)
    }

    /// For a threshold that is a number, which Graylog compares.
    private func below(_ threshold: Int, _ grade: Grade) -> [AlertDefinition] {
        sockets(
            .init(function: .min, field: "sockets_available", comparison: .below, number: threshold), grade,
            name: "\(grade.rawValue) below \(threshold)",
            title: "HSM below \(threshold) sockets" + (grade == .critical ? "" : ", not critical yet"),
            description: "The lowest sockets_available of an HSM within \(scope.window.roughSentencePart) is below "
                + "\(threshold), its threshold.",
            clauses: ["\(grade.field):\(threshold)", grade.worse], what: "sockets available, below \(threshold)")
    }

    /// For the same threshold, and an HSM that hsmwatch holds to be so without a reading of the window below it: by a
    /// forecast, or since it is not `clear_margin` above it yet.
    private func held(_ threshold: Int, _ grade: Grade) -> [AlertDefinition] {
        sockets(
            .init(function: .min, field: "sockets_available", comparison: .atLeast, number: threshold), grade,
            name: "\(grade.rawValue) not below \(threshold)",
            title: "HSM \(grade.words), though not below \(threshold)",
            description: "hsmwatch holds an HSM to be \(grade.words) with no reading within "
                + "\(scope.window.roughSentencePart) below \(threshold): by a forecast, or as not over yet.",
            clauses: ["state:\(grade.rawValue)", "\(grade.field):\(threshold)"],
            what: "sockets available, \(grade.words) though not below \(threshold)")
    }

    /// For all other thresholds: hsmwatch has compared.
    private func judged(_ grade: Grade, besides thresholds: [Int]) -> [AlertDefinition] {
        sockets(
            .init(function: .min, field: "sockets_available", comparison: .atLeast, number: 0), grade,
            name: "\(grade.rawValue) by state",
            title: "HSM \(grade.words), by another threshold" + (grade == .critical ? "" : " or a forecast"),
            description: "hsmwatch holds an HSM to be \(grade.words) by a threshold that this content pack does not "
                + "compare itself: a percentage, or one that has changed since; or by a forecast.",
            clauses: ["state:\(grade.rawValue)"] + SearchQuery.unless(grade.field, in: thresholds),
            what: "sockets available, \(grade.words)")
    }

    private var forecast: [AlertDefinition] {
        sockets(
            .init(
                function: .min, field: "exhaustion_seconds", comparison: .below, number: Int(Self.soon.wholeSeconds)),
            .warning, name: "forecast", title: "HSM will have no socket left in \(Self.soon.roughSentencePart)",
            description: "Available sockets fall so that all are used up within \(Self.soon.roughSentencePart). An HSM "
                + "that is critical already is not told here.",
            clauses: ["_exists_:exhaustion_seconds", Grade.warning.worse],
            what: "s until no socket is left, if it goes on so")
    }

    /// One for the numbers of HSMs, and one for those of query ports if there are any: they are no less separate.
    private func sockets(
        _ condition: AlertDefinition.Condition, _ grade: Grade, name: String, title: String, description: String,
        clauses: [String], what: String
    ) -> [AlertDefinition] {
        scope.subjects.map { subject in
            // As long as nobody asks about ports, nothing is left out: a port that comes later is told as its HSM.
            let part = scope.subjects.count > 1 ? subject.clause : ""
            let port = subject == .hsm ? "" : ", port ${source.query_port}"
            return AlertDefinition(
                name: name + subject.suffix, title: title + subject.suffix, description: description,
                priority: grade.priority, needs: [.reading], heard: scope.kinds,
                query: SearchQuery.messages(.reading, where: clauses + [part]), streams: .ours, group: subject.fields,
                condition: condition, window: scope.window,
                what: "HSM ${source.hsm_name}\(port): ${source.\(condition.sourceField)} \(what).", step: step(.holders)
            )
        }
    }

    // MARK: No reading

    private var failures: [AlertDefinition] {
        [
            failing(
                .unreachable, description: "Probes of an HSM fail: it cannot be connected, or does not answer.",
                what: "is unreachable: nobody knows its sockets, and payments may fail", step: .unreachable),
            failing(
                .unknown,
                description:
                    "An HSM answers with an error, or with what no HSM says, or hsmwatch cannot ask it: its sockets are not known.",
                what: "gives no number: nobody knows its sockets", step: .unknown),
        ]
    }

    private func failing(_ state: HSMState, description: String, what: String, step: RunbookStep) -> AlertDefinition {
        AlertDefinition(
            name: state.rawValue, title: "HSM \(state.rawValue)", description: description, priority: .high,
            needs: [.probeFailure], heard: scope.kinds,
            query: SearchQuery.messages(.probeFailure, where: ["state:\(state.rawValue)"]),
            streams: .ours, group: ["hsm_name"], condition: .count(.atLeast, 1),
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
                needs: [.reading, .probeFailure], heard: hsm.kinds,
                query: SearchQuery.messages(
                    .reading, .probeFailure, where: [SearchQuery.phrase("hsm_name", hsm.name)]),
                condition: .count(.below, 1), window: window,
                what: "HSM \(hsm.name): nothing heard for \(window.roughSentencePart). Nobody knows its sockets.")
        }
    }

    private var countedSilence: AlertDefinition {
        let needs: Set<Event.Kind> = [.reading, .probeFailure]
        let heard = scope.hsms.filter { needs.isSubset(of: $0.kinds) }.count
        // One that is heard at times would be counted at times.
        let isCountable =
            heard > 0 && scope.hsms.allSatisfy { [0, needs.count].contains($0.kinds.intersection(needs).count) }
        let window = scope.silenceOfAnyHSM
        let condition = AlertDefinition.Condition(
            function: .card, field: "hsm_name", comparison: .below, number: heard)
        return silence(
            name: "silence of HSMs", title: "HSMs gone silent, of \(heard)",
            description: "In \(window.roughSentencePart) there are readings or failures of fewer than "
                + "\(heard) HSMs. Graylog counts so many only roughly.",
            needs: needs, heard: isCountable ? needs : [],
            query: SearchQuery.messages(.reading, .probeFailure),
            condition: condition, window: window,
            what: "Only ${source.\(condition.sourceField)} of \(heard) HSMs heard in "
                + "\(window.roughSentencePart).")
    }

    private var silentInstances: [AlertDefinition] {
        scope.instances.map { instance in
            let window = PackScope.silence(of: instance)
            let who = instance.source.map { "hsmwatch of \($0)" } ?? "hsmwatch"
            let subject = AlertTemplate.text(who)
            return silence(
                name: "silence of hsmwatch \(instance.source ?? "")", title: "\(who) gone silent",
                description: "No heartbeat in \(window.roughSentencePart): nobody watches the HSMs.",
                needs: [.heartbeat], heard: instance.kinds,
                query: SearchQuery.messages(
                    .heartbeat, where: instance.source.map { [SearchQuery.phrase("source", $0)] } ?? []),
                condition: .count(.below, 1), window: window,
                what: "\(subject): no heartbeat for \(window.roughSentencePart). Nobody watches the HSMs.")
        }
    }

    private func silence(
        name: String, title: String, description: String, needs: Set<Event.Kind>, heard: Set<Event.Kind>, query: String,
        condition: AlertDefinition.Condition, window: Duration, what: String
    ) -> AlertDefinition {
        AlertDefinition(
            name: name, title: title, description: description, priority: .high, needs: needs, heard: heard,
            query: query, streams: .all, group: [], condition: condition, window: window, what: what,
            step: step(.silence))
    }

    // MARK: hsmwatch itself

    /// By the message that says so: that of the moment, which may come too late to be seen, and `output_up` after it.
    private var dropped: [AlertDefinition] {
        let condition = AlertDefinition.Condition(function: .sum, field: "dropped", comparison: .atLeast, number: 1)
        let count = "${source.\(condition.sourceField)}"
        return [
            trouble(
                name: "messages dropped", title: "hsmwatch has dropped messages",
                description: "Messages were deleted before every output had them: there is a gap.",
                clauses: ["_exists_:dropped"], group: ["source", "action"], condition: condition,
                what: "says in ${source.action} that it has dropped \(count) messages", step: .dropped)
        ]
    }

    /// One for the outputs, each of which is told for itself, and one for the rest.
    private var attention: [AlertDefinition] {
        // A drop has its own alert when its number is known.
        let drop = "NOT (action:messages_dropped AND _exists_:dropped)"
        let clauses = ["(level:\(Level.warning.rawValue) OR action:output_up)", drop]
        return [
            trouble(
                name: "attention", title: "hsmwatch wants attention",
                description: "A configuration was refused, or something was not as it should be at the start.",
                clauses: clauses + ["NOT _exists_:output"], group: ["source", "action"], condition: .count(.atLeast, 1),
                what: "wants attention: ${source.action}", step: .attention),
            trouble(
                name: "attention of outputs", title: "hsmwatch wants attention, for an output",
                description: "An output is down or was, or a certificate that it needs ends soon.",
                clauses: clauses + ["_exists_:output"], group: ["source", "action", "output"],
                condition: .count(.atLeast, 1),
                what: "wants attention: ${source.action} of output ${source.output}", step: .attention),
        ]
    }

    private func trouble(
        name: String, title: String, description: String, clauses: [String], group: [String],
        condition: AlertDefinition.Condition, what: String, step: RunbookStep
    ) -> AlertDefinition {
        AlertDefinition(
            name: name, title: title, description: description, priority: .normal, needs: [.service],
            heard: scope.kinds, query: SearchQuery.messages(.service, where: clauses), streams: .ours, group: group,
            condition: condition, window: AlertDefinition.twice, what: "hsmwatch of ${source.source} \(what).",
            step: self.step(step))
    }

    // MARK: Texts

    private func step(_ step: RunbookStep) -> String {
        AlertTemplate.text("\(step.words) (\(runbook)#\(step.rawValue))")
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// The event definitions of a pack. hsmwatch decides, and Graylog delivers its sentences.
///
/// No definition has the name of an HSM or a threshold: a new HSM or another threshold needs nothing in Graylog. Only
/// the silence of hsmwatch itself depends on the configuration, because Graylog cannot see a group that is absent.
struct AlertDefinitions {
    /// How far one look for a message goes back, and how far apart looks are: short, so that a mail comes within
    /// seconds.
    static let moment = Duration.seconds(15)
    /// The same for reminders. They catch what a short window has missed: a late message, or a clock that differs.
    static let reminderWindow = Duration.seconds(300)
    /// How often Graylog looks for the silence of hsmwatch.
    static let silenceDistance = Duration.seconds(60)
    /// A second mail about the same thing comes after this at the earliest.
    static let grace = Duration.seconds(60)
    /// The same for what lasts.
    static let lastingGrace = Duration.seconds(1800)

    let scope: PackScope
    /// Where the runbook is, for alerts that no message of hsmwatch explains; nil: where the configuration says it is.
    let runbook: String?

    var all: [AlertDefinition] {
        HSMState.allCases.map(change) + [lasting, problem] + scope.instances.filter(\.isHeard).map(silence)
    }

    // MARK: HSMs

    private func change(to state: HSMState) -> AlertDefinition {
        // At the start hsmwatch knows no state: a healthy HSM then is no news.
        let clauses = state == .ok ? ["state:ok", "NOT previous_state:unknown"] : ["state:\(state.rawValue)"]
        return AlertDefinition(
            name: "state \(state.rawValue)", title: state.alertTitle, description: state.alertDescription,
            priority: state.alertPriority, query: SearchQuery.messages(.stateChange, where: clauses),
            trigger: .message, window: Self.moment, distance: Self.moment,
            fields: [
                .init("what", "${source.message}"), .source("hsm"), .source("state"), .source("sockets_available"),
                .source("sockets_total"), .source("site"), .init("step", "${source.next_step}"),
            ], key: ["hsm"], grace: Self.grace)
    }

    private var lasting: AlertDefinition {
        AlertDefinition(
            name: "lasting state", title: "HSM still not ok",
            description: "An HSM has not been ok for over three minutes.", priority: .normal,
            query: SearchQuery.reminders, trigger: .any(by: ["hsm", "state"]), window: Self.reminderWindow,
            distance: Self.reminderWindow,
            fields: [
                // Not "is": it may have recovered in the meantime.
                .init(
                    "what",
                    "HSM ${source.hsm} was still ${source.state} in the last "
                        + Self.reminderWindow.roughSentencePart), .source("hsm"), .source("state"),
                .init(AlertNotification.reminderField, "yes"),
            ], key: ["hsm", "state"], grace: Self.lastingGrace)
    }

    // MARK: hsmwatch itself

    private var problem: AlertDefinition {
        AlertDefinition(
            name: "problem", title: "hsmwatch reports a problem",
            description: "hsmwatch cannot do all of its work.", priority: .normal,
            query: SearchQuery.messages(.service, where: ["level:<=\(Level.warning.rawValue)"]), trigger: .message,
            window: Self.moment, distance: Self.moment,
            fields: [
                .init("what", "${source.message}"), .source("source"), .source("action"), .source("output"),
                .init("step", "${source.next_step}"),
                // Two problems of one output within the grace are two mails.
            ], key: ["source", "action", "output", "what"], grace: Self.grace)
    }

    private func silence(of instance: PackScope.Instance) -> AlertDefinition {
        let window = PackScope.silence(of: instance)
        let source = HeartbeatSource(source: instance.source)
        // A configuration's own runbook is named as it is, as in the messages.
        let chapter = "\(runbook ?? ContentPackOptions.installedRunbook)#\(RunbookStep.silence.rawValue)"
        let place = runbook == nil ? instance.runbook ?? chapter : chapter
        let step = "look at hsmwatch itself: systemctl status hsmwatch, where it runs (\(place))"
        return AlertDefinition(
            name: "silence \(instance.source ?? "")", title: source.silenceTitle,
            description: "No heartbeat arrived in \(window.roughSentencePart). Perhaps nothing watches the HSMs.",
            priority: .high,
            query: source.query, trigger: .none, window: window, distance: Self.silenceDistance,
            fields: [
                .init(
                    "what",
                    AlertTemplate.text(source.silenceTitle)
                        + ": no heartbeat for \(window.roughSentencePart) or longer. Perhaps nothing watches the HSMs."
                ),
                .init("step", AlertTemplate.text(step)),
            ], key: [], grace: Self.lastingGrace)
    }
}

extension HSMState {
    /// Also the last line of the mail.
    fileprivate var alertTitle: String { self == .ok ? "HSM recovered" : "HSM \(rawValue)" }

    /// Shown in Graylog's list of alerts, and in no mail.
    fileprivate var alertDescription: String {
        switch self {
        case .ok: "An HSM is ok again."
        case .warning: "An HSM has few sockets left, or will run out of them soon."
        case .critical: "An HSM has almost no sockets left. Payments fail when it has none."
        case .unreachable: "An HSM cannot be reached or does not answer. Payments may fail."
        case .unknown: "An HSM answers without a number. Its sockets are not known."
        }
    }

    fileprivate var alertPriority: AlertDefinition.Priority {
        switch self {
        case .ok: .low
        case .warning, .unknown: .normal
        case .critical, .unreachable: .high
        }
    }
}

/// What an alert is about; the raw value is the section of the runbook that says what to do.
package enum RunbookStep: String, CaseIterable, Sendable {
    case holders = "an-hsm-runs-out-of-sockets"
    case unreachable = "an-hsm-does-not-answer"
    case unknown = "an-hsm-answers-without-a-number"
    case silence = "nothing-is-heard"
    case dropped = "messages-were-dropped"
    case attention = "hsmwatch-wants-attention"
}

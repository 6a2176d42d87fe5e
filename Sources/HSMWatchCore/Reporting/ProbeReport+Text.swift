// SPDX-License-Identifier: Apache-2.0

/// The report for a person.
extension ProbeReport {
    /// Characters of the bytes of one phase.
    private static let excerptLimit = 40
    /// Columns in which a time ends.
    private static let timeWidth = 15

    /// The lines, without line feeds: whom it is about, what happened when, what each finding means.
    package func text(isColoured: Bool) -> [String] {
        func paint(_ text: String, _ colour: TerminalColour) -> String { isColoured ? colour.paint(text) : text }
        let title = name == address.host ? "\(address)" : "\(name) at \(address)"
        let course = phases.enumerated().map { index, phase in
            let time = phase.time.millisecondsText
            let margin = String(repeating: " ", count: max(0, Self.timeWidth - time.count))
            return margin + paint(time, .dim) + "  " + words(for: phase.kind, isFirst: index == 0)
        }
        let opinions = findings.flatMap { finding in
            let port = finding.subject.queryPort.map { "port \($0) " } ?? ""
            let verdict = paint(finding.verdict.rawValue, finding.verdict.colour)
            return ["\(port)\(verdict): \(finding.explanation)"] + finding.complaints
        }
        return ["\(title), \(startedAt.utcText)"] + course + opinions
    }

    private func words(for phase: ProbePhase.Kind, isFirst: Bool) -> String {
        switch phase {
        case .resolved(let addresses):
            "resolved to \(addresses.map(\.host).joined(separator: ", "))"
        case .unresolved(let detail):
            detail
        case .connected(let address):
            "connected to \(address)"
        case .notConnected(_, let failure):
            "not connected: \(failure.detail)"
        case .asked(let request):
            "asked \(EscapedBytes.text(request.bytes))" + (isFirst ? " on the connection that was kept" : "")
        case .answered(let received):
            "answered \(Self.excerpt(received))"
        case .received(let received):
            "received \(Self.excerpt(received))"
        case .ended(let detail):
            "the HSM \(detail)"
        case .expired:
            "gave up: the timeout is \(DurationText.format(timeout))"
        }
    }

    private static func excerpt(_ received: ProbePhase.Received) -> String {
        let text = EscapedBytes.text(received.beginning, limit: excerptLimit)
        return received.count > ProbePhase.Received.limit ? "\(text) (\(received.count) bytes)" : text
    }
}

extension ProbeReport.Finding {
    /// Why the verdict is what it is.
    fileprivate var explanation: String {
        guard let judged else { return Self.unasked }
        let thresholds =
            switch judged.observation.outcome {
            case .reading: judged.assessment.thresholds.words
            case .failure: ""
            }
        return judged.observation.outcome.sentencePart + thresholds + judged.reservation
    }

    /// Thresholds that cannot have been meant.
    fileprivate var complaints: [String] {
        (judged?.assessment.misconfigured ?? []).map {
            "  \($0.key) = \($0.threshold) is not below the total of \($0.total): every reading violates it"
        }
    }

    /// Instead of an observation.
    static let unasked =
        "not asked: the HSM has rejected the command, and is asked again after "
        + DurationText.format(ProbeConversation.rejectedPause)
}

extension ProbeReport.Finding.Judged {
    /// Where observation, verdict and state differ, as they may from the second probe on.
    fileprivate var reservation: String {
        if verdict != assessment.state { return "; the state is still \(assessment.state.rawValue)" }
        if let from = assessment.transition?.from, from != .unknown { return "; the state was \(from.rawValue)" }
        guard case .reading(let reading, _) = observation.outcome else { return "" }
        let alone = assessment.thresholds.state(of: reading)
        return alone == verdict ? "" : "; alone this reading is \(alone.rawValue)"
    }
}

extension AppliedThresholds {
    fileprivate var words: String {
        let limits = [("warning", warning), ("critical", critical)].compactMap { name, threshold in
            threshold.map { "\(name) <\($0)" }
        }
        return limits.isEmpty ? "" : "; " + limits.joined(separator: ", ")
    }
}

extension HSMState {
    fileprivate var colour: TerminalColour {
        switch self {
        case .ok: .green
        case .warning: .yellow
        case .critical, .unreachable, .unknown: .red
        }
    }
}

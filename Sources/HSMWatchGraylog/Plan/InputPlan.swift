// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What to do so that a Graylog has the inputs that hsmwatch sends to. An input that does what is needed stays as it
/// is.
package struct InputPlan: Equatable, Sendable {
    /// One change.
    package enum Step: Equatable, Sendable {
        case make(WantedInput)
        case change(PackPresence.Input, to: WantedInput)
        case remove(PackPresence.Input)

        /// What will be done, in words that follow "would".
        package var intention: String {
            switch self {
            case .make(let input): "make the input \(input.title.quoted)"
            case .change(let input, let wanted):
                "change the input \(input.title.quoted): \(InputPlan.list(wanted.differences(in: input).map(\.setting)))"
            case .remove(let input): "delete the input \(input.title.quoted)"
            }
        }

        /// What was done.
        package var report: String {
            switch self {
            case .make(let input): "made the input \(input.title.quoted)"
            case .change(let input, let wanted):
                "changed the input \(input.title.quoted): \(InputPlan.list(wanted.differences(in: input).map(\.setting)))"
            case .remove(let input): "deleted the input \(input.title.quoted)"
            }
        }
    }

    package let steps: [Step]
    /// Inputs that are there and stay.
    package let kept: [PackPresence.Input]
    /// What a person should know, a sentence each.
    package let notes: [String]
    /// What keeps alerts mute until it is changed, a sentence each.
    package let faults: [String]

    /// The way to an input for each that is wanted.
    ///
    /// - Parameters:
    ///   - existing: what Graylog has.
    ///   - gone: ids of those that an older pack takes with it.
    ///   - isUpdating: whether existing inputs are changed.
    /// - Throws: that an input of another type has the port.
    package static func making(
        _ wanted: [WantedInput], besides existing: [PackPresence.Input], without gone: Set<GraylogID> = [],
        isUpdating: Bool = false
    ) throws(GraylogProblem) -> InputPlan {
        var (steps, kept): ([Step], [PackPresence.Input]) = ([], [])
        var (notes, faults): ([String], [String]) = ([], [])
        for input in wanted {
            let there = existing.filter { other in
                other.port == Int(input.port) && other.isStream != input.kind.isDatagram && !gone.contains(other.id)
            }
            guard let first = there.first else {
                steps.append(.make(input))
                notes += input.notes
                continue
            }
            guard let same = there.first(where: { $0.type == input.type }) else {
                throw GraylogProblem(
                    "Graylog's input \(first.title.quoted) has port \(input.port) already, and is not of type "
                        + "\(input.name): delete that input in System / Inputs, have both sides use another port, or "
                        + "leave inputs out with --no-input")
            }
            let differences = input.differences(in: same)
            guard differences.isEmpty || !isUpdating else {
                steps.append(.change(same, to: input))
                if differences.contains(where: { $0.setting.isFile }) { notes += input.notes }
                continue
            }
            kept.append(same)
            for (setting, present) in differences {
                let consequence = setting.consequence.map { ", so \($0)" } ?? ""
                let sentence =
                    "in Graylog's input \(same.title.quoted) \(setting.sentence(present)), and hsmwatch needs that "
                    + "\(setting.sentence(setting.value))\(consequence): change it in System / Inputs, or with "
                    + "--update-inputs"
                if setting.consequence == nil { notes.append(sentence) } else { faults.append(sentence) }
            }
        }
        return InputPlan(steps: steps, kept: kept, notes: notes, faults: faults)
    }

    /// The way to a Graylog without the inputs that hsmwatch has made.
    package static func removing(from existing: [PackPresence.Input], without gone: Set<GraylogID> = []) -> InputPlan {
        let own = existing.filter { WantedInput.isOwn($0) && !gone.contains($0.id) }
        let note = "what hsmwatch sends to its inputs waits in its spool then, and is dropped when that is full"
        return InputPlan(steps: own.map(Step.remove), kept: [], notes: own.isEmpty ? [] : [note], faults: [])
    }

    /// `'Enable TLS' is on, …`
    fileprivate static func list(_ settings: [InputSetting]) -> String {
        settings.map { $0.sentence($0.value) }.joined(separator: ", ")
    }
}

/// One setting of an input of Graylog, and what an existing input must have of it.
struct InputSetting: Hashable, Sendable {
    /// What an existing input must have, lest hsmwatch's messages go wrong.
    enum Need: Hashable, Sendable {
        /// Any value does.
        case none
        /// The value itself.
        case same
        /// Any value but these.
        case other(than: [JSONTree])
        /// No value, or an empty one.
        case blank
    }

    /// As REST names it.
    let name: String
    /// As Graylog's web interface names it.
    let label: String
    /// What a new input gets; null: nothing.
    let value: JSONTree
    /// The value that Graylog uses for an input without this setting.
    let standard: JSONTree
    let need: Need
    /// What goes wrong without it, in words that follow "so"; nil when alerts come nevertheless.
    let consequence: String?
    /// Whether it names a file on the Graylog server.
    let isFile: Bool

    init(
        _ name: String, _ label: String, _ value: JSONTree, standard: JSONTree, need: Need = .none,
        consequence: String? = nil, isFile: Bool = false
    ) {
        self.name = name
        self.label = label
        self.value = value
        self.standard = standard
        self.need = need
        self.consequence = consequence
        self.isFile = isFile
    }

    /// What an input has in the place of this; nil when that does.
    func difference(in input: PackPresence.Input) -> JSONTree? {
        let shown = input.attribute(name) ?? .null
        let present = shown == .null ? standard : shown
        let isMet =
            switch need {
            case .none: true
            case .same: present == value
            case .other(let wrong): !wrong.contains(present)
            case .blank: present == ""
            }
        // `nil` in a conditional expression would be JSON's null.
        guard !isMet else { return Optional<JSONTree>.none }
        return present
    }

    /// `'Enable TLS' is off`
    func sentence(_ value: JSONTree) -> String {
        switch value {
        case .boolean(let isOn): "\(label.quoted) is \(isOn ? "on" : "off")"
        case .null, "": "\(label.quoted) is empty"
        case .string(let text): "\(label.quoted) is \(text.quoted)"
        case .integer(let number): "\(label.quoted) is \(number)"
        case .decimal, .array, .object: "\(label.quoted) is another"
        }
    }
}

/// How an input of Graylog is, by the word that Graylog has for its state.
package enum InputCondition: Equatable, Sendable {
    case running
    /// The node that answers does not have it.
    case absent
    /// It will be another one soon. With Graylog's word.
    case coming(String)
    /// It needs a person. With Graylog's word and reason.
    case wrong(String, String?)

    /// - Parameter detail: why it is so, as Graylog says it.
    package init(state: String, detail: String?) {
        switch state.uppercased() {
        case "RUNNING": self = .running
        case "FAILED", "FAILING", "INVALID_CONFIGURATION", "STOPPED", "TERMINATED": self = .wrong(state, detail)
        default: self = .coming(state)
        }
    }

    /// Whether it may be another one in a moment. A node has an input only a moment after it was made.
    package var isPassing: Bool {
        switch self {
        case .absent, .coming: true
        case .running, .wrong: false
        }
    }

    /// What is said of an input that is so, and what to do.
    package func sentence(on title: String) -> String {
        let cure = "look at it in System / Inputs"
        return switch self {
        case .running: "the input \(title.quoted) runs"
        case .absent: "this node of Graylog does not have the input \(title.quoted): \(cure)"
        case .coming(let state): "the input \(title.quoted) does not run yet (\(state.quoted)): \(cure)"
        case .wrong(let state, let detail):
            "the input \(title.quoted) does not run (\(state.quoted)\(detail.map { ": \($0.quoted)" } ?? "")): \(cure)"
        }
    }
}

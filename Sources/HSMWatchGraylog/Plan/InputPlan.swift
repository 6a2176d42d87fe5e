// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// What to do so that a Graylog has the inputs that hsmwatch sends to. An input that does what is needed stays as it is.
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

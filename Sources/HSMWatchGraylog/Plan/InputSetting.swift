// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

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

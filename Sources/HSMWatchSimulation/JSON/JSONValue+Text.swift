// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The value as JSON on one line, without spaces. A decimal always has its decimals: `100.0`.
    ///
    /// Only control characters, quotes and backslashes are escaped.
    package var text: String {
        text(escaping: { $0.value < 0x20 })
    }

    /// The same, with everything escaped that could command a terminal.
    package var terminalText: String {
        text(escaping: \.commandsTerminal)
    }

    private func text(escaping mustEscape: (Unicode.Scalar) -> Bool) -> String {
        switch self {
        case .null: "null"
        case .boolean(let flag): "\(flag)"
        case .integer(let number): "\(number)"
        case .decimal(let number): number.isFinite ? "\(number)" : Self.quoted("\(number)", mustEscape)
        case .string(let string): Self.quoted(string, mustEscape)
        case .array(let elements): "[" + elements.map { $0.text(escaping: mustEscape) }.joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.names.map { name in
                    Self.quoted(name, mustEscape) + ":" + (members[name] ?? .null).text(escaping: mustEscape)
                }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ string: String, _ mustEscape: (Unicode.Scalar) -> Bool) -> String {
        var quoted = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case _ where mustEscape(scalar): quoted += scalar.jsonEscape
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the program itself knows of its command line (`--experimental-dump-help`).
struct CommandDump: Decodable {
    struct Command: Decodable {
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let names: [Name]?
        let valueName: String
        let abstract: String?
        let allValues: [String]?
        let defaultValue: String?
        let isRepeating: Bool

        /// As a page of the manual shows it: `--config file`, `-h, --help`, `hsm`.
        var term: String {
            let names = (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }.joined(separator: ", ")
            return switch kind {
            case "positional": valueName
            case "option": "\(names) \(valueName)"
            default: names
            }
        }

        /// What counts when it is not given, by the field for it or in the words of its help.
        var defaultText: String? {
            if let defaultValue { return defaultValue }
            return abstract?.firstMatch(of: /\(default: (.+)\)/).map { String($0.1) }
        }
    }

    let command: Command

    /// What the program says, asked once for all tests.
    static let said = Task {
        let output = try await Stage.play { try await $0.outcome(of: ["--experimental-dump-help"]).output }
        return try JSONDecoder().decode(CommandDump.self, from: Data(output.utf8))
    }

    /// The commands that do something themselves, in the order of the help, each with the words that call it:
    /// `graylog install`.
    var commands: [(name: String, command: Command)] { Self.commands(command.subcommands ?? [], behind: "") }

    private static func commands(_ commands: [Command], behind words: String) -> [(name: String, command: Command)] {
        commands.flatMap { command in
            let name = words + command.commandName
            guard let inner = command.subcommands else { return [(name, command)] }
            return Self.commands(inner, behind: name + " ")
        }
    }

    /// The arguments of a command, without those that every command has.
    func arguments(of name: String) -> [Argument] {
        let common = Set((command.arguments ?? []).map(\.valueName))
        let arguments = commands.first { $0.name == name }?.command.arguments ?? []
        return arguments.filter { !common.contains($0.valueName) }
    }
}

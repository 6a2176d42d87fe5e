// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchSimulation
import Testing

extension EndToEnd {
    /// The manual page of the program against the program.
    @Suite("hsmwatch(1)", .timeLimit(.minutes(1)))
    struct CommandPageTests {
        private let page: ManualPage
        private let dump: CommandDump

        init() async throws {
            page = try ManualPage("hsmwatch.1")
            dump = try await CommandDump.said.value
        }

        /// The descriptions of the subcommands.
        private var descriptions: ArraySlice<ManualPage.Part> { page.parts(after: "COMMANDS", before: "ENVIRONMENT") }

        @Test("describes every subcommand in the order of the help, and no other")
        func subcommands() throws {
            let names = dump.commands.map(\.name)
            #expect(descriptions.map(\.heading) == names)
            #expect(try synopses().map(\.name) == names)
        }

        /// The lines of the synopsis: the words that call a command, and what stands behind them.
        private func synopses() throws -> [(name: String, words: [ManualPage.Word])] {
            var rest = try #require(page.part("SYNOPSIS")).words[...]
            var synopses: [(name: String, words: [ManualPage.Word])] = []
            while let start = rest.firstIndex(where: { $0.macro == "Cm" }) {
                let name = rest[start...].prefix { $0.macro == "Cm" }
                let words = rest[name.endIndex...].prefix { $0.macro != "Cm" }
                synopses.append((ManualPage.text(of: Array(name)), Array(words)))
                rest = rest[words.endIndex...]
            }
            return synopses
        }

        @Test("describes every option and argument of every subcommand, in the order of the help, and no other")
        func arguments() throws {
            for part in descriptions {
                let terms = part.entries.map { ManualPage.text(of: $0.term) }
                #expect(terms == dump.arguments(of: part.heading).map(\.term), "\(part.heading)")
            }
            let common = try #require(page.part("DESCRIPTION")).entries.map { ManualPage.text(of: $0.term) }
            #expect(common == dump.command.arguments?.map(\.term))
        }

        @Test("shows in its synopsis every option and argument, and which may be repeated")
        func synopsis() throws {
            for (name, words) in try synopses() {
                let synopsis = ManualPage.text(of: words) + " "
                let arguments = dump.arguments(of: name)
                for argument in arguments {
                    #expect(synopsis.contains("\(argument.term) "), "\(name)")
                    #expect(synopsis.contains("\(argument.term) ... ") == argument.isRepeating, "\(argument.term)")
                }
                let options = words.filter { $0.macro == "Fl" && $0.text.hasPrefix("-") }
                #expect(options.count == arguments.count { $0.kind != "positional" }, "\(name)")
            }
        }

        @Test("names every value of an option, and no other")
        func values() throws {
            for part in descriptions {
                for (entry, argument) in zip(part.entries, dump.arguments(of: part.heading)) {
                    guard let values = argument.allValues else { continue }
                    #expect(Set(entry.words(of: "Cm")) == Set(values), "\(part.heading) \(argument.term)")
                }
            }
            let simulate = try #require(descriptions.first { $0.heading == "simulate" })
            let fault = try #require(simulate.entries.first { $0.name == "--fault" })
            #expect(Set(fault.entries.map(\.name)) == Set(Self.faults))
        }

        /// The kinds of fault, as `simulate` takes them.
        private static let faults = HSMFault.allowed.components(separatedBy: ", ").map {
            $0.replacingOccurrences(of: " (two digits)", with: "")
        }

        @Test("gives every option's default as the help does, and none where there is none")
        func defaults() {
            for part in descriptions {
                for (entry, argument) in zip(part.entries, dump.arguments(of: part.heading)) {
                    let given = entry.text.firstMatch(of: /The default is (?:to )?(.+?)\.(?: |$)/).map { String($0.1) }
                    #expect(given == argument.defaultText, "\(part.heading) \(argument.term)")
                }
            }
        }

        @Test(
            "gives the bounds of every number and duration as a wrong one is refused",
            arguments: [
                (["probe", "127.0.0.1:1"], "--query-port", "0"), (["probe", "127.0.0.1:1"], "--timeout", "0s"),
                (["probe", "127.0.0.1:1"], "--count", "0"), (["probe", "127.0.0.1:1"], "--interval", "0s"),
                (["simulate"], "--total", "x"), (["simulate"], "--in-use", "x"), (["demo"], "--duration", "0s"),
            ])
        func bounds(command: [String], option: String, wrong: String) async throws {
            let refusal = try await Stage.play { try await $0.outcome(of: command + [option, wrong]) }.errors
            let bounds = try #require(refusal.firstMatch(of: /(?:allowed:|from) (\w+) (?:…|to) (\w+)/))
            let entry = descriptions.first { $0.heading == command[0] }?.entries.first { $0.name == option }
            let text = try #require(entry?.text)
            #expect(text.firstMatch(of: /\d\w* to \d\w*/)?.0 == "\(bounds.1) to \(bounds.2)")
        }

        @Test("lists the exit codes that the commands have")
        func exitCodes() async throws {
            let codes = try #require(page.part("EXIT STATUS")).entries.map(\.name)
            let probe = try await Stage.play { stage in
                let hsm = try await stage.hsm(HSMBehaviour(total: 64, inUse: 10)).address.description
                let garbage = try await stage.hsm(HSMBehaviour(fault: .garbage)).address.description
                let broken = try stage.write("", to: "broken.yaml")
                let runs = [
                    [hsm], [hsm, "--warning", "64"], [hsm, "--critical", "64"], [garbage], ["khi 1"],
                    ["khi-1", "--config", broken],
                ]
                return try await Self.codes(runs.map { ["probe"] + $0 }, on: stage)
            }
            let others = try await Stage.play { stage in
                let taken = try await stage.hsm().address.description
                let broken = try stage.write("", to: "broken.yaml")
                let socket = stage.statusSocket()
                let runs = [
                    ["help"], ["simulate", "--listen", taken], ["check", "--nonsense"], ["status", "--socket", socket],
                    ["check", "--config", broken],
                ]
                return try await Self.codes(runs, on: stage)
            }
            // 71 is any command's with too few files; 73 and 75 are `run`'s, as the page of the service says.
            let expected: [String] = probe + others.prefix(4) + ["71", "73", "75"] + others.suffix(1)
            #expect(codes == expected)
        }

        private static func codes(_ runs: [[String]], on stage: Stage) async throws -> [String] {
            var codes: [String] = []
            for run in runs {
                guard case .exited(let code)? = try await stage.outcome(of: run).ending else { continue }
                codes.append("\(code)")
            }
            return codes
        }
    }
}

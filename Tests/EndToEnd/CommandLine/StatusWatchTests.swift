// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("hsmwatch status --watch, on a terminal", .timeLimit(.minutes(1)))
    struct StatusWatchTests {
        private static let enter = "\u{1B}[?1049h"
        private static let leave = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

        /// Starts a service with so many HSMs, and returns when one has been asked.
        private static func serve(_ stage: Stage, hsms: Int = 2) async throws -> (Child, ConfigurationText) {
            let graylog = try await stage.graylog()
            let hsm = try await stage.hsm(HSMBehaviour(total: 128, inUse: 7))
            let configuration = ConfigurationText(
                to: graylog, hsms: (1...hsms).map { ConfigurationText.entry("khi-\($0)", hsm) })
            let service = try stage.service(configuration)
            var mail = Mail()
            try await mail.collect(readings: 1, from: graylog)
            return (service, configuration)
        }

        private static func watch(_ stage: Stage, _ terminal: Pseudoterminal) throws -> TerminalProcess {
            try stage.hsmwatch(["status", "--watch", "--socket", stage.statusSocket()], on: terminal)
        }

        /// The lines of the last frame that was drawn to its end, without colours.
        private static func frame(_ shown: String) -> [String] {
            let frames = shown.components(separatedBy: "\u{1B}[?2026h").dropFirst()
            guard let frame = frames.last(where: { $0.hasSuffix("\u{1B}[?2026l") }) else { return [] }
            let text = frame.dropFirst("\u{1B}[H".count).dropLast("\u{1B}[?2026l".count)
            return text.replacing(/\e\[[0-9;]*m/, with: "").components(separatedBy: "\r\n")
        }

        private static func waitForFrame(
            _ terminal: Pseudoterminal, when isExpected: @escaping @Sendable ([String]) -> Bool
        ) async throws {
            _ = try await terminal.shown.value { isExpected(frame($0)) }
        }

        @Test("fills the terminal at each of its sizes, and leaves it as it was on q")
        func resize() async throws {
            try await Stage.play { stage in
                _ = try await Self.serve(stage)
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                #expect(terminal.isCooked)
                let watch = try Self.watch(stage, terminal)
                for (rows, columns) in [(24, 80), (40, 120), (10, 60), (24, 80)] {
                    try terminal.resize(rows: rows, columns: columns)
                    watch.signal(SIGWINCH)
                    try await Self.waitForFrame(terminal) { frame in
                        frame.count == rows && frame.allSatisfy { $0.count == columns }
                            && frame.contains { $0.hasPrefix("khi-1 ") }
                    }
                    #expect(!terminal.isCooked)
                }
                terminal.type("q")
                #expect(try await watch.ended() == .exited(0))
                let shown = try await terminal.shown.value { $0.hasSuffix(Self.leave) }
                #expect(shown.hasPrefix(Self.enter))
                #expect(terminal.isCooked)
            }
        }

        @Test(
            "Ctrl-C and the signals that end a process leave the terminal as it was",
            arguments: [0, SIGINT, SIGTERM, SIGHUP])
        func interrupted(signal: Int32) async throws {
            try await Stage.play { stage in
                _ = try await Self.serve(stage)
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try Self.watch(stage, terminal)
                try await Self.waitForFrame(terminal) { !$0.isEmpty }
                if signal == 0 { terminal.type("\u{3}") } else { watch.signal(signal) }
                #expect(try await watch.ended() == .exited(0))
                _ = try await terminal.shown.value { $0.hasSuffix(Self.leave) }
                #expect(terminal.isCooked)
            }
        }

        @Test("sorts and scrolls by keys, and shows what comes in between")
        func keys() async throws {
            try await Stage.play { stage in
                _ = try await Self.serve(stage, hsms: 60)
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try Self.watch(stage, terminal)
                try await Self.waitForFrame(terminal) { $0.contains { $0.hasSuffix(" 1–17 of 60") } }
                terminal.type("n\u{1B}[B")
                try await Self.waitForFrame(terminal) { $0.count > 4 && $0[4].hasPrefix("khi-2 ") }
                terminal.type("rG")
                try await Self.waitForFrame(terminal) { $0.contains { $0.hasPrefix("khi-1 ") } }
                terminal.type("q")
                #expect(try await watch.ended() == .exited(0))
            }
        }

        @Test("says when the service has gone away, and finds the next one")
        func reconnects() async throws {
            try await Stage.play { stage in
                let (service, configuration) = try await Self.serve(stage)
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try Self.watch(stage, terminal)
                try await Self.waitForFrame(terminal) { $0.first?.hasPrefix("hsmwatch 0.1.0, up ") == true }
                try await service.ended(by: SIGTERM)
                try await Self.waitForFrame(terminal) { frame in
                    frame.first?.contains("ago: hsmwatch is not running") == true
                        && frame.contains { $0.hasPrefix("khi-1 ") }
                }
                let next = try stage.service(configuration)
                try await Self.waitForFrame(terminal) {
                    $0.first?.contains(", process \(next.processIdentifier), ") == true
                }
                terminal.type("q")
                #expect(try await watch.ended() == .exited(0))
            }
        }

        @Test("on a terminal without escape sequences one plain table follows the other", arguments: ["dumb", ""])
        func dumb(terminalName: String) async throws {
            try await Stage.play { stage in
                let (service, _) = try await Self.serve(stage)
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try stage.hsmwatch(
                    ["status", "--watch", "--socket", stage.statusSocket()], on: terminal,
                    environment: ["TERM": terminalName])
                let shown = try await terminal.shown.value { $0.components(separatedBy: "NAME ").count == 3 }
                #expect(!shown.contains("\u{1B}"))
                #expect(terminal.isCooked)
                try await service.ended(by: SIGTERM)
                #expect(try await watch.ended() == .exited(69))
            }
        }

        @Test(
            "in a locale without UTF-8 everything is drawn in ASCII, on the screen and in the table",
            arguments: [["LC_ALL": "C"], ["LC_ALL": "", "LC_CTYPE": "de_DE", "LANG": "C.UTF-8"]])
        func ascii(environment: [String: String]) async throws {
            try await Stage.play { stage in
                _ = try await Self.serve(stage)
                let arguments = ["status", "--socket", stage.statusSocket()]
                let terminal = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try stage.hsmwatch(arguments + ["--watch"], on: terminal, environment: environment)
                try await Self.waitForFrame(terminal) { $0.contains { $0.hasPrefix("khi-1 ") && $0.contains("###") } }
                terminal.type("q")
                #expect(try await watch.ended() == .exited(0))
                let table = try Pseudoterminal(rows: 24, columns: 80)
                #expect(try await stage.hsmwatch(arguments, on: table, environment: environment).ended() == .exited(0))
                _ = try await table.shown.value { $0.contains("###") }
                for shown in [await terminal.shown.value, await table.shown.value] {
                    #expect(shown.utf8.allSatisfy { $0 < 0x80 })
                }
            }
        }

        @Test("with NO_COLOR set nothing is coloured or redrawn, and without --watch nothing is redrawn either")
        func plain() async throws {
            try await Stage.play { stage in
                let (service, _) = try await Self.serve(stage)
                let colourless = try Pseudoterminal(rows: 24, columns: 80)
                let watch = try stage.hsmwatch(
                    ["status", "--watch", "--socket", stage.statusSocket()], on: colourless,
                    environment: ["NO_COLOR": "1"])
                let shown = try await colourless.shown.value { $0.components(separatedBy: "NAME ").count == 3 }
                #expect(!shown.contains("\u{1B}"))
                let coloured = try Pseudoterminal(rows: 24, columns: 80)
                let once = try stage.hsmwatch(["status", "--socket", stage.statusSocket()], on: coloured)
                #expect(try await once.ended() == .exited(0))
                let table = try await coloured.shown.value { $0.contains("graylog") }
                #expect(table.contains("\u{1B}[32mok\u{1B}[0m"))
                #expect(!table.contains("\u{1B}[?"))
                try await service.ended(by: SIGTERM)
                #expect(try await watch.ended() == .exited(69))
            }
        }
    }
}

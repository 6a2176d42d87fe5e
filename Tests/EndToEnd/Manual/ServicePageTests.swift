// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// The manual page of the service against the running service, its unit, its catalog and its source.
    @Suite("hsmwatch.service(8)", .timeLimit(.minutes(1)))
    struct ServicePageTests {
        private static let package = ManualPage.folder.appending(path: "../..").standardized

        /// What a call reads of the environment without naming the variable there.
        private static let readByLibraries = [
            "sd_notify(": ["NOTIFY_SOCKET"], "sd_watchdog_enabled(": ["WATCHDOG_USEC", "WATCHDOG_PID"],
            "sd_listen_fds_with_names(": ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"], "localtime_r(": ["TZ"],
            ".temporaryDirectory": ["TMPDIR"],
            "= TerminalAbility {": ["TERM", "NO_COLOR", "LC_ALL", "LC_CTYPE", "LANG"],
        ]

        private let page: ManualPage

        init() throws {
            page = try ManualPage("hsmwatch.service.8")
        }

        /// The items of a part that is a list.
        private func entries(_ heading: String) throws -> [ManualPage.Entry] {
            try #require(page.part(heading)).entries
        }

        private static func text(of file: String) throws -> String {
            try String(contentsOf: package.appending(path: file), encoding: .utf8)
        }

        /// Starts a service, and hands it on when it runs.
        private static func whileRunning<Outcome>(
            _ test: (Stage, ConfigurationText, Child) async throws -> Outcome
        ) async throws -> Outcome {
            try await Stage.play { stage in
                let configuration = ConfigurationText(to: try await stage.graylog(), watching: try await stage.hsm())
                let service = try stage.service(configuration)
                _ = try await service.said { $0.errors.contains("started") }
                return try await test(stage, configuration, service)
            }
        }

        @Test("lists the signals that the service traps, and no other")
        func signals() async throws {
            let listed = try entries("SIGNALS").map(\.name)
            let status = try await Self.whileRunning { _, _, service in
                try String(contentsOfFile: "/proc/\(service.processIdentifier)/status", encoding: .utf8)
            }
            let mask = try #require(status.firstMatch(of: /SigCgt:\s*([0-9a-f]+)/).flatMap { UInt64($0.1, radix: 16) })
            // A crash is the runtime's to report, and the signals from 32 on are the C library's.
            let crashes = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
            let trapped = (1..<Int32(32)).filter { mask >> ($0 - 1) & 1 == 1 && !crashes.contains($0) }
            let names = [SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGTERM: "SIGTERM"]
            #expect(Set(listed) == Set(trapped.map { names[$0] ?? "signal \($0)" }))
        }

        @Test("lists the exit codes of the service, and 1 for an unforeseen error")
        func exitCodes() async throws {
            let endings = try await Self.whileRunning { stage, configuration, service in
                let usage = try await stage.outcome(of: ["run", "--nonsense"])
                let taken = ["STATE_DIRECTORY": stage.stateDirectory().path()]
                let absent = ["STATE_DIRECTORY": "/dev/null/state"]
                let unopened = try await stage.service(configuration, named: "third", environment: absent).ended()
                let second = try await stage.service(configuration, named: "second", environment: taken).ended()
                let broken = try await stage.outcome(of: ["run", "--config", "/dev/null"])
                let stopped = try await service.ended(by: SIGTERM)
                let starved = try await stage.service(configuration, named: "starved", after: "ulimit -n 20").ended()
                return [stopped, usage, starved, unopened, second, broken].map(\.ending)
            }
            let listed = try entries("EXIT STATUS").compactMap { Int32($0.name) }
            #expect(endings == listed.filter { $0 != 1 }.map { .exited($0) })
            #expect(listed.contains(1))
        }

        @Test("lists, with hsmwatch(1), every variable that the program reads, and no other")
        func environment() throws {
            let listed = try (entries("ENVIRONMENT") + #require(ManualPage("hsmwatch.1").part("ENVIRONMENT")).entries)
                .flatMap { $0.term.filter { $0.macro == "Ev" } }
                .map(\.bareText)
            var read: Set<String> = []
            let sources = Self.package.appending(path: "Sources")
            for case let file as URL in try #require(
                FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
            where file.pathExtension == "swift" {
                let source = try String(contentsOf: file, encoding: .utf8)
                read.formUnion(source.matches(of: /(?:\.environment\[|getenv\()"([A-Z_]+)"/).map { String($0.1) })
                for (call, variables) in Self.readByLibraries where source.contains(call) {
                    read.formUnion(variables)
                }
            }
            #expect(Set(listed) == read)
        }

        @Test("names the files that the service has when it runs")
        func files() async throws {
            let listed = try entries("FILES").map(\.name).filter { !$0.hasSuffix("*") }
            try await Self.whileRunning { stage, _, _ in
                let folders = [
                    "/var/lib/hsmwatch/": stage.stateDirectory().path() + "/",
                    "/run/hsmwatch/": stage.statusSocket().replacing("status.sock", with: ""),
                ]
                for (folder, actual) in folders {
                    let files = listed.filter { $0.hasPrefix(folder) }
                    #expect(!files.isEmpty)
                    for file in files {
                        #expect(
                            FileManager.default.fileExists(atPath: actual + file.dropFirst(folder.count)), "\(file)")
                    }
                }
            }
        }

        @Test("quotes the unit as it is")
        func unit() throws {
            let unit = try Self.text(of: "systemd/hsmwatch.service").split(separator: "\n")
            let quoted = page.text.matches(of: /(?:^| )([A-Z][A-Za-z]+=[^ ,]*[A-Za-z0-9])/).map(\.1)
            #expect(quoted.count >= 8)
            for directive in quoted {
                #expect(unit.contains(directive), "\(directive)")
            }
        }

        @Test("lists the MESSAGE_ID of every entry of the catalog with its subject, and no other")
        func messageIDs() throws {
            let catalog = try Self.text(of: "systemd/hsmwatch.catalog").replacing(/[@']/, with: "")
            let subjects = catalog.matches(of: /-- ([0-9a-f]{32})\nSubject: (.*)/).map { "\($0.1) \($0.2)." }
            #expect(!subjects.isEmpty)
            let listed = try entries("DIAGNOSTICS").map { "\($0.name) \($0.text)".replacing("'", with: "") }
            #expect(listed == subjects)
        }

        @Test("names every field of a journal entry in capitals")
        func fields() throws {
            let catalog = try Self.text(of: "systemd/hsmwatch.catalog")
            let known = Set(catalog.matches(of: /@([A-Z_]+)@/).map { String($0.1) })
            let text =
                ManualPage.text(of: try #require(page.part("DIAGNOSTICS")).words)
                + (try entries("DIAGNOSTICS").map(\.text).joined(separator: " "))
            for field in known {
                #expect(text.contains(field), "\(field)")
            }
        }
    }
}

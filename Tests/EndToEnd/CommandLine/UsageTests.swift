// SPDX-License-Identifier: Apache-2.0

import Testing

extension EndToEnd {
    @Suite("The command line", .timeLimit(.minutes(1)))
    struct UsageTests {
        private static let commands = [
            "run", "check", "status", "probe", "send-test", "simulate", "receive", "content-pack", "graylog",
            "demo",
        ]

        @Test(
            "wrong usage ends with exit 64, an explanation on stderr and nothing on stdout",
            arguments: [
                ["nonsense"], ["run", "--nonsense"], ["run", "argument"], ["run", "--config"], ["check", "--nonsense"],
                ["check", "--config"], ["simulate", "--fault", "nonsense"], ["simulate", "--total", "-1"],
                ["simulate", "--in-use", "many"], ["simulate", "--in-use", "65"],
                ["simulate", "--listen", "9010"], ["receive", "--format", "xml"],
                ["receive", "--listen", "127.0.0.1:1-2"], ["receive", "--type", "gelf"],
                ["receive", "--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0"],
                ["receive", "--type", "gelf-tcp", "--type", "syslog-tcp", "--listen", "127.0.0.1:0"],
                ["receive", "--type", "gelf-tcp", "--type", "gelf-http"],
                ["receive", "--type", "gelf-udp", "--type", "gelf-udp"],
                ["receive", "--type", "gelf-udp", "--tls-certificate", "c", "--tls-key", "k"],
                ["receive", "--tls-certificate", "c"], ["receive", "--http-bulk"], ["receive", "--http-path", "/gelf"],
                ["receive", "--type", "gelf-http", "--http-path", "gelf"],
                ["receive", "--type", "gelf-http", "--http-authorization-header", "X-Token"],
                ["receive", "--type", "gelf-http", "--http-authorization", "/nonexistent"],
                ["receive", "--type", "gelf-http", "--http-authorization", "/dev/null"],
                ["graylog", "nonsense"], ["graylog", "install"],
                ["graylog", "install", "--url", "http://graylog.example.net/api", "--token-file", "/dev/null"],
                ["demo", "--duration", "soon"], ["demo", "--duration", "0s"],
                ["status", "--watch", "--json"], ["status", "--socket"], ["status", "khi-1"],
                ["probe"], ["probe", "khi 1"], ["probe", "127.0.0.1:"], ["probe", "127.0.0.1:0"],
                ["probe", "::1:9010"],
                ["probe", "127.0.0.1:1", "127.0.0.1:2"], ["probe", "127.0.0.1:1", "--config", "/dev/null"],
                ["probe", "127.0.0.1:1", "--query-port", "0"], ["probe", "127.0.0.1:1", "--query-port", "9010#"],
                ["probe", "127.0.0.1:1", "--warning", "101%"], ["probe", "127.0.0.1:1", "--critical", "-1"],
                ["probe", "127.0.0.1:1", "--warning", "10", "--critical", "20"],
                ["probe", "127.0.0.1:1", "--timeout", "0s"], ["probe", "127.0.0.1:1", "--line-ending", "cr"],
                ["probe", "127.0.0.1:1", "--format", "xml"], ["probe", "127.0.0.1:1", "--count", "0"],
                ["probe", "127.0.0.1:1", "--interval", "1s"],
                ["probe", "127.0.0.1:1", "--count", "2", "--interval", "99ms"],
                ["probe", "127.0.0.1:1", "--count", "2", "--interval", "1s", "--timeout", "2s"],
            ])
        func wrongUsage(arguments: [String]) async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: arguments)
                #expect(record.ending == .exited(64))
                #expect(record.output == "")
                #expect(record.errors.contains("Usage: hsmwatch"))
            }
        }

        @Test(
            "a file that is wrong ends with exit 64, too, and is said alone",
            arguments: [
                ("install", "/dev/null", "the token in /dev/null can be read or changed by others than its owner"),
                ("uninstall", "/nonexistent", "the token in /nonexistent cannot be read: No such file or directory"),
                ("pin-fields", "/nonexistent", "the token in /nonexistent cannot be read: No such file or directory"),
            ])
        func wrongFile(command: String, file: String, problem: String) async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: [
                    "graylog", command, "--url", "https://127.0.0.1:1/api", "--token-file", file,
                ])
                #expect(record.ending == .exited(64))
                #expect(record.output == "")
                #expect(record.errors.hasPrefix(problem))
                #expect(record.errors.count { $0 == "\n" } == 1)
            }
        }

        @Test(
            "a password in a URL is never shown",
            arguments: [
                ["--url", "https://admin:s3cret@graylog/api"], ["--url", "admin:s3cret@graylog"],
                ["--url", "https://admin:s3c/ret@graylog:x/api"], ["--url=ftp://admin:s3cret@graylog"],
            ])
        func secret(url: [String]) async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(
                    of: ["graylog", "install"] + url + ["--token-file", "/dev/null"])
                #expect(record.ending == .exited(64))
                #expect(!record.errors.contains("s3c"), "\(record.errors)")
                #expect(record.errors.contains("--url: a URL without a user and a password is needed"))
            }
        }

        @Test("--version is a version and nothing else")
        func version() async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: ["--version"])
                #expect(record.ending == .exited(0))
                #expect(record.output.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\n/) != nil)
                #expect(record.errors == "")
            }
        }

        @Test("--help explains every command on stdout", arguments: Self.commands)
        func help(command: String) async throws {
            try await Stage.play { stage in
                let overview = try await stage.outcome(of: ["--help"])
                #expect(overview.ending == .exited(0))
                #expect(overview.output.contains("\n  \(command) "))
                let record = try await stage.outcome(of: [command, "--help"])
                #expect(record.ending == .exited(0))
                #expect(record.output.hasPrefix("OVERVIEW: "))
                #expect(record.output.contains("USAGE: hsmwatch \(command)"))
                #expect(record.errors == "")
            }
        }

        @Test("a completion script comes for every shell, and names the commands", arguments: ["bash", "zsh", "fish"])
        func completion(shell: String) async throws {
            try await Stage.play { stage in
                let record = try await stage.outcome(of: ["--generate-completion-script", shell])
                #expect(record.ending == .exited(0))
                for command in Self.commands {
                    #expect(record.output.contains(command))
                }
                #expect(record.errors == "")
            }
        }
    }
}

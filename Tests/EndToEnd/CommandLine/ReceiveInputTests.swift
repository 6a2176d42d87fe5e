// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchSimulation
import Testing

extension EndToEnd {
    @Suite("hsmwatch receive, with every kind of input", .timeLimit(.minutes(1)))
    struct ReceiveInputTests {
        private static let gelf = #"{"host":"h","short_message":"hello","timestamp":1}"#
        private static let gelfLine =
            #"{"stored":{"message":"hello","source":"h","timestamp":"1970-01-01 00:00:01.000"},"#
            + #""warnings":[],"dropped_fields":[]}"#
        private static let syslog = #"<134>1 2026-01-02T03:04:05.006Z h hsmwatch 7 - [hsmwatch@32473 n="5"] hello"#
        private static let syslogLine =
            #"{"stored":{"application_name":"hsmwatch","facility":"local0","facility_num":16,"level":6,"message":"hello","#
            + #""n":"5","process_id":"7","source":"h","timestamp":"2026-01-02 03:04:05.006"},"#
            + #""warnings":[],"dropped_fields":[]}"#

        private func start(_ arguments: [String], on stage: Stage) throws -> Child {
            try stage.hsmwatch(["receive", "--format", "json"] + arguments)
        }

        private func post(_ body: String, path: String = "/gelf", headers: String = "") -> String {
            "POST \(path) HTTP/1.1\r\nhost: h\r\ncontent-length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
        }

        // MARK: One of each

        @Test("gelf-udp prints messages, whole and in chunks, and what stays incomplete")
        func gelfUDP() async throws {
            try await Stage.play { stage in
                let receiver = try start(["--type", "gelf-udp", "--listen", "127.0.0.1:0"], on: stage)
                let sender = try SocketClient(try await receiver.inputAddresses()[0], over: .udp)
                try sender.send(Array(Self.gelf.utf8))
                let header: [UInt8] = [0x1E, 0x0F, 1, 2, 3, 4, 5, 6, 7, 8]
                try sender.send(header + [1, 2] + Array(Self.gelf.utf8.dropFirst(10)))
                try sender.send(header + [0, 2] + Array(Self.gelf.utf8.prefix(10)))
                try sender.send(header + [2, 4] + Array("lost".utf8))
                let record = try await receiver.said { $0.lines.count == 3 }
                #expect(record.lines[...1] == [Self.gelfLine[...], Self.gelfLine[...]])
                let reason = "1 of 4 chunks came: the others not within 5s of the first"
                #expect(record.lines[2] == #"{"dropped":"\#(reason)","frame":""}"#)
            }
        }

        @Test("gelf-http answers as Graylog does, with its own path, authorization and bulk")
        func gelfHTTP() async throws {
            try await Stage.play { stage in
                let token = try stage.write("Bearer secret\nnot this\n", to: "token")
                let receiver = try start(
                    ["--type", "gelf-http", "--listen", "127.0.0.1:0", "--http-path", "/in", "--http-bulk"]
                        + ["--http-authorization", token, "--http-authorization-header", "X-Token"], on: stage)
                let client = try SocketClient(try await receiver.inputAddresses()[0])
                for (request, answer) in [
                    (post(Self.gelf, path: "/in"), "401 Unauthorized"),
                    (post(Self.gelf, headers: "x-token: Bearer secret\r\n"), "404 Not Found"),
                    (
                        post("\(Self.gelf)\n\(Self.gelf)\n", path: "/in", headers: "x-token: Bearer secret\r\n"),
                        "202 Accepted"
                    ),
                ] {
                    try client.send(request)
                    #expect(
                        try client.line() == "HTTP/1.1 \(answer)\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n"
                    )
                }
                let record = try await receiver.said { $0.lines.count == 4 }
                #expect(
                    record.lines[0].hasPrefix(#"{"dropped":"401: the header X-Token has not the value it must have""#))
                #expect(record.lines[1].hasPrefix(#"{"dropped":"404: the path is /gelf, not /in""#))
                #expect(record.lines[2...] == [Self.gelfLine[...], Self.gelfLine[...]])
            }
        }

        @Test("gelf-http has answered nothing that it has not printed, when it is killed")
        func killed() async throws {
            try await Stage.play { stage in
                // Nobody reads what it prints: it goes on until the pipe is full.
                let path = stage.folder.appending(path: "output").path()
                #expect(mkfifo(path, 0o600) == 0)
                let output = FileHandle(fileDescriptor: open(path, O_RDONLY | O_NONBLOCK), closeOnDealloc: true)
                let command = #"exec "$0" receive --type gelf-http --listen 127.0.0.1:0 --format json >"$1""#
                let receiver = try stage.tool("sh", ["-c", command, Stage.program.path(), path])
                let client = try SocketClient(try await receiver.inputAddresses()[0])
                let text = String(repeating: "x", count: 1000)
                let count = 400
                try client.send(String(repeating: post(Self.gelf.replacing("hello", with: text)), count: count))
                var answers = ""
                while answers.count(of: "202") < 20 { answers += try client.line() }
                try await receiver.ended(by: SIGKILL)
                while let more = try? client.line(), !more.isEmpty { answers += more }
                let printed = String(decoding: try output.readToEnd() ?? Data(), as: UTF8.self).count(of: "\n")
                #expect(printed < count)
                #expect(answers.count(of: "202") <= printed)
            }
        }

        @Test("syslog-tcp prints counted frames and lines, and the last one that has no end")
        func syslogTCP() async throws {
            try await Stage.play { stage in
                let receiver = try start(["--type", "syslog-tcp", "--listen", "127.0.0.1:0"], on: stage)
                let address = try await receiver.inputAddresses()[0]
                let counted = try SocketClient(address)
                try counted.send("\(Self.syslog.utf8.count) \(Self.syslog)")
                _ = try await receiver.said { $0.lines == [Self.syslogLine[...]] }
                do {
                    let lines = try SocketClient(address)
                    try lines.send(Self.syslog + "\n<13>no end")
                }
                let record = try await receiver.said { $0.lines.count == 3 }
                #expect(record.lines[1] == Self.syslogLine)
                let reason = "the last line has no end: Graylog discards it"
                #expect(record.lines[2] == #"{"dropped":"\#(reason)","frame":"<13>no end"}"#)
            }
        }

        @Test("syslog-udp prints a datagram")
        func syslogUDP() async throws {
            try await Stage.play { stage in
                let receiver = try start(["--type", "syslog-udp", "--listen", "127.0.0.1:0"], on: stage)
                let sender = try SocketClient(try await receiver.inputAddresses()[0], over: .udp)
                try sender.send(Array(Self.syslog.utf8))
                _ = try await receiver.said { $0.lines == [Self.syslogLine[...]] }
            }
        }

        @Test("takes TLS on every TCP input", arguments: ["gelf-tcp", "gelf-http", "syslog-tcp"])
        func tls(type: String) async throws {
            try await Stage.play { stage in
                let files = ["key.pem", "cert.pem"].map { stage.folder.appending(path: $0).path() }
                let made = try await stage.outcome(
                    ofTool: "openssl",
                    [
                        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                        "/CN=h",
                    ]
                        + ["-keyout", files[0], "-out", files[1]])
                #expect(made.ending == .exited(0))
                let receiver = try start(
                    ["--type", type, "--listen", "127.0.0.1:0", "--tls-key", files[0], "--tls-certificate", files[1]],
                    on: stage)
                let message =
                    switch type {
                    case "gelf-tcp": Self.gelf
                    case "gelf-http": post(Self.gelf, headers: "connection: close\r\n")
                    default: "\(Self.syslog.utf8.count) \(Self.syslog)"
                    }
                let file = try stage.write(message, to: "message")
                let command = #"openssl s_client -quiet -no_ign_eof -CAfile "$0" -connect "$1" <"$2""#
                let address = try await receiver.inputAddresses()[0]
                let client = try stage.tool("sh", ["-c", command, files[1], "\(address)", file])
                _ = try await receiver.said {
                    $0.lines == [(type == "syslog-tcp" ? Self.syslogLine : Self.gelfLine)[...]]
                }
                try await client.ended()
            }
        }

        // MARK: Several

        @Test("several at once say where each listens, and on which a message came", arguments: ["json", "text"])
        func several(format: String) async throws {
            try await Stage.play { stage in
                let types = ["syslog-udp", "gelf-http", "gelf-udp", "gelf-udp"]
                let receiver = try stage.hsmwatch(
                    ["receive", "--format", format] + types.flatMap { ["--type", $0, "--listen", "127.0.0.1:0"] })
                let addresses = try await receiver.inputAddresses(4)
                let lines = try await receiver.said { $0.errors.hasSuffix("\n") }.errors.split(separator: "\n")
                #expect(lines.map { String($0) } == zip(addresses, types).map { "listening on \($0) (\($1))" })
                try SocketClient(addresses[0], over: .udp).send(Self.syslog)
                _ = try await receiver.said { $0.lines.count == 1 }
                try SocketClient(addresses[1]).send(post(Self.gelf))
                _ = try await receiver.said { $0.lines.count == 2 }
                try SocketClient(addresses[3], over: .udp).send(Self.gelf)
                let said = try await receiver.said { $0.lines.count == 3 }.lines
                let names = ["syslog-udp", "gelf-http", "gelf-udp \(addresses[3])"]
                if format == "json" {
                    #expect(said[0] == #"{"input":"syslog-udp","# + Self.syslogLine.dropFirst())
                    #expect(said[2] == #"{"input":"\#(names[2])","# + Self.gelfLine.dropFirst())
                } else {
                    let width = names[2].count + 1
                    #expect(
                        said.map { $0.prefix(width) }
                            == names.map { $0.padding(toLength: width, withPad: " ", startingAt: 0)[...] })
                    #expect(
                        said[0].hasSuffix(
                            " hello application_name=hsmwatch facility=local0 facility_num=16 n=5 process_id=7"))
                }
            }
        }

        @Test("of two inputs of which one cannot listen, none is there: exit 1")
        func taken() async throws {
            try await Stage.play { stage in
                let other = try await stage.graylog()
                let record = try await stage.outcome(
                    of: ["receive", "--type", "gelf-udp", "--listen", "127.0.0.1:0", "--type", "syslog-tcp"]
                        + ["--listen", "\(other.address)"])
                #expect(record.ending == .exited(1))
                #expect(record.errors == "Error: cannot listen on \(other.address): Address already in use\n")
            }
        }

        // MARK: Help

        @Test(
            "the examples of --help work",
            .enabled(if: tools.allSatisfy(isInstalled), "needs \(tools.joined(separator: ", "))"),
            arguments: ["gelf-tcp", "gelf-udp", "gelf-http", "syslog-tcp", "syslog-udp"])
        func examples(type: String) async throws {
            try await Stage.play { stage in
                let help = try await stage.outcome(of: ["receive", "--help"]).lines.map { $0.drop { $0 == " " } }
                let message = try #require(help.first { $0.hasPrefix("m=") })
                let example = try #require(help.first { $0.hasPrefix(type + " ") }).dropFirst(type.count)
                let receiver = try start(["--type", type, "--listen", "127.0.0.1:0"], on: stage)
                let port = "\(try await receiver.inputAddresses()[0].ports.lowerBound)"
                let command = example.replacing("12201", with: port).replacing("1514", with: port)
                #expect(try await stage.outcome(ofTool: "sh", ["-c", "\(message)\n\(command)"]).ending == .exited(0))
                let line = try #require(try await receiver.said { $0.lines.count == 1 }.lines.first)
                #expect(line.contains(#""message":"hello""#))
            }
        }

        private static let tools = ["curl", "logger", "nc"]

        /// Whether a program is there. Where nothing may be skipped, the test shall fail without it.
        private static func isInstalled(_ tool: String) -> Bool {
            FileManager.default.isExecutableFile(atPath: "/usr/bin/\(tool)")
                || ProcessInfo.processInfo.environment["CI"] == "true"
        }
    }
}

extension String {
    fileprivate func count(of part: String) -> Int {
        ranges(of: part).count
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What `hsmwatch check` itself says of the keys of a configuration: those that exist, what they take, and what counts without
/// them.
struct ConfigurationDump {
    /// Every key once, each with a value that is refused, and an unknown one in every mapping.
    private static let wrong = """
        x: 1
        source: " "
        heartbeat: 0s
        log_level: x
        runbook: " "
        defaults: {x: 1}
        hsms:
          - x: 1
            name: ""
            address: x
            query_ports: [\(Array(repeating: "0", count: 17).joined(separator: ", "))]
            interval: 0s
            timeout: 0s
            connection: x
            line_ending: x
            alert: {x: 1, warning: x, critical: x, raise_after: 0, raise_after_failures: 0, clear_after: 0, clear_margin: x}
            forecast: {x: 1, window: 0s, warn_within: 0s}
            fields: {"": x, f: " "}
          - {fields: {\((0...32).map { "f\($0): x" }.joined(separator: ", "))}}
        outputs:
          - x: 1
            name: ""
            type: x
            endpoints: []
            events: []
            tls: {x: 1, ca: /n, certificate: /n, key: /n, key_password: /n, server_name: 192.0.2.1}
            confirm: 0s
            rewind: 0s
            datagram_size: 0
            path: x
            bulk: x
            authorization: {x: 1, header: "", file: /n}
            proxy: x
            format: x
            facility: x
            app_name: ""
          - {endpoints: [x], events: [x], authorization: {}}
          - {type: gelf-udp, endpoints: [], tls: {}, path: /, bulk: on, authorization: {file: /n}, proxy: "p:1",
             format: legacy, facility: kern, app_name: a}
          - {type: gelf-tcp, datagram_size: 512}
        spool: {x: 1, max_size: 1KiB, max_age: 0s}

        """

    /// The problems of `wrong`, of empty lists and of missing ones, each without the place in the file.
    private let problems: [Substring]
    /// The configuration in effect for an output of each type that says the least; its lines without indentation.
    private let shown: [Substring]

    /// What the program says, asked once for all tests.
    static let said = Task { try await load() }

    /// Asks the program.
    private static func load() async throws -> ConfigurationDump {
        try await Stage.play { stage in
            var problems: [Substring] = []
            for text in [wrong, "hsms: []\noutputs: []\n", "heartbeat: 60s\n"] {
                let file = try stage.write(text, to: "wrong.yaml")
                let record = try await stage.outcome(of: ["check", "--config", file])
                problems += record.errors.split(separator: "\n").compactMap { line in
                    line.firstMatch(of: /: (?:error|warning): (.*)/)?.1
                }
            }
            var shown: [Substring] = []
            for type in ["gelf-tcp", "gelf-udp", "gelf-http", "syslog-tcp", "syslog-udp"] {
                shown += try await show("type: \(type)", on: stage)
            }
            // Shown on one line, and only when it is there.
            let value = try stage.write("secret", to: "authorization")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: value)
            let header = try await show("type: gelf-http, authorization: {file: \(value)}", on: stage)
                .compactMap { $0.firstMatch(of: /header: "\w+"/)?.0 }
            return ConfigurationDump(problems: problems, shown: shown + header)
        }
    }

    /// The lines of the configuration in effect, without indentation, for an output that says the least.
    private static func show(_ output: String, on stage: Stage) async throws -> [Substring] {
        let file = try stage.write(
            """
            hsms: [{name: h, address: "h:1"}]
            outputs: [{name: o, endpoints: ["g:1"], \(output)}]

            """, to: "least.yaml")
        let record = try await stage.outcome(of: ["check", "--config", file, "--show"])
        return record.output.split(separator: "\n").map { line in line.drop { " -".contains($0) } }
    }

    /// The keys of a mapping, such as `hsms[0].alert`; of the whole file for the empty path.
    func keys(of path: String) -> [String] {
        let place = path.isEmpty ? "at the top level" : "in \(path)"
        let problem = problems.first { $0.hasPrefix("unknown key 'x' \(place) ") }
        return problem.flatMap { Self.list(in: $0) } ?? []
    }

    /// The words that a key takes; empty when it takes others than words.
    func words(of key: String) -> [String] {
        refusals(of: key).lazy.compactMap { $0.contains(": unknown ") ? Self.list(in: $0) : nil }.first ?? []
    }

    /// What a key takes, in the words of its refusals, such as `1 to 16`.
    func bounds(of key: String) -> [String] {
        refusals(of: key).compactMap { refusal -> String? in
            guard let allowed = refusal.firstMatch(of: /; allowed: (?:at most )?(.+?)(?:, e\.g\. .*)?$/) else {
                return nil
            }
            return String(allowed.1.replacing(" … ", with: " to "))
        }
    }

    /// Whether a key of the mapping at a path must be written.
    func isRequired(_ key: String, of path: String) -> Bool {
        let missing = (path.isEmpty ? "" : "\(path): ") + "missing key '\(key)'"
        return problems.contains { Self.ofFirstElement($0).hasPrefix(missing) }
    }

    /// The types of output that a key goes with; nil when it goes with all.
    func types(of key: String) -> String? {
        problems.lazy.compactMap { $0.firstMatch(of: /'(\w+)' does not go with type [\w-]+; allowed with: (.*)/) }
            .first { $0.1 == key }.map { String($0.2) }
    }

    /// What counts for a key that is not written; nil when nothing does.
    func defaultValue(of key: String) -> String? {
        shown.first { $0.hasPrefix("\(key):") }.map { line in
            line.dropFirst(key.count + 1).trimmingCharacters(in: [" ", "\""])
        }
    }

    /// The problems with the value of the key at a path, with an element of it or with a key below it.
    private func refusals(of path: String) -> [Substring] {
        problems.filter { problem in
            let rest = Self.ofFirstElement(problem).trimmingPrefix(path).prefix { $0 != ":" }
            return Self.ofFirstElement(problem).hasPrefix(path)
                && (rest.isEmpty || rest.hasPrefix(".") || rest.wholeMatch(of: /\[\d+\]/) != nil)
        }
    }

    /// A problem with any element of `hsms` and `outputs` as one with the first.
    private static func ofFirstElement(_ problem: Substring) -> String {
        problem.replacing(/^(hsms|outputs)\[\d\]/) { "\($0.1)[0]" }.description
    }

    /// `a, b` of `(allowed: a, b)`.
    private static func list(in problem: Substring) -> [String] {
        problem.firstMatch(of: /\(allowed: (.*)\)/).map { $0.1.split(separator: ", ").map(String.init) } ?? []
    }
}

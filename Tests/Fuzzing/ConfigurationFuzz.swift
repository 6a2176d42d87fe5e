// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// A configuration's syntax tree, however it came about: it is understood, or every problem is told in visible text.
enum ConfigurationFuzz {
    /// Of any files, some cannot be read, and some are no secret.
    private static let files = FileInspection(
        unreadability: { $0.hasSuffix("!") ? "permission denied" : nil },
        exposure: { $0.hasSuffix("?") ? "has mode 0644; needed: chmod 600 it" : nil })

    static func check(_ input: [UInt8]) throws(Violation) {
        var tree = TreeText(input)
        let (configuration, problems) = ConfigurationReader.read(tree.node(), files: files)
        try require(
            (configuration == nil) == problems.contains { $0.severity == .error },
            "\(String(describing: configuration)): \(problems)")
        try require(problems.count <= ConfigurationLimits.problems + 1, "\(problems.count) problems")
        try require(problems.map(\.mark) == problems.map(\.mark).sorted(), "not sorted: \(problems)")
        for problem in problems { try requireVisible(problem.rendered(file: "hsmwatch.yaml"), "a problem") }
        if let configuration { try check(configuration) }
    }

    private static func check(_ configuration: Configuration) throws(Violation) {
        try require(Set(configuration.hsms.map(\.name)).count == configuration.hsms.count, "an HSM is there twice")
        let outputs = configuration.outputs
        try require(Set(outputs.map(\.name)).count == outputs.count, "an output is there twice")
        for line in ConfigurationPrinter.yaml(configuration).split(separator: "\n", omittingEmptySubsequences: false) {
            try requireVisible(String(line), "the effective configuration")
        }
        let changes = ConfigurationChanges(from: configuration, to: configuration)
        try require(changes.hsms.changed.isEmpty && changes.outputs.changed.isEmpty, "is another than itself")
        for hsm in configuration.hsms { try check(hsm, source: configuration.source ?? "monitor-1") }
        for output in outputs {
            try require((1...ConfigurationLimits.endpoints).contains(output.endpoints.count), "\(output)")
            try require(!output.events.isEmpty, "\(output)")
        }
    }

    private static func check(_ hsm: HSMConfiguration, source: String) throws(Violation) {
        try require((1...ConfigurationLimits.nameLength).contains(hsm.name.utf8.count), "\(hsm)")
        try require(hsm.timeout <= hsm.interval && hsm.timeout > .zero, "\(hsm)")
        try require(hsm.fields.count <= ConfigurationLimits.fields, "\(hsm)")
        try require(hsm.queryPorts.count <= ConfigurationLimits.queryPorts, "\(hsm)")
        for query in hsm.queries {
            // Digits are all that a configuration can bring to the wire.
            let bytes = Request(query, lineEnding: hsm.lineEnding).bytes
            let frame = String(decoding: bytes, as: UTF8.self).prefix { !$0.isNewline }
            try require(frame == "<1223#>" || frame == "<1223#\(query.port ?? 0)#>", "\(frame)")
        }
        let assessment = Assessment(
            state: .unknown, transition: nil, thresholds: AppliedThresholds(hsm.alert, total: 9_999_999_999),
            misconfigured: [])
        let content = Event.Content.probeFailure(
            Subject(hsm, .everything), Failure(.refused, "connection refused"), assessment)
        try MessageInvariants.check(Event(timestamp: Timestamp(milliseconds: 0), content: content), source: source)
    }
}

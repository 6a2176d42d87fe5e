// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import HSMWatchSimulation
import TestSupport
import Testing

/// The sample pack with one change in its text, and what is wrong with it then.
struct PackVariant: CustomTestStringConvertible, Sendable {
    let old: String
    let new: String
    let version: GraylogVersion
    let violations: [String]
    let effect: ContentPackViolation.Effect

    /// - Parameter violation: nothing for a change that is fine.
    init(
        _ old: String, _ new: String, _ effect: ContentPackViolation.Effect, at version: GraylogVersion,
        _ violations: String...
    ) {
        self.old = old
        self.new = new
        self.version = version
        self.violations = violations
        self.effect = effect
    }

    static func refused(_ old: String, _ new: String, _ violations: String...) -> PackVariant {
        PackVariant(old, new, .refusesUpload, violations)
    }

    static func breaks(_ old: String, _ new: String, _ violations: String...) -> PackVariant {
        PackVariant(old, new, .breaksInstallation, violations)
    }

    static func misleads(_ old: String, _ new: String, _ violations: String...) -> PackVariant {
        PackVariant(old, new, .misleads, violations)
    }

    private init(
        _ old: String, _ new: String, _ effect: ContentPackViolation.Effect, _ violations: [String]
    ) {
        self.old = old
        self.new = new
        version = GraylogVersion(6, 0)
        self.violations = violations
        self.effect = effect
    }

    var testDescription: String { "\(new.isEmpty ? "without \(old)" : new), \(version)" }

    /// The changed pack.
    func pack() throws -> JSONValue {
        let text = SamplePack.text
        let isThere = text.contains(old)
        try #require(isThere, "the sample has no \(old)")
        return try SamplePack.json(text.replacing(old, with: new, maxReplacements: 1))
    }

    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let found = ContentPackRules.violations(in: try pack(), for: version)
        #expect(found.map { "\($0)" } == violations, sourceLocation: sourceLocation)
        let worst = found.map(\.effect).max()
        #expect(worst == (violations.isEmpty ? nil : effect), sourceLocation: sourceLocation)
    }
}

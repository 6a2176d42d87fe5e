// SPDX-License-Identifier: Apache-2.0

import HSMWatchGraylog

@testable import HSMWatchCore

/// The texts that Graylog's REST API answers, and its URL. Whatever they are, what is said of them can be shown, and what
/// becomes part of a path is nothing else there.
enum GraylogFuzz {
    static func check(_ input: [UInt8]) throws(Violation) {
        let text = String(decoding: input, as: UTF8.self)
        try checkURL(text)
        if let release = GraylogRelease(parsing: text) {
            try require(GraylogRelease(parsing: release.description) == release, "the version \(release)")
        }
        if let fingerprint = PackPresence.Revision(number: 1, description: text).fingerprint {
            try require(fingerprint.utf8.allSatisfy { (0x30...0x7A).contains($0) }, "the fingerprint \(fingerprint)")
        }
        for problem in [
            GraylogProblem(to: .overview, status: UInt(input.count), message: text, location: text),
            GraylogProblem(to: .delete(), status: 302, message: text, location: text),
        ] {
            try requireVisible(problem.description, "the problem")
            try require(problem.description.unicodeScalars.count < 2000, "a problem without end")
        }
        try checkThings(text)
    }

    private static func checkURL(_ text: String) throws(Violation) {
        let url: GraylogURL
        do {
            url = try GraylogURL(parsing: text)
        } catch {
            return try requireVisible(error.description, "the problem with a URL")
        }
        try require(url.description.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "the URL \(url)")
        try require((try? GraylogURL(parsing: url.description)) == url, "\(url), from \(text)")
    }

    private static func checkThings(_ text: String) throws(Violation) {
        for state in [text, "FAILED", "STARTING"] {
            let condition = InputCondition(state: state, detail: text)
            try requireVisible(condition.sentence(on: text), "the input")
        }
        try requireVisible(PackStep.leftovers([text]), "what is left")
        guard let id = (try? GraylogID(parsing: text)) ?? (try? GraylogID(parsing: "a")) else { return }
        try require(RESTRequest.stream(id).path.split(separator: "/").count == 2, "the id \(id)")
        let entity = PackPresence.Entity(kind: text, id: id, title: text)
        try requireVisible(PackStep.list([entity]), "the list")
        let set = IndexSet(id: id, title: text, isStandard: false)
        try requireVisible(set.description, "the index set")
        do {
            _ = try IndexSet.choose(.standard, among: [set])
        } catch {
            try requireVisible(error.description, "the problem with an index set")
        }
    }
}

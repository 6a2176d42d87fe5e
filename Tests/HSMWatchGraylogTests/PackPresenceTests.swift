// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchGraylog
import TestSupport
import Testing

@Suite("What a Graylog has of the pack")
struct PackPresenceTests {
    @Test("tells by a revision's description what is in it")
    func fingerprint() throws {
        let pack = ContentPack(
            [Configuration(source: "m", hsms: [], outputs: [])], try ContentPackOptions())
        var description = ""
        for line in String(decoding: pack.json(revision: 1), as: UTF8.self).split(separator: "\n") {
            if line.contains("\"description\"") {
                description = String(line)
                break
            }
        }
        #expect(PackPresence.Revision(number: 1, description: description).fingerprint == pack.fingerprint)
        for text in ["", "hsmwatch", "Fingerprint: ", "Fingerprint: none"] {
            #expect(PackPresence.Revision(number: 1, description: text).fingerprint == nil)
        }
    }

    @Test(
        "has an input that runs, that will, or that does not until somebody does something",
        arguments: [
            ("RUNNING", "the input 'GELF' runs", false), ("running", "the input 'GELF' runs", false),
            ("STARTING", "does not run yet ('STARTING')", true),
            ("FAILED", "does not run ('FAILED': 'Address already in use')", false),
            ("STOPPED", "look at it in System / Inputs", false),
        ])
    func input(state: String, sentence: String, isPassing: Bool) {
        let condition = InputCondition(state: state, detail: "Address already in use")
        #expect(condition.sentence(on: "GELF").contains(sentence))
        #expect(condition.isPassing == isPassing)
    }
}

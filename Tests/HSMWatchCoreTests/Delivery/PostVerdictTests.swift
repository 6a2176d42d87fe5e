// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("What the answer to a POST means")
struct PostVerdictTests {
    private enum Meaning {
        case delivered, tooLong, declined, failed
    }

    private static func meaning(of status: UInt) -> (Meaning, reason: String) {
        switch PostVerdict(status: status) {
        case .delivered: (.delivered, "")
        case .tooLong(let reason): (.tooLong, reason)
        case .lost(let loss): (loss.kind == .declined ? .declined : .failed, loss.reason)
        }
    }

    @Test("only 202 confirms", arguments: UInt(100)...599)
    func onlyOne(status: UInt) {
        #expect((PostVerdict(status: status) == .delivered) == (status == 202))
    }

    @Test(
        "somebody must change something, and the reason says what",
        arguments: [
            (401, "authorization"), (403, "authorization"), (404, "path"), (405, "not a GELF HTTP input"),
            (407, "proxy"), (200, "202"), (204, "202"), (301, "redirection"), (308, "redirection"),
        ] as [(UInt, String)])
    func declined(status: UInt, word: String) {
        let (meaning, reason) = Self.meaning(of: status)
        #expect(meaning == .declined)
        #expect(reason.contains("\(status)") && reason.contains(word))
    }

    @Test("another time it may work", arguments: [408, 429, 500, 502, 503, 504, 400] as [UInt])
    func failed(status: UInt) {
        let (meaning, reason) = Self.meaning(of: status)
        #expect(meaning == .failed)
        #expect(reason.contains("\(status)"))
    }

    @Test("a message that is too long stays so")
    func tooLong() {
        let (meaning, reason) = Self.meaning(of: 413)
        #expect(meaning == .tooLong)
        #expect(reason.contains("max_chunk_size"))
    }
}

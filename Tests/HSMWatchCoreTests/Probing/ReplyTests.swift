// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Reply")
struct ReplyTests {
    private static func interpret(_ text: String) -> Outcome { Reply.interpret(Array(text.utf8)) }

    @Test(
        "available and total are fields 1 and 2, whatever else is in the frame",
        arguments: [
            ("<2223#10#16#6#>", 10, 16), ("<2223#0#64#64#>", 0, 64), ("<2223#64#64#0#>", 64, 64),
            ("<2223#50#64#>", 50, 64), ("<2223#50#64>", 50, 64), ("<2223#50#64#14#extra#MFK1#>", 50, 64),
            ("<2223#50#64#14#^tag#>", 50, 64), ("<2223#0000000050#0000000064#14#>", 50, 64),
            ("<2223#9999999999#9999999999#0#>", 9_999_999_999, 9_999_999_999),
        ])
    func readings(text: String, available: Int, total: Int) throws {
        let reading = try #require(Reading(available: available, total: total))
        #expect(Self.interpret(text) == .reading(reading, reply: text))
    }

    @Test(
        "what is no reading is malformed, never guessed",
        arguments: [
            "<>", "<#>", "<2223>", "<2223#>", "<2223#10#>", "<2223##16#>", "<2223#10##>", "<2223#-1#16#>",
            "<2223#+1#16#>", "<2223# 1#16#>", "<2223#1.5#16#>", "<2223#0x1#16#>", "<2223#١#16#>",
            "<2223#17#16#>", "<2223#0#0#>", "<2223#00000000001#16#>", "<2223#1#99999999999#>", "<2224#10#16#6#>",
            "<1223#10#16#6#>", "<02223#10#16#6#>", "<2223#1<2223#10#16#6#>", "<2223#^tag#10#16#>", "<00#>",
            "<00#00#>", "<00#000081#This is a test.#>", "<00#XX0080#>", "<00#2#>", "<hello#world#>",
        ])
    func malformed(text: String) {
        #expect(Self.interpret(text).isMalformed, "\(text)")
    }

    @Test(
        "an error frame is an hsm_error with its number",
        arguments: [
            ("<00#220280#>", 22), ("<00#230080#0201##>", 23), ("<00#0800REV#>", 8), ("<00#990080#^tag#>", 99),
            ("<00#030080#0201##>", 3),
        ])
    func errors(text: String, code: Int) throws {
        guard case .failure(let failure) = Self.interpret(text) else {
            Issue.record("\(text) is no failure")
            return
        }
        #expect(failure.kind == .hsmError)
        #expect(failure.errorCode == code)
        #expect(failure.detail.contains(text))
    }

    @Test("an excerpt is printable ASCII and cut")
    func printable() {
        #expect(Reply.printable([0x3C, 0x1B, 0x00, 0xFF, 0x41, 0x3E]) == "<...A>")
        #expect(Reply.printable([UInt8](repeating: 0x41, count: 300)).count == 200)
    }

    @Test("every pair of small numbers is either a reading as it stands or malformed")
    func exhaustive() {
        for available in 0...20 {
            for total in 0...20 {
                let outcome = Self.interpret("<2223#\(available)#\(total)#0#>")
                let isAllowed = total > 0 && available <= total
                #expect(outcome.isMalformed == !isAllowed)
            }
        }
    }
}

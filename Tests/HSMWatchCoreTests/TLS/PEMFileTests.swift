// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("PEM file")
struct PEMFileTests {
    private func blocks(_ text: String) throws(PEMFile.BrokenBlock) -> [PEMFile.Block] {
        try PEMFile(Array(text.utf8)).blocks
    }

    private func problem(_ text: String) -> String? {
        do {
            _ = try blocks(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("has its blocks in order, with their lines and contents")
    func good() throws {
        let found = try blocks(
            """
            \u{FEFF}text
            -----BEGIN CERTIFICATE-----
            AAEC
            Aw==
            -----END CERTIFICATE-----
            more: text
            -----BEGIN EC PRIVATE KEY-----\r
            Proc-Type: 4,ENCRYPTED\r
            DEK-Info: AES-128-CBC,00\r
            \r
            /+8=  \r
            -----END EC PRIVATE KEY-----
            """)
        #expect(found.map(\.contents) == [[0, 1, 2, 3], [0xFF, 0xEF]])
        #expect(found.map { "\($0.place)" } == ["block 1 (CERTIFICATE, line 2)", "block 2 (EC PRIVATE KEY, line 7)"])
        #expect(found.map(\.isCertificate) == [true, false])
        #expect(found.map(\.isPrivateKey) == [false, true])
        #expect(found.map(\.isEncrypted) == [false, true])
        #expect(found[1].headers == ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00"])
        #expect(try blocks("") == [])
        #expect(try blocks("-----BEGIN CERTIFICATE\nAAEC\n-----END CERTIFICATE-----\n") == [])
    }

    @Test("what is broken is named")
    func broken() {
        let place = "block 1 (A, line 1): "
        #expect(problem("-----BEGIN A-----\nAAEC\n") == place + "it has no END line")
        #expect(problem("-----BEGIN A-----\n-----BEGIN A-----\n") == place + "it has no END line")
        #expect(problem("-----BEGIN A-----\nAAEC\n-----END B-----\n") == place + "its END line says B")
        #expect(problem("-----BEGIN A-----\nAA*C\n-----END A-----\n") == place + "line 2 is not Base64")
        #expect(problem("-----BEGIN A-----\nAA=C\n-----END A-----\n") == place + "line 2 is not Base64")
        #expect(
            problem("-----BEGIN A-----\nAAEC\nAAE\n-----END A-----\n")
                == place + "its Base64 is not whole (up to line 3)")
        #expect(problem("-----BEGIN A-----\n-----END A-----\n") == place + "its Base64 is not whole (up to line 1)")
        #expect(problem("-----BEGIN \u{1B}[1m-----\n")?.contains("\u{1B}") == false)
    }

    @Test("any text, cut or changed anywhere, is read without harm")
    func damaged() {
        let text = Array("x\n-----BEGIN A B-----\nK: v\n\nAAEC\nAw==\n-----END A B-----\n".utf8)
        for index in text.indices {
            _ = try? PEMFile(Array(text[..<index]))
            for byte in UInt8.min...UInt8.max {
                var damaged = text
                damaged[index] = byte
                let contents = (try? PEMFile(damaged))?.blocks.map(\.contents.count) ?? []
                #expect(contents.allSatisfy { (1...text.count).contains($0) })
            }
        }
    }
}

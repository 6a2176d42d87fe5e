// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("A proxy's answer to CONNECT")
struct ProxyAnswerTests {
    private func verdict(_ pieces: String...) -> ProxyAnswer.Verdict? {
        var answer = ProxyAnswer()
        var verdict: ProxyAnswer.Verdict?
        for piece in pieces {
            #expect(verdict == nil)
            verdict = answer.handle(piece.utf8)
        }
        return verdict
    }

    @Test("a success opens the tunnel, and what follows belongs to its other end")
    func open() {
        #expect(verdict("HTTP/1.1 200 Connection established\r\n\r\n") == .open(rest: []))
        #expect(verdict("HTTP/1.0 299 \r\nVia: x\r\n\r\nSSH") == .open(rest: Array("SSH".utf8)))
        #expect(verdict("HTTP/1.1 200\n\n") == .open(rest: []))
    }

    @Test("it may come byte by byte")
    func pieces() {
        var answer = ProxyAnswer()
        let bytes = Array("HTTP/1.1 200 OK\r\nVia: x\r\n\r\n".utf8)
        for byte in bytes.dropLast() { #expect(answer.handle([byte]) == nil) }
        #expect(answer.handle(bytes.suffix(1)) == .open(rest: []))
    }

    @Test("an informational answer is not the answer")
    func informational() {
        #expect(verdict("HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n") == .open(rest: []))
        #expect(
            verdict("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad Gateway\r\n\r\n")
                == .refused(.status(502, "Bad Gateway")))
    }

    @Test("any other status is reported with its words, and whether a person must act")
    func status() {
        #expect(verdict("HTTP/1.1 403 Forbidden\r\n\r\n") == .refused(.status(403, "Forbidden")))
        let cases: [(ProxyRefusal, String, Loss.Kind)] = [
            (.status(403, "Forbidden"), "the proxy answers CONNECT with HTTP 403: Forbidden", .declined),
            (.status(400, ""), "the proxy answers CONNECT with HTTP 400", .declined),
            (
                .status(407, "x"),
                "the proxy answers CONNECT with HTTP 407: the proxy wants an authorization, which is not supported",
                .declined
            ),
            (.status(502, "Bad Gateway"), "the proxy answers CONNECT with HTTP 502: Bad Gateway", .failed),
            (.closed, "the proxy ended the connection without an answer to CONNECT", .failed),
            (.silent(.seconds(10)), "the proxy did not answer CONNECT within 10s", .failed),
        ]
        for (refusal, text, kind) in cases { #expect(refusal.loss == Loss(kind, text)) }
    }

    @Test("a peer that does not speak HTTP is reported as such")
    func foreign() {
        #expect(verdict("SSH-2.0-OpenSSH_9.2\r\n") == .refused(.foreign("SSH-2.0-OpenSSH_9.2")))
        #expect(verdict("HTTP/1.1 abc\r\n\r\n") == .refused(.foreign("HTTP/1.1 abc")))
        #expect(verdict("HTTP/1.1\r\n\r\n") == .refused(.foreign("HTTP/1.1")))
        #expect(verdict("\u{15}\u{3}\u{1}") == .refused(.tls))
    }

    @Test("a header of more than 16 KiB is refused")
    func tooLong() {
        let start = "HTTP/1.1 200 OK\r\nX: "
        let rest = ProxyAnswer.headerLimit - start.utf8.count - 4
        func header(_ count: Int) -> String { start + String(repeating: "x", count: count) + "\r\n\r\n" }
        #expect(verdict(header(rest)) == .open(rest: []))
        #expect(verdict(header(rest + 1)) == .refused(.tooLong))
        #expect(verdict(start, String(repeating: "x", count: rest + 4), "x") == .refused(.tooLong))
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import Testing

@Suite("Request turn")
struct RequestTurnTests {
    private static let answer = Array("HTTP/1.1 202 Accepted\r\n".utf8)

    /// The fault that the last of the events is.
    private func fault(_ events: RequestTurn.Event...) -> RequestTurn.Fault? {
        var turn = RequestTurn()
        let faults = events.map { turn.handle($0) }
        #expect(faults.dropLast().allSatisfy { $0 == nil })
        return faults.last ?? nil
    }

    @Test("one answer to each request is in order")
    func order() {
        let head = RequestTurn.Event.head(status: 202, unacknowledged: 0)
        let whole: [RequestTurn.Event] = [.asked, .received(Self.answer), head, .ended]
        var turn = RequestTurn()
        #expect((whole + whole + whole).allSatisfy { turn.handle($0) == nil })
    }

    @Test("a byte before a request, or after an answer, is a fault")
    func unasked() {
        let words = RequestTurn.Fault.unasked("HTTP/1.1 202 Accepted")
        #expect(fault(.received(Self.answer)) == words)
        let head = RequestTurn.Event.head(status: 202, unacknowledged: 0)
        #expect(fault(.asked, .received(Self.answer), head, .ended, .received(Self.answer)) == words)
        #expect(fault(.asked, head, .ended, head) == .unasked("HTTP 202"))
        #expect(fault(.asked, head, .ended, .unreadable) == .unasked("more than one answer to a request"))
        // The beginning of an answer whose rest waits for the next request.
        #expect(fault(.asked, head, .ended, .received(Array("HTTP/1.1 20".utf8))) == .unasked("HTTP/1.1 20"))
        #expect("\(words)" == "the peer answers before it is asked: HTTP/1.1 202 Accepted")
    }

    @Test("a success counts only when the peer has acknowledged the whole request, a refusal always")
    func hasty() {
        #expect(fault(.asked, .head(status: 202, unacknowledged: 1)) == .hasty(status: 202))
        #expect(fault(.asked, .head(status: 200, unacknowledged: 4096)) == .hasty(status: 200))
        #expect(fault(.asked, .head(status: 202, unacknowledged: nil)) == nil)
        #expect(fault(.asked, .head(status: 413, unacknowledged: 4096)) == nil)
        #expect(fault(.asked, .head(status: 503, unacknowledged: 4096)) == nil)
        #expect(
            "\(RequestTurn.Fault.hasty(status: 202))"
                == "the peer answers before it has the whole request: HTTP 202")
    }

    @Test("an informational answer is not the answer")
    func informational() {
        let head = RequestTurn.Event.head(status: 202, unacknowledged: 0)
        #expect(
            fault(.asked, .head(status: 103, unacknowledged: 0), .ended, .received(Self.answer), head, .ended) == nil)
    }

    @Test("a peer that waits no longer says goodbye, which is no fault of its answers")
    func goodbye() {
        #expect(fault(.received(Array("HTTP/1.1 408 Request Timeout\r\n".utf8))) == .goodbye)
    }

    @Test("a peer that does not speak HTTP is a fault that shows what it says, at its first byte")
    func foreign() {
        #expect(fault(.asked, .received(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))) == .foreign("SSH-2.0-OpenSSH_9.2"))
        #expect(fault(.asked, .received(Array("HX".utf8))) == .foreign("HX"))
        #expect("\(RequestTurn.Fault.foreign("HX"))" == "the peer does not speak HTTP: it says \"HX\"")
        // An answer may come in pieces.
        #expect(fault(.asked, .received(Array("HT".utf8)), .received(Array("TP/1.1 202".utf8))) == nil)
    }

    @Test("a peer that speaks TLS is a fault that says so, before a request and after")
    func tls() {
        let alert: [UInt8] = [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46]
        #expect(fault(.received(alert)) == .tls)
        #expect(fault(.asked, .received(alert)) == .tls)
        #expect(
            "\(RequestTurn.Fault.tls)"
                == "the peer speaks TLS on this port; set tls for this output, or use a port without TLS")
    }

    @Test("a fault is reported once")
    func once() {
        var turn = RequestTurn()
        #expect(turn.handle(.received(Self.answer)) != nil)
        let later: [RequestTurn.Event] = [
            .received(Self.answer), .asked, .head(status: 202, unacknowledged: 1), .ended, .unreadable,
        ]
        #expect(later.allSatisfy { turn.handle($0) == nil })
    }

    @Test("what came is shown in printable ASCII, so much of it")
    func excerpt() {
        #expect(fault(.received([0x1B, 0x5B, 0x0A, 0x41])) == .unasked("\\x1B["))
        #expect(fault(.received([0x0A])) == .unasked("\\n"))
        guard case .unasked(let text) = fault(.received([UInt8](repeating: 0x41, count: 1000))) else {
            Issue.record("no fault")
            return
        }
        #expect(text.count == RequestTurn.excerptLimit)
    }
}

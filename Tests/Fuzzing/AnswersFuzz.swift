// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// What comes on an HTTP connection, in any order. No answer counts without a request, nothing counts after the end, and
/// what is said of the peer can be shown.
enum AnswersFuzz {
    /// Characters of a fault besides the excerpt.
    private static let words = 80

    /// Whether a request waits for an answer, or its answer for its end.
    private enum Exchange {
        case none, awaited, begun
    }

    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        var turn = RequestTurn()
        var exchange = Exchange.none
        while !input.isEmpty {
            let wasOver = turn.isOver
            let event = event(&input)
            let fault = turn.handle(event)
            try require((fault != nil) == (!wasOver && turn.isOver), "\(event) ends it without a reason, or twice")
            if let fault { try check(fault) }
            try require(turn.isOver || !mustEnd(event, exchange), "\(event) does not end it: \(exchange)")
            advance(&exchange, event)
            if case .head(let status, _) = event { try check(PostVerdict(status: status), status) }
        }
    }

    /// Whether the connection is over with this: something nobody asked for, or a success for half a request.
    private static func mustEnd(_ event: RequestTurn.Event, _ exchange: Exchange) -> Bool {
        switch (exchange, event) {
        case (.none, .received), (.none, .head), (.none, .unreadable): true
        case (.awaited, .head(let status, let unacknowledged)):
            (200...299).contains(status) && (unacknowledged ?? 0) > 0
        default: false
        }
    }

    private static func advance(_ exchange: inout Exchange, _ event: RequestTurn.Event) {
        switch (exchange, event) {
        case (_, .asked): exchange = .awaited
        case (.awaited, .head(let status, _)) where status >= 200 || status == 101: exchange = .begun
        case (.begun, .ended): exchange = .none
        default: break
        }
    }

    private static func event(_ input: inout FuzzInput) -> RequestTurn.Event {
        switch input.byte() % 5 {
        case 0: .asked
        case 1: .received(input.piece())
        case 2:
            .head(
                status: UInt(input.number(bits: 16) % 1000), unacknowledged: input.flag() ? input.number(bits: 8) : nil)
        case 3: .ended
        default: .unreadable
        }
    }

    private static func check(_ fault: RequestTurn.Fault) throws(Violation) {
        let text = fault.description
        try require(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "the fault \(text.debugDescription)")
        try require(text.utf8.count <= RequestTurn.excerptLimit + words, "a fault of \(text.utf8.count) characters")
    }

    private static func check(_ verdict: PostVerdict, _ status: UInt) throws(Violation) {
        switch verdict {
        case .delivered: try require(status == 202, "HTTP \(status) confirms")
        case .tooLong(let reason): try requireVisible(reason, "the reason")
        case .lost(let loss): try requireVisible("\(loss)", "the loss")
        }
    }
}

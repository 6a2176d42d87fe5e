// SPDX-License-Identifier: Apache-2.0

@testable import HSMWatchCore

/// An HSM that may do anything: the conversation with it, the opinion about what it said, and the message about that.
///
/// The input is what the HSM does, piece by piece; each piece's first byte says what.
struct ReplyFuzz {
    private static let address = HostPort(host: "10.10.5.6", port: 9010)

    /// Pieces of an input; a longer story only takes longer.
    private static let longest = 8

    private let hsm: HSMConfiguration
    private var conversation: ProbeConversation
    private var assessors: [Query: Assessor]
    private var now = Moment(instant: Instant(nanoseconds: 1), timestamp: Timestamp(milliseconds: 1_785_432_180_125))
    private var isOpen = false
    /// Whether the HSM may say something while the conversation listens.
    private let speaksUnasked: Bool
    /// Until when the conversation listens.
    private var quietAt: Instant?

    static func check(_ input: [UInt8]) throws(Violation) {
        var input = FuzzInput(input)
        var fuzz = ReplyFuzz(&input)
        for _ in 0..<longest where !input.isEmpty { try fuzz.step(input.piece()[...]) }
    }

    private init(_ input: inout FuzzInput) {
        let kind = input.byte()
        hsm = HSMConfiguration(
            name: "khi-1", address: Self.address, queryPorts: kind & 1 == 0 ? [] : [9010, 9011],
            connection: kind & 2 == 0 ? .persistent : .perProbe,
            alert: AlertConfiguration(
                warning: kind & 4 == 0 ? nil : .percent(20), critical: kind & 8 == 0 ? .absolute(50) : .percent(100)),
            forecast: ForecastConfiguration(window: .seconds(60), warnWithin: .seconds(60)))
        let start = now
        isOpen = kind & 16 != 0
        speaksUnasked = kind & 32 != 0
        conversation = ProbeConversation(hsm: hsm, takenUpAt: isOpen ? start.instant : nil)
        let (alert, forecast) = (hsm.alert, hsm.forecast)
        assessors = Dictionary(
            uniqueKeysWithValues: hsm.queries.map {
                ($0, Assessor(alert: alert, forecast: forecast, startedAt: start))
            })
    }

    private mutating func step(_ piece: ArraySlice<UInt8>) throws(Violation) {
        let bytes = Array(piece.dropFirst())
        switch piece.first {
        case UInt8(ascii: "e"): try handle(.ended(detail: "closed the connection"), ends: true)
        case UInt8(ascii: "d"): try expire()
        case UInt8(ascii: "f"): try handle(.notConnected(Failure(.refused, "connection refused")))
        case UInt8(ascii: "q"): try becomeQuiet()
        case UInt8(ascii: "w"): now = later(by: .seconds(bytes.count))
        case UInt8(ascii: "s"):
            try handle(.start)
            try receive(bytes)
        default: try receive(bytes)
        }
    }

    private mutating func expire() throws(Violation) {
        if let deadline = conversation.deadline, now.instant < deadline { now = later(by: deadline - now.instant) }
        try handle(.deadline)
    }

    /// A connection delivers something, or nothing at all.
    private mutating func receive(_ bytes: [UInt8]) throws(Violation) {
        try Self.checkDecoder(bytes)
        guard isOpen, !bytes.isEmpty else { return }
        try handle(.received(bytes))
    }

    /// The HSM says nothing for as long as the conversation listens.
    private mutating func becomeQuiet() throws(Violation) {
        guard let quietAt else { return }
        self.quietAt = nil
        if now.instant < quietAt { now = later(by: quietAt - now.instant) }
        try handle(.quiet)
    }

    private mutating func handle(_ event: ProbeConversation.Event, ends: Bool = false) throws(Violation) {
        guard !ends || isOpen else { return }
        if ends { isOpen = false }
        now = later(by: .milliseconds(7))
        switch conversation.handle(event, at: now) {
        case .none: break
        case .listen(let time):
            try require(isOpen, "listens without a connection")
            quietAt = now.instant + time
            if !speaksUnasked { try becomeQuiet() }
        case .resolve:
            // What there was is closed before the way to another is looked up.
            isOpen = false
            try handle(.resolved(addresses: 1))
        case .connect:
            try require(!isOpen, "a second connection")
            isOpen = true
            try handle(.connected)
        case .send(let request):
            try require(isOpen, "a request without a connection")
            let isKnown = hsm.queries.contains { Request($0, lineEnding: hsm.lineEnding) == request }
            try require(isKnown, "sent \(request.bytes)")
        case .finish(let answers):
            try tell(answers)
        case .finishAndClose(let answers), .finishAndReset(let answers):
            isOpen = false
            try tell(answers)
        case .close:
            isOpen = false
        }
    }

    private mutating func tell(_ answers: [ProbeConversation.Answer]) throws(Violation) {
        try require(!conversation.isAsking, "an answer while a question is open")
        for answer in answers {
            guard let assessment = assessors[answer.query]?.assess(answer.observation) else {
                throw Violation("nobody asked \(answer.query)")
            }
            for event in Event.telling(of: Subject(hsm, answer.query), answer.observation, assessment) {
                try Self.check(event)
            }
        }
    }

    private static func check(_ event: Event) throws(Violation) {
        let message = try MessageInvariants.check(event)
        try require(message.allSatisfy { $0 < 0x7F }, "not ASCII: \(String(decoding: message, as: UTF8.self))")
        try requireVisible(event.sentence, "the sentence")
    }

    /// However the bytes are cut, the frame in them is the same, and short enough.
    private static func checkDecoder(_ bytes: [UInt8]) throws(Violation) {
        var whole = FrameDecoder()
        var cut = FrameDecoder()
        let expected = whole.decode(bytes)
        var progress = FrameDecoder.Progress.partial
        for begin in stride(from: 0, to: bytes.count, by: 3) {
            progress = cut.decode(Array(bytes[begin...].prefix(3)))
            guard progress == .partial else { break }
        }
        switch (expected, progress) {
        case (.frame(let frame, _), .frame(let same, _)):
            try require(frame == same, "\(frame) and \(same)")
            try require(frame.count <= FrameDecoder.limit, "\(frame.count) bytes")
            if case .reading(_, let reply) = Reply.interpret(frame) {
                try require(reply.utf8.count <= MessageEncoder.longestReply, "\(reply.utf8.count) bytes of a reply")
            }
        default: try require(expected == progress, "\(expected) and \(progress)")
        }
    }

    private func later(by duration: Duration) -> Moment {
        Moment(
            instant: now.instant + duration,
            timestamp: Timestamp(milliseconds: now.timestamp.milliseconds + duration.wholeMilliseconds))
    }
}

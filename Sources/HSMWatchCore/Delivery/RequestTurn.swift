// SPDX-License-Identifier: Apache-2.0

/// Whose turn it is on an HTTP connection: a request first, then its answer.
///
///     idle ── asked ──▶ asked ── bytes of HTTP ──▶ hearing ── final head ──▶ answering ── ended ──▶ idle
///       │ any byte        │ other bytes; a success before the peer has the whole request
///       ▼                 ▼
///     over ◀───────────── over
///
/// HTTP/1.1 has no number that ties an answer to its request (RFC 9112 section 9.2). So an answer too many would
/// confirm the next message, which the peer has not read.
package struct RequestTurn: Sendable {
    package enum Event: Sendable {
        /// The request was given to the kernel, whole. Until then nothing of it was.
        case asked
        /// Bytes came.
        case received([UInt8])
        /// The head of an answer came.
        ///
        /// `unacknowledged` counts the bytes that the peer's kernel has not acknowledged; nil when it is not known.
        case head(status: UInt, unacknowledged: Int?)
        /// An answer is whole.
        case ended
        /// What came cannot be read as HTTP.
        case unreadable
    }

    /// Why the connection is over.
    package enum Fault: Error, Equatable, Sendable {
        /// What came first, in printable ASCII.
        case unasked(String)
        case hasty(status: UInt)
        /// What came instead of HTTP, in printable ASCII.
        case foreign(String)
        /// TLS on a connection without it.
        case tls
        /// The peer says that it waits no longer, and ends the connection (RFC 9110 section 15.5.9).
        case goodbye
    }

    private enum State {
        case idle, asked, hearing, answering, over
    }

    /// Characters of unasked bytes that are shown.
    package static let excerptLimit = 60
    /// What begins an answer that says goodbye.
    /// What begins every answer.
    private static let protocolName = Array("HTTP/".utf8)
    private static let goodbyes = ["HTTP/1.1 408", "HTTP/1.0 408"].map { Array($0.utf8) }

    private var state = State.idle

    package init() {}

    /// Whether the connection is over.
    package var isOver: Bool {
        if case .over = state { true } else { false }
    }

    /// Takes note of an event. Answers why the connection must be ended, once.
    package mutating func handle(_ event: Event) -> Fault? {
        switch (state, event) {
        case (.over, _):
            return nil
        case (_, .asked):
            state = .asked
        case (.idle, .received(let bytes)):
            guard !TLSRecord.begins(bytes) else { return over(.tls) }
            return over(Self.goodbyes.contains { bytes.starts(with: $0) } ? .goodbye : .unasked(Self.excerpt(bytes)))
        case (.asked, .received(let bytes)):
            guard !TLSRecord.begins(bytes) else { return over(.tls) }
            let head = bytes.prefix(Self.protocolName.count)
            guard Self.protocolName.starts(with: head) else { return over(.foreign(Self.excerpt(bytes))) }
            state = .hearing
        case (.idle, .unreadable):
            return over(.unasked("more than one answer to a request"))
        case (.idle, .head(let status, _)):
            return over(.unasked("HTTP \(status)"))
        case (.asked, .head(let status, let unacknowledged)), (.hearing, .head(let status, let unacknowledged)):
            // The peer has read what it answers, so its kernel has acknowledged that, with the answer at the latest. A
            // refusal may come sooner, and confirms nothing (RFC 9112 section 9.5).
            if (200...299).contains(status), let unacknowledged, unacknowledged > 0 {
                return over(.hasty(status: status))
            }
            // Others follow an informational one.
            if status >= 200 || status == 101 { state = .answering }
        case (.answering, .ended):
            state = .idle
        case (.idle, .ended), (.asked, .ended), (.asked, .unreadable), (.hearing, .received), (.hearing, .ended),
            (.hearing, .unreadable), (.answering, .received), (.answering, .head), (.answering, .unreadable):
            break
        }
        return nil
    }

    private mutating func over(_ fault: Fault) -> Fault {
        state = .over
        return fault
    }

    /// The first line.
    private static func excerpt(_ bytes: [UInt8]) -> String {
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        return EscapedBytes.text(line.isEmpty ? bytes[...] : line, limit: excerptLimit)
    }
}

extension RequestTurn.Fault: CustomStringConvertible {
    /// In words that follow the endpoint's name.
    package var description: String {
        switch self {
        case .unasked(let excerpt): "the peer answers before it is asked: \(excerpt)"
        case .hasty(let status): "the peer answers before it has the whole request: HTTP \(status)"
        case .foreign(let excerpt): "the peer does not speak HTTP: it says \"\(excerpt)\""
        case .tls: TLSRecord.unexpected
        case .goodbye: "the peer waits no longer for a request: HTTP 408"
        }
    }
}

/// What the answer to a POST of messages means.
package enum PostVerdict: Equatable, Sendable {
    /// Graylog has them.
    case delivered
    /// The request is too long, and so it stays.
    case tooLong(String)
    /// Nothing is delivered with this request.
    case lost(Loss)

    /// - Parameter status: of HTTP. Graylog's input has an order: authorization, method, path, length (facts of its
    ///   `HttpHandler`), and 202 as its only word for success.
    package init(status: UInt) {
        switch status {
        case 202:
            self = .delivered
        case 200...299:
            self = .lost(
                Loss(.declined, "HTTP \(status), but a GELF HTTP input answers 202: something else listens there"))
        case 300...399:
            self = .lost(Loss(.declined, "HTTP \(status), a redirection, and none is followed: name where it leads to"))
        case 401, 403:
            self = .lost(Loss(.declined, "HTTP \(status): the authorization is missing or wrong (authorization)"))
        case 404:
            self = .lost(
                Loss(.declined, "HTTP 404: nothing takes GELF at this path; Graylog takes exactly /gelf (path)"))
        case 405:
            self = .lost(Loss(.declined, "HTTP 405: no POST is taken, so this is not a GELF HTTP input"))
        case 407:
            self = .lost(Loss(.declined, "HTTP 407: the proxy wants an authorization"))
        case 413:
            self = .tooLong("HTTP 413: longer than the input takes (max_chunk_size)")
        case 500...599:
            self = .lost(Loss(.failed, "HTTP \(status): Graylog, or a proxy before it, cannot take messages now"))
        default:
            self = .lost(Loss(.failed, "HTTP \(status)"))
        }
    }
}

/// How many messages a peer that reads slowly is sent at a time, while it is watched closely.
///
/// All that it has read, and not confirmed when it stops, comes twice. So it gets no more than it reads in a short
/// time, as the connection before has shown.
struct ReadingQuota: Sendable {
    /// How long the peer may take to read what it is sent.
    static let time = Duration.milliseconds(250)
    static let minimum = 16
    /// Doubling above this lifts the limit.
    static let maximum = 1000

    /// Nil does not limit them.
    private(set) var messages: Int?

    /// So many messages were read to the end, so long after the half-close. A few of them show nothing: that may have
    /// been a pause of the peer.
    mutating func drained(_ count: Int, in duration: Duration) {
        if duration > Self.time, count > Self.minimum {
            messages = max(Self.minimum, Int(Double(count) * (Self.time / duration)))
        } else if let messages, count >= messages {
            self.messages = messages * 2 > Self.maximum ? nil : messages * 2
        }
    }
}

// SPDX-License-Identifier: Apache-2.0

import Foundation
import HSMWatchCore
import NIOCore

/// One way to one endpoint, from its opening to its end: what differs between the types of outputs.
///
/// It has begun to open when it is made, and reports to its owner on the event loop, until `close`.
@ServiceLoop
protocol Transport: AnyObject {
    /// Whether it has been open.
    var isOpen: Bool { get }
    /// Why it can no longer deliver; nil while it can.
    var end: Loss? { get }
    /// How many messages may be sent now.
    var allowance: Int { get }
    /// Bytes that it takes at once, unless one message is longer.
    var sendLimit: Int { get }

    /// Sends messages, no more than the allowance; returns when more may follow or it is over.
    ///
    /// - Parameter waiting: how many messages wait after these, at the most.
    func send(_ messages: ArraySlice<SpooledMessage>, waiting: Int) async
    /// Confirms what is unconfirmed as soon as possible.
    func hurry()
    /// Ends it. Nothing is reported from here on.
    func close()
    /// Returns when all its resources are released; only after `close`.
    func finish() async
}

extension Transport {
    /// What confirms each message by itself has nothing to hurry.
    func hurry() {}
    func finish() async {}
}

/// Reports of a transport to its owner.
enum TransportReport {
    /// Messages may be sent; what TLS has agreed on, where it is spoken.
    case opened(TCPConnection.Session?)
    /// Everything up to this position counts as delivered, except what is undeliverable.
    case confirmed(Int64)
    /// The message at this position can never be delivered this way, for this reason.
    case undeliverable(Int64, String)
    /// There may be something to do: it may send again, or the end has come.
    case changed
}

/// What an output makes of a message in the spool, which is GELF's JSON.
enum MessageFormat: Sendable {
    case gelf
    case syslog(SyslogEncoder)

    init(of output: OutputConfiguration) {
        switch output.kind {
        case .gelfTCP, .gelfUDP, .gelfHTTP:
            self = .gelf
        case .syslogTCP, .syslogUDP:
            self = .syslog(SyslogEncoder(output.syslog, localTime: LocalTime.init(at:)))
        }
    }

    /// The message without a frame that an HSM could obey, also when hsmwatch 0.1.0 has spooled it.
    func bytes(of message: SpooledMessage) -> [UInt8] {
        switch self {
        case .gelf: CommandFrame.escaping(json: message.body)
        case .syslog(let encoder): encoder.encode(message.body, spooledAt: Timestamp(milliseconds: message.time))
        }
    }
}

extension LocalTime {
    /// This machine's, with its summer time as it was then (tzset(3), localtime(3)).
    init(at timestamp: Timestamp) {
        var seconds = time_t(timestamp.milliseconds / 1000)
        var local = tm()
        guard localtime_r(&seconds, &local) != nil else {
            self = .utc
            return
        }
        self.init(offset: local.tm_gmtoff, zone: local.tm_zone.map { String(cString: $0) } ?? "UTC")
    }
}

/// How messages are separated on a TCP connection.
enum Framing: Sendable {
    /// A NUL after each: GELF.
    case null
    /// Its length in bytes before each: syslog (RFC 6587 section 3.4.1, RFC 5425).
    case octetCounting
}

extension ByteBuffer {
    /// Frames, all in one write. A message is never empty, so no frame is.
    init(_ messages: ArraySlice<SpooledMessage>, in format: MessageFormat, framing: Framing) {
        self.init()
        reserveCapacity(messages.reduce(0) { $0 + $1.body.count + 1 })
        for message in messages {
            let bytes = format.bytes(of: message)
            switch framing {
            case .null:
                writeBytes(bytes)
                writeInteger(UInt8(0))
            case .octetCounting:
                writeString("\(bytes.count) ")
                writeBytes(bytes)
            }
        }
    }
}

extension ArraySlice<SpooledMessage> {
    /// The first messages that take at most `limit` bytes with one byte between them, one message at least.
    func prefix(upTo limit: Int) -> ArraySlice<SpooledMessage> {
        var room = limit
        let end = firstIndex { message in
            room -= message.body.count + 1
            return room < 0
        }
        return prefix(Swift.max(1, (end ?? endIndex) - startIndex))
    }
}

// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// One way to one endpoint, from its opening to its end: what differs between the types of outputs.
///
/// It has begun to open when it is made, and tells its owner on the event loop what comes of it, until `close`.
@ServiceLoop
protocol Transport: AnyObject {
    /// Whether it has been open.
    var isOpen: Bool { get }
    /// Why it can deliver no more; nil while it can.
    var end: Loss? { get }
    /// How many messages may be sent now.
    var allowance: Int { get }
    /// Bytes that it takes at once, unless one message is longer.
    var sendLimit: Int { get }

    /// Sends messages, no more than the allowance; returns when more may follow or it is over.
    ///
    /// - Parameter waiting: how many messages wait behind these, at the most.
    func send(_ messages: ArraySlice<SpooledMessage>, waiting: Int) async
    /// Confirms what is unconfirmed as soon as possible.
    func hurry()
    /// Ends it. Nothing is reported from here on.
    func close()
    /// Returns when all that it had is given back; only behind `close`.
    func finish() async
}

extension Transport {
    /// What confirms each message by itself has nothing to hurry.
    func hurry() {}
    func finish() async {}
}

/// What a transport tells its owner.
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

// SPDX-License-Identifier: Apache-2.0

extension ProbeConversation {
    /// Before this a probe asks nothing; nil when it may ask at any time.
    ///
    /// The process before may have died between a question and its reply. By then the reply has come, or that process
    /// would have given it up.
    package var settledAt: Instant? { takenUpAt.map { $0 + timeout } }

    /// How long a command that the HSM does not know is not asked again. Option 41 logs every rejected command in the
    /// HSM's own error log.
    package static let rejectedPause = Duration.seconds(600)

    package enum Event: Hashable, Sendable {
        /// A tick. Its deadline is the caller's to keep.
        case start
        /// The host name has this many addresses, one at least.
        case resolved(addresses: Int)
        /// The cause is this machine's, when it could not look the name up.
        case unresolved(detail: String, cause: LocalCause? = nil)
        case connected
        case notConnected(Failure)
        /// Bytes were read. The last of them had been in the kernel for the age, at least.
        case received([UInt8], age: Duration = .zero)
        /// The time to listen is over, and the network was looked at after that.
        case quiet
        /// The connection is over; the detail says how, in words that follow "the HSM". While connecting: the port has
        /// accepted, and the connection was over before it was looked at.
        case ended(detail: String)
        /// The deadline passed so long ago. The network was looked at after that.
        case deadline(late: Duration = .zero)
    }

    package enum Action: Hashable, Sendable {
        case none
        /// Look the host up again; addresses are never kept.
        case resolve
        /// Open the one connection, to the address with this index.
        case connect(address: Int)
        /// Ask nothing for so long. Then look at the network, and say `quiet`.
        case listen(Duration)
        case send(Request)
        /// Move the deadline to so much later than now.
        case extend(Duration)
        /// The probe is over; the connection stays open.
        case finish([Answer])
        /// The probe is over; close the connection, or give up opening it.
        case finishAndClose([Answer])
        /// The probe is over; reset the connection. To an HSM that hangs, an ordinary end looks like a half-close, and the
        /// socket might stay taken.
        case finishAndReset([Answer])
        /// No probe runs; close the connection.
        case close
    }

    /// What one query brought.
    package struct Answer: Hashable, Sendable {
        package let query: Query
        package let observation: Observation
    }
}

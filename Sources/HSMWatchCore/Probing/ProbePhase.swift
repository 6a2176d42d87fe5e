// SPDX-License-Identifier: Apache-2.0

/// A step on the way to a probe's outcome, as it was seen from here: a fact.
package struct ProbePhase: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// The host's addresses, in the order in which they are tried.
        case resolved([HostPort])
        /// The detail says why there is no address.
        case unresolved(detail: String)
        case connected(HostPort)
        case notConnected(HostPort, Failure)
        case asked(Request)
        /// All that came after a question; its last byte decided what the answer is.
        case answered(Received)
        /// All that came after a question and decided nothing, or that came while nothing was asked.
        case received(Received)
        /// The connection is over; the detail says how, in words that follow "the HSM".
        case ended(detail: String)
        /// The deadline has passed.
        case expired
    }

    /// Bytes that came in one or several pieces.
    package struct Received: Hashable, Sendable {
        /// Bytes that are kept.
        package static let limit = 200

        /// The first of them, at most `limit`.
        package private(set) var beginning: [UInt8] = []
        /// How many came in all.
        package private(set) var count = 0

        package init() {}

        package mutating func append(_ bytes: [UInt8]) {
            beginning += bytes.prefix(Self.limit - beginning.count)
            count += bytes.count
        }
    }

    package let kind: Kind
    /// Since the probe's start.
    package let time: Duration

    package init(_ kind: Kind, at time: Duration) {
        self.kind = kind
        self.time = time
    }
}

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
        /// A tick.
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
        /// `deadline` has passed, and the network was looked at after that. It may be another one now.
        case deadline
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
        /// The probe is over; the connection stays open.
        case finish([Answer])
        /// The probe is over; close the connection, or give up opening it.
        case finishAndClose([Answer])
        /// The probe is over; reset the connection. To an HSM that hangs, an ordinary end looks like a half-close, and
        /// the socket might stay taken.
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

/// How long bytes lay in the kernel before they were read (`tcpi_last_data_recv` of tcp(7)).
///
/// The kernel knows when the last segment came, not when each byte did. So the age is the least that it can be: a reply
/// may have come earlier, in a segment before the last one.
enum KernelAge {
    /// A latency from which it is worth a system call to ask for the age.
    static let longLatency = Duration.milliseconds(50)
    /// An age counts only above this. The kernel counts in clock ticks of 1 to 10 ms, and the loop takes its time too.
    static let tolerance = Duration.milliseconds(20)

    /// The age, or zero if it is within the tolerance.
    static func counted(_ age: Duration) -> Duration { age > tolerance ? age : .zero }
}

/// The name under which an HSM's connection waits for the next process: it stands for the HSM's name and its address.
///
/// It is a hash, because it has to be short. The service manager hands the names of all connections over in one
/// variable of the environment, and Linux starts no program with a variable above 128 KiB (`MAX_ARG_STRLEN`,
/// execve(2)): with names and addresses in full some 4,000 HSMs would be enough, and the service would never start
/// again.
package struct ConnectionName: Hashable, Sendable {
    /// Characters of each name: 64 bits, six a character.
    package static let length = 11

    /// The digits of Base64 for URLs (RFC 4648 section 5): nothing that a descriptor's name may not have.
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")

    package let text: String

    package init(hsm: HSMConfiguration) {
        // Neither has a space, so no two HSMs make the same text.
        let hash = StableHash.of("\(hsm.name) \(hsm.address)")
        text = String((0..<Self.length).map { Self.digits[Int((hash >> (6 * $0)) & 63)] })
    }
}

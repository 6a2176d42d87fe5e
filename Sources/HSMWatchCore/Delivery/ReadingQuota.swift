// SPDX-License-Identifier: Apache-2.0

/// How many messages a peer that reads slowly is sent at a time, while it is watched closely.
///
/// All that it has read, and not confirmed when it stops, comes twice. So it gets no more than it reads in a short time,
/// as the connection before has shown.
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

// SPDX-License-Identifier: Apache-2.0

/// A span of time that passes only while the event loop runs.
///
/// It is counted in beats. The caller ends a beat after the loop has handled what the kernel has, and the next beat begins
/// then. So a process that is stopped (`SIGSTOP`, a paused virtual machine, a blocking call) spends at most one beat. A
/// pause longer than the whole span begins it anew: the peer's packets may need time to arrive again.
package struct RunningSpan: Equatable, Sendable {
    /// The distance of two looks at the kernel.
    package static let beat = Duration.milliseconds(50)

    private let length: Duration
    private var beatsLeft: Int
    private var beatBegan: Instant

    /// - Parameter length: a multiple of `beat`.
    package init(_ length: Duration, at now: Instant) {
        self.length = length
        beatsLeft = Self.beats(in: length)
        beatBegan = now
    }

    /// When the next beat ends.
    package var deadline: Instant { beatBegan + Self.beat }

    /// Ends a beat if it is due. Answers whether the span is over.
    package mutating func pass(at now: Instant) -> Bool {
        guard deadline <= now else { return false }
        beatsLeft = now - beatBegan > length ? Self.beats(in: length) : beatsLeft - 1
        beatBegan = now
        return beatsLeft <= 0
    }

    private static func beats(in length: Duration) -> Int {
        Int((length / beat).rounded(.up))
    }
}

// SPDX-License-Identifier: Apache-2.0

/// The last probes of one query, each with what it read, in constant memory: a ring of 4 bytes a probe.
package struct ReadingHistory: Sendable {
    /// Probes remembered.
    package static let capacity = 24
    /// The greatest number that is remembered as it is, far above what an HSM has; a greater one is this.
    package static let greatest = Int(UInt32.max) - 1

    /// Stands for a probe without a reading.
    private static let failed = UInt32.max

    private var ring = InlineArray<24, UInt32>(repeating: failed)
    /// Where the next one goes, and how many there are.
    private var next: UInt8 = 0
    private var count: UInt8 = 0

    package init() {}

    /// Adds the latest probe, with the available sockets that it read; nil: it failed.
    package mutating func add(_ available: Int?) {
        ring[Int(next)] = available.map { UInt32(min($0, Self.greatest)) } ?? Self.failed
        next = (next + 1) % UInt8(Self.capacity)
        count = min(count + 1, UInt8(Self.capacity))
    }

    /// The available sockets, oldest first; nil for a probe that failed.
    package var readings: [Int?] {
        (0..<Int(count)).map { index in
            let value = ring[(Int(next) + Self.capacity - Int(count) + index) % Self.capacity]
            return value == Self.failed ? nil : Int(value)
        }
    }
}

extension ReadingHistory: Equatable {
    package static func == (left: ReadingHistory, right: ReadingHistory) -> Bool {
        left.readings == right.readings
    }
}

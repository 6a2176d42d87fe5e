// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore

/// Puts the chunks of GELF UDP messages together: `1E 0F`, an id of 8 bytes, the chunk's number, how many there are.
///
///     unknown id ── a chunk ──▶ waiting ── the last one that was missing ──▶ a message
///                                  ├── 5 s after the first chunk, at the next eviction ──▶ lost, all of them
///                                  └── a 129th chunk ──▶ lost, all of them
///
/// The id alone says what belongs together, whoever sent it. Source: `GelfChunkAggregator`, `GELFMessage` and
/// `GELFMessageChunk` of graylog2-server.
struct GELFChunkAssembly {
    enum Event {
        case datagram([UInt8])
        /// `deadline` has come.
        case timePassed
    }

    private typealias ID = [UInt8]

    private struct Incomplete {
        /// When its first chunk came.
        let begin: Instant
        /// The chunks, as many as the first one has announced.
        var chunks: [[UInt8]?]
        var received = 0
        var byteCount = 0
    }

    /// How long a message may take from its first chunk to its last.
    static let lifetime = Duration.seconds(5)

    /// How often Graylog looks for messages that took longer.
    static let evictionPeriod = Duration.seconds(1)

    /// The most chunks of a message.
    static let maximumChunks = 128

    /// The bytes of a chunk's header.
    static let headerLength = 12

    /// The most messages that wait for chunks, and the most bytes of theirs. Graylog has no such limits, but a receiver
    /// must not grow without end: the oldest message makes room.
    static let maximumMessages = 10_000
    static let maximumByteCount = 64 * 1024 * 1024

    private let start: Instant
    private let lifetime: Duration
    private var waiting: [ID: Incomplete] = [:]
    private var byteCount = 0

    /// - Parameters:
    ///   - start: when the input began to listen, from which evictions are counted.
    ///   - lifetime: another one than Graylog's, for a test that waits for it.
    init(since start: Instant, lifetime: Duration = GELFChunkAssembly.lifetime) {
        self.start = start
        self.lifetime = lifetime
    }

    /// When something is to be done though no datagram comes: the first eviction at which the oldest message is too
    /// old; `nil` when nothing waits.
    var deadline: Instant? {
        guard let oldest = waiting.values.map(\.begin).min() else { return nil }
        let firstEviction = start + lifetime
        let age = (oldest - start).wholeNanoseconds
        return firstEviction + .nanoseconds(age - age % Self.evictionPeriod.wholeNanoseconds) + Self.evictionPeriod
    }

    mutating func handle(_ event: Event, at now: Instant) -> [InputAction] {
        switch event {
        case .timePassed:
            let outdated = waiting.filter { isOutdated($0.value, now) }.sorted { $0.value.begin < $1.value.begin }
            return outdated.flatMap { id, _ in lose(id, tooLate) }
        case .datagram(let bytes):
            guard bytes.count >= DelimitedFrames.minimumGELFLength else {
                return [.lost(reason: "a datagram of \(counted(bytes.count, "byte"))", frame: bytes)]
            }
            guard bytes[0] == 0x1E, bytes[1] == 0x0F else { return [.frame(bytes)] }
            guard bytes.count >= Self.headerLength else {
                return [
                    .lost(reason: "a chunk of \(counted(bytes.count, "byte")), shorter than its header", frame: bytes)
                ]
            }
            return take(bytes, at: now) + makeRoom()
        }
    }

    // MARK: Chunks

    private mutating func take(_ datagram: [UInt8], at now: Instant) -> [InputAction] {
        let id = Array(datagram[2..<10])
        let (number, count) = (Int(datagram[10]), Int(datagram[11]))
        var message = waiting[id] ?? Incomplete(begin: now, chunks: Array(repeating: nil, count: count))
        // The id is known from now on, even if this chunk is none.
        waiting[id] = message
        guard count == message.chunks.count else {
            return [
                .lost(reason: "a chunk of \(count), but the first was one of \(message.chunks.count)", frame: datagram)
            ]
        }
        guard number < count else {
            return [.lost(reason: "chunk \(number) of \(count), which are counted from 0", frame: datagram)]
        }
        guard message.chunks[number] == nil else {
            return [.lost(reason: "chunk \(number) of \(count) has come already", frame: datagram)]
        }
        message.chunks[number] = Array(datagram[Self.headerLength...])
        message.received += 1
        message.byteCount += datagram.count
        byteCount += datagram.count
        waiting[id] = message
        if message.received > Self.maximumChunks { return lose(id, "more than \(Self.maximumChunks)") }
        if message.received == count {
            forget(id)
            return [.frame(message.chunks.flatMap { $0 ?? [] })]
        }
        return isOutdated(message, now) ? lose(id, tooLate) : []
    }

    private mutating func makeRoom() -> [InputAction] {
        guard waiting.count > Self.maximumMessages || byteCount > Self.maximumByteCount else { return [] }
        let oldest = waiting.min { $0.value.begin < $1.value.begin }
        return oldest.map { lose($0.key, "too much else waits for chunks in this receiver") } ?? []
    }

    /// Gives up a message and reports it, unless none of its chunks was one.
    private mutating func lose(_ id: ID, _ reason: String) -> [InputAction] {
        guard let message = forget(id), message.received > 0 else { return [] }
        let beginning = message.chunks.first.flatMap(\.self) ?? []
        let text = "\(message.received) of \(message.chunks.count) chunks came"
        return [.lost(reason: "\(text): \(reason)", frame: beginning)]
    }

    @discardableResult
    private mutating func forget(_ id: ID) -> Incomplete? {
        guard let message = waiting.removeValue(forKey: id) else { return nil }
        byteCount -= message.byteCount
        return message
    }

    private func isOutdated(_ message: Incomplete, _ now: Instant) -> Bool {
        now - message.begin > lifetime
    }

    private var tooLate: String { "the others not within \(DurationText.format(lifetime)) of the first" }
}

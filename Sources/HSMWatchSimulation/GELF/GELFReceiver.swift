// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix
import NIOSSL

/// A GELF TCP input with Graylog's own rules, which hands out what Graylog would store and what it would drop.
///
/// Lives on one event loop together with its connections. Like Graylog, it stops reading when nobody takes what it has
/// received, never writes, closes no idle connection, and loses unread bytes when it stops. While it does not read, it
/// answers no sender's end either.
package actor GELFReceiver {
    private struct Sender {
        let channel: any Channel
        var decoder = GELFFrameDecoder()
        /// Bytes that came although reading is paused: NIO reads to the end when the sender closes.
        var held = ByteBuffer()
        /// Whether the sender will send no more.
        var hasEnded = false
    }

    /// How many bytes of frames that nobody has taken make it stop reading, unless it is told another number.
    package static let waitingLimit = 64 * 1024 * 1024

    /// Where it listens, with the real port.
    package nonisolated let address: ListenAddress

    private nonisolated let eventLoop: any EventLoop
    private let listener: Listener
    private let tls: ReceiverTLS?
    private let waitingLimit: Int
    private var senders: [ObjectIdentifier: Sender] = [:]
    private var mapping = IndexMapping()
    private var waiting: CircularBuffer<(message: ReceivedMessage, byteCount: Int)> = []
    private var waitingByteCount = 0
    private var isPaused = false
    private var isReading = true
    private let expectations: Expectations<GELFFacts>

    /// What it saw until now.
    package private(set) var facts = GELFFacts() {
        didSet { expectations.check(facts) }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// Starts a receiver on a port of `address`, the first of a range; a host name is resolved once.
    ///
    /// - Parameter waitingLimit: with 1, nothing is read before what was read is taken, and no sender's end is answered:
    ///   who is killed then has lost nothing that a sender could take for delivered.
    package static func start(
        on address: ListenAddress, tls: ReceiverTLS? = nil, waitingLimit: Int = GELFReceiver.waitingLimit,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(ListenFailure) -> GELFReceiver {
        let receiver = try GELFReceiver(address, tls, waitingLimit, group.next())
        try await receiver.start()
        return receiver
    }

    private init(
        _ address: ListenAddress, _ tls: ReceiverTLS?, _ waitingLimit: Int, _ eventLoop: any EventLoop
    ) throws(ListenFailure) {
        self.tls = tls
        self.waitingLimit = waitingLimit
        listener = try Listener(address, on: eventLoop)
        self.address = listener.address
        self.eventLoop = eventLoop
        expectations = Expectations(on: eventLoop)
    }

    // MARK: Starting, stopping, pausing

    /// Listens again on the same port after `stop()`.
    package func start() async throws(ListenFailure) {
        try await listener.open { [self] channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
                if let tls {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
                }
                try channel.pipeline.syncOperations.addHandler(GELFConnection(self))
            }
        }
    }

    /// Stops as Graylog does: refuses new connections and closes all others at once, whatever they still hold.
    ///
    /// Messages received before can still be taken. The port stays reserved for `start()`.
    package func stop() throws(ListenFailure) {
        try listener.refuse()
        for sender in senders.values { close(sender) }
    }

    /// Closes all connections as somebody does who cuts the line: with TLS, without its close_notify.
    package func cut() {
        for sender in senders.values {
            let tls = try? sender.channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
            if let tls { tls.close(promise: nil) } else { close(sender) }
        }
    }

    /// Stops for good and gives the port back.
    package func shutDown() {
        listener.close()
        for sender in senders.values { close(sender) }
    }

    /// Stops reading, also from connections to come: senders see a Graylog whose buffers are full.
    package func pauseReading() {
        isPaused = true
        updateReading()
    }

    package func resumeReading() {
        isPaused = false
        updateReading()
    }

    // MARK: Taking messages

    /// The next message, as soon as there is one; `nil` when the task is cancelled.
    package func next() async -> ReceivedMessage? {
        while waiting.isEmpty {
            let arrival = expectations.expect(within: nil) { $0.waiting > 0 }
            let facts = await withTaskCancellationHandler {
                try? await arrival.futureResult.get()
            } onCancel: {
                arrival.fail(Expectations<GELFFacts>.GivenUp())
            }
            if facts == nil { return nil }
        }
        return take()
    }

    /// Takes the next `count` messages as soon as so many are there.
    package func take(_ count: Int, within limit: Duration) async throws(DeadlinePassed) -> [ReceivedMessage] {
        _ = try await facts(within: limit) { $0.waiting >= count }
        return (0..<count).compactMap { _ in take() }
    }

    /// Waits until the facts meet `condition` and returns them as they were then.
    package func facts(
        within limit: Duration, when condition: @escaping @Sendable (GELFFacts) -> Bool
    ) async throws(DeadlinePassed) -> GELFFacts {
        if condition(facts) { return facts }
        do {
            return try await expectations.expect(within: limit, condition).futureResult.get()
        } catch {
            throw DeadlinePassed(limit: limit, situation: "\(facts)")
        }
    }

    private func take() -> ReceivedMessage? {
        guard let (message, byteCount) = waiting.popFirst() else { return nil }
        waitingByteCount -= byteCount
        facts.waiting = waiting.count
        updateReading()
        return message
    }

    // MARK: What its connections tell it

    func connected(_ channel: any Channel) {
        senders[ObjectIdentifier(channel)] = Sender(channel: channel)
        facts.accepted += 1
        facts.open += 1
        if !isReading { setReading(false, channel) }
    }

    func received(_ bytes: ByteBuffer, from channel: any Channel) {
        facts.byteCount += bytes.readableBytes
        senders[ObjectIdentifier(channel)]?.held.writeImmutableBuffer(bytes)
        decodeHeld(channel)
    }

    /// The sender will send no more: Graylog decodes what it has, then closes.
    func inputEnded(_ channel: any Channel) {
        senders[ObjectIdentifier(channel)]?.hasEnded = true
        decodeHeld(channel)
    }

    func disconnected(_ channel: any Channel) {
        inputEnded(channel)
        guard senders.removeValue(forKey: ObjectIdentifier(channel)) != nil else { return }
        facts.open -= 1
    }

    // MARK: Decoding

    /// Decodes what a sender sent, unless reading is paused.
    private func decodeHeld(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        guard isReading, var sender = senders[key] else { return }
        let address = channel.remoteAddress?.ipAddress ?? ""
        let (frames, violation) = sender.decoder.frames(in: Array(sender.held.readableBytesView))
        sender.held.clear()
        for frame in frames { accept(frame, from: address) }
        if let violation {
            sender.decoder = GELFFrameDecoder()
            record(.dropped("\(violation): Graylog closes the connection", []), byteCount: 0)
        } else if sender.hasEnded, let frame = sender.decoder.lastFrame() {
            accept(frame, from: address)
        }
        senders[key] = sender
        // Not while what it sent waits for somebody to take it, and that is why reading has stopped.
        if violation != nil || (sender.hasEnded && isReading) { channel.close(promise: nil) }
    }

    private func accept(_ frame: [UInt8], from address: String) {
        var message = GELFRules.decode(frame, from: address, at: .now)
        if case .stored(let decoded) = message { message = mapping.index(decoded, frame: frame) }
        record(message, byteCount: frame.count)
    }

    private func record(_ message: ReceivedMessage, byteCount: Int) {
        waiting.append((message, byteCount))
        waitingByteCount += byteCount
        if message.dropReason == nil { facts.stored += 1 } else { facts.dropped += 1 }
        facts.waiting = waiting.count
        updateReading()
    }

    // MARK: Reading

    private func updateReading() {
        let mayRead = !isPaused && waitingByteCount < waitingLimit
        guard mayRead != isReading else { return }
        isReading = mayRead
        for sender in senders.values {
            setReading(isReading, sender.channel)
            decodeHeld(sender.channel)
        }
    }

    private func setReading(_ isReading: Bool, _ channel: any Channel) {
        _ = channel.setOption(.autoRead, value: isReading)
    }

    /// Closes at once; the kernel makes it a reset when bytes are unread, and so do we with those that are held.
    private func close(_ sender: Sender) {
        if sender.held.readableBytes > 0 {
            sender.channel.resetAndClose()
        } else {
            sender.channel.close(promise: nil)
        }
    }
}

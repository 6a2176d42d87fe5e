// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A Graylog's inputs with Graylog's own rules, which hands out what Graylog would store and what it would drop.
///
/// Lives on one event loop together with its connections. Like Graylog, it stops reading when nobody takes what it has
/// received, answers nobody but HTTP clients, closes no idle connection but theirs, and loses unread bytes when it
/// stops. While it does not read, it answers no request, and no sender's end either.
package actor Receiver {
    private struct Input {
        let configuration: ReceiverInput
        let listener: Listener
    }

    /// How many bytes of frames that nobody has taken make it stop reading, unless it is told another number.
    package static let waitingLimit = 64 * 1024 * 1024

    /// Where its inputs listen, with their real ports.
    package nonisolated let addresses: [ListenAddress]

    private nonisolated let eventLoop: any EventLoop
    private let inputs: [Input]
    private let waitingLimit: Int
    private var senders: [ObjectIdentifier: Sender] = [:]
    private var mapping = IndexMapping()
    private var queue = ArrivalQueue()
    private var isPaused = false
    private var isReading = true
    private let expectations: Expectations<ReceiverFacts>

    /// What it saw until now.
    package private(set) var facts = ReceiverFacts() {
        didSet { expectations.check(facts) }
    }

    /// Where its first input listens, with the real port.
    package nonisolated var address: ListenAddress { addresses[0] }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// Starts a receiver with one input.
    ///
    /// - Parameter waitingLimit: with 1, nothing is read before what was read is taken, and till then no request and no
    ///   sender's end is answered: who is killed then has lost nothing that a sender could take for delivered.
    package static func start(
        on address: ListenAddress, type: OutputKind = .gelfTCP, tls: ReceiverTLS? = nil, http: HTTPRules = HTTPRules(),
        waitingLimit: Int = Receiver.waitingLimit, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(ListenFailure) -> Receiver {
        let input = ReceiverInput(type, on: address, tls: tls, http: http)
        return try await start([input], waitingLimit: waitingLimit, group: group)
    }

    /// Starts a receiver with several inputs, and one index behind them.
    package static func start(
        _ inputs: [ReceiverInput], waitingLimit: Int = Receiver.waitingLimit,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(ListenFailure) -> Receiver {
        let receiver = try Receiver(inputs, waitingLimit, group.next())
        do {
            try await receiver.start()
        } catch {
            await receiver.shutDown()
            throw error
        }
        return receiver
    }

    private init(
        _ configurations: [ReceiverInput], _ waitingLimit: Int, _ eventLoop: any EventLoop
    ) throws(ListenFailure) {
        precondition(!configurations.isEmpty)
        self.waitingLimit = waitingLimit
        self.eventLoop = eventLoop
        var inputs: [Input] = []
        do {
            for configuration in configurations {
                let kind: Listener.Kind = configuration.type.isDatagram ? .datagram : .stream
                let listener = try Listener(configuration.address, kind, on: eventLoop)
                inputs.append(Input(configuration: configuration, listener: listener))
            }
        } catch {
            for input in inputs { input.listener.close() }
            throw error
        }
        self.inputs = inputs
        addresses = inputs.map(\.listener.address)
        expectations = Expectations(on: eventLoop)
    }

    // MARK: Starting, stopping, pausing

    /// Listens again on the same ports after `stop()`.
    package func start() async throws(ListenFailure) {
        for (index, input) in inputs.enumerated() {
            let configuration = input.configuration
            try await input.listener.open { [self] channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, index, configuration) }
            }
            input.listener.setReading(isReading)
        }
    }

    /// Stops as Graylog does: refuses new connections and closes all others at once, whatever they still hold.
    ///
    /// Messages received before can still be taken. The ports stay reserved for `start()`.
    package func stop() throws(ListenFailure) {
        for input in inputs { try input.listener.refuse() }
        closeSenders()
    }

    /// Closes all connections as somebody does who cuts the line: with TLS, without its close_notify.
    package func cut() {
        for sender in senders.values {
            let tls = try? sender.channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
            if let tls { tls.close(promise: nil) } else { close(sender) }
        }
    }

    /// Stops for good and gives the ports back.
    package func shutDown() {
        for input in inputs { input.listener.close() }
        closeSenders()
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

    /// Builds the pipeline of a connection, or of a UDP port.
    private nonisolated func prepare(_ channel: any Channel, _ index: Int, _ input: ReceiverInput) throws {
        let pipeline = channel.pipeline.syncOperations
        if !input.type.isDatagram {
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            if let tls = input.tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
        }
        switch input.type {
        case .gelfTCP: try pipeline.addHandler(StreamConnection(to: self, input: index, .gelf()))
        case .syslogTCP: try pipeline.addHandler(StreamConnection(to: self, input: index, .syslog()))
        case .gelfUDP:
            let chunks = GELFChunkAssembly(since: Instant(.now()), lifetime: input.chunkLifetime)
            try pipeline.addHandler(DatagramPort(to: self, input: index, chunks))
        case .syslogUDP: try pipeline.addHandler(DatagramPort(to: self, input: index, nil))
        case .gelfHTTP:
            try pipeline.addHandler(IdleStateHandler(readTimeout: TimeAmount(input.http.idleLimit)))
            try pipeline.configureHTTPServerPipeline(withErrorHandling: false)
            try pipeline.addHandler(HTTPConnection(to: self, input: index, input.http))
        }
    }

    // MARK: Taking messages

    /// The next message, as soon as there is one; `nil` when the task is cancelled.
    ///
    /// It counts as taken when the next one is asked for: what was to be done with it has been done by then.
    package func next() async -> ReceivedMessage? {
        await nextArrival()?.message
    }

    /// The same, with the input that it came on.
    package func nextArrival() async -> Arrival? {
        giveBack()
        while queue.count == 0 {
            let arrival = expectations.expect(within: nil) { $0.waiting > 0 }
            let facts = await withTaskCancellationHandler {
                try? await arrival.futureResult.get()
            } onCancel: {
                arrival.fail(Expectations<ReceiverFacts>.GivenUp())
            }
            if facts == nil { return nil }
        }
        return lend()
    }

    /// Takes the next `count` messages as soon as so many are there.
    package func take(_ count: Int, within limit: Duration) async throws(DeadlinePassed) -> [ReceivedMessage] {
        _ = try await facts(within: limit) { $0.waiting >= count }
        return (0..<count).compactMap { _ in
            let arrival = lend()
            giveBack()
            return arrival?.message
        }
    }

    /// Waits until the facts meet `condition` and returns them as they were then.
    package func facts(
        within limit: Duration, when condition: @escaping @Sendable (ReceiverFacts) -> Bool
    ) async throws(DeadlinePassed) -> ReceiverFacts {
        if condition(facts) { return facts }
        do {
            return try await expectations.expect(within: limit, condition).futureResult.get()
        } catch {
            throw DeadlinePassed(limit: limit, situation: "\(facts)")
        }
    }

    private func lend() -> Arrival? {
        defer { facts.waiting = queue.count }
        return queue.lend()
    }

    private func giveBack() {
        queue.giveBack()
        updateReading()
    }

    // MARK: What its inputs tell it

    func connected(_ channel: any Channel, _ input: Int) {
        senders[ObjectIdentifier(channel)] = Sender(channel, input: input)
        facts.accepted += 1
        facts.open += 1
        if !isReading { setReading(false, channel) }
    }

    /// Bytes came over a connection, or its end did, and with them these actions.
    func received(_ actions: [InputAction], byteCount: Int, from channel: any Channel) {
        facts.byteCount += byteCount
        let key = ObjectIdentifier(channel)
        guard senders[key]?.isLost == false else { return }
        senders[key]?.pending.append(contentsOf: actions)
        proceed(key)
    }

    /// A datagram came, or time passed, and with it these actions.
    func received(_ actions: [InputAction], byteCount: Int, from sender: String, _ input: Int) {
        facts.byteCount += byteCount
        for action in actions { perform(action, from: sender, input) }
    }

    func disconnected(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        guard let sender = senders[key] else { return }
        facts.open -= 1
        senders[key]?.isGone = true
        if sender.isLost || sender.pending.isEmpty { senders[key] = nil }
    }

    // MARK: What becomes of it

    /// Does what a connection asks for, unless reading is paused. What came at once is recorded at once; an answer and
    /// the end wait until it is taken.
    private func proceed(_ key: ObjectIdentifier) {
        guard isReading else { return }
        while let sender = senders[key], let action = sender.pending.first, isReading || action.isReceipt {
            senders[key]?.pending.removeFirst()
            perform(action, from: sender.address, sender.input)
            switch action {
            case .frame, .lost: break
            case .answer(let answer): send(answer, to: sender.channel)
            case .close: sender.channel.close(promise: nil)
            }
        }
        if let sender = senders[key], sender.isGone, sender.pending.isEmpty { senders[key] = nil }
    }

    private func perform(_ action: InputAction, from sender: String, _ input: Int) {
        switch action {
        case .frame(let frame): record(decode(frame, from: sender, input), byteCount: frame.count, input)
        case .lost(let reason, let frame): record(.dropped(reason, frame), byteCount: frame.count, input)
        case .answer, .close: break
        }
    }

    private func decode(_ frame: [UInt8], from sender: String, _ input: Int) -> ReceivedMessage {
        let type = inputs[input].configuration.type
        let message =
            switch type {
            case .gelfTCP, .gelfUDP, .gelfHTTP: GELFRules.decode(frame, from: sender, at: .now, over: type)
            case .syslogTCP, .syslogUDP: SyslogRules.decode(frame, from: sender, at: .now)
            }
        guard case .stored(let decoded) = message else { return message }
        return mapping.index(decoded, frame: frame)
    }

    private func record(_ message: ReceivedMessage, byteCount: Int, _ input: Int) {
        queue.append(Arrival(message: message, input: input), byteCount: byteCount)
        if message.dropReason == nil { facts.stored += 1 } else { facts.dropped += 1 }
        facts.waiting = queue.count
        updateReading()
    }

    // MARK: Connections

    private func updateReading() {
        let mayRead = !isPaused && queue.byteCount < waitingLimit
        guard mayRead != isReading else { return }
        isReading = mayRead
        for input in inputs { input.listener.setReading(isReading) }
        for (key, sender) in senders {
            setReading(isReading, sender.channel)
            proceed(key)
        }
    }

    private func setReading(_ isReading: Bool, _ channel: any Channel) {
        _ = channel.setOption(.autoRead, value: isReading)
    }

    private func send(_ answer: HTTPAnswer, to channel: any Channel) {
        channel.writeAndFlush(HTTPServerResponsePart.head(answer.head), promise: nil)
        guard answer.status != .continue else { return }
        let written = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        if !answer.keepsAlive { written.whenComplete { _ in channel.close(promise: nil) } }
    }

    private func closeSenders() {
        for sender in senders.values { close(sender) }
    }

    /// Closes at once; the kernel makes it a reset when bytes are unread, and so do we with those that wait.
    private func close(_ sender: Sender) {
        senders[ObjectIdentifier(sender.channel)]?.isLost = !isReading
        if sender.pending.isEmpty {
            sender.channel.close(promise: nil)
        } else {
            sender.channel.resetAndClose()
        }
    }
}

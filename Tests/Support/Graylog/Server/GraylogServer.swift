// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import HSMWatchSimulation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// A Graylog's REST interface, as far as the installer of a content pack meets it: over HTTP/1.1, below `/api`.
///
/// What it answers is decided by `GraylogState`; what goes wrong on the way, by a `GraylogFault`. It lives on one event
/// loop together with its connections.
package actor GraylogServer {
    /// The longest body that it takes, in bytes.
    static let maximumBodyLength = 16 * 1024 * 1024

    /// Where it listens, with the real port.
    package nonisolated let address: ListenAddress
    /// The address of its REST interface, as in `http://127.0.0.1:9000/api`.
    package nonisolated let url: String

    private nonisolated let eventLoop: any EventLoop
    private let listener: Listener
    private let tls: ReceiverTLS?
    private let expectations: Expectations<[GraylogRequest]>
    private var connections: [ObjectIdentifier: any Channel] = [:]

    /// What it knows, and what was done to it.
    package private(set) var state: GraylogState
    /// What goes wrong from now on; the first one that meets a request counts.
    package private(set) var faults: [GraylogFault] = []
    /// The requests that have come, in order, also those that something went wrong with.
    package private(set) var requests: [GraylogRequest] = [] {
        didSet { expectations.check(requests) }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        eventLoop.executor.asUnownedSerialExecutor()
    }

    /// Starts a Graylog of that version.
    package static func start(
        _ version: GraylogVersion, on address: ListenAddress = ListenAddress(host: "127.0.0.1", port: 0),
        tls: ReceiverTLS? = nil, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(ListenFailure) -> GraylogServer {
        let server = try GraylogServer(GraylogState(version), address, tls, group.next())
        try await server.listen()
        return server
    }

    private init(
        _ state: GraylogState, _ wanted: ListenAddress, _ tls: ReceiverTLS?, _ eventLoop: any EventLoop
    ) throws(ListenFailure) {
        self.state = state
        self.tls = tls
        self.eventLoop = eventLoop
        listener = try Listener(wanted, on: eventLoop)
        address = listener.address
        url = "\(tls == nil ? "http" : "https")://\(listener.address)/api"
        expectations = Expectations(on: eventLoop)
    }

    private func listen() async throws(ListenFailure) {
        try await listener.open { [self] channel in
            channel.eventLoop.makeCompletedFuture { try prepare(channel) }
        }
    }

    private nonisolated func prepare(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let tls = assumeIsolated { $0.tls }
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls.context)) }
        try pipeline.configureHTTPServerPipeline()
        try pipeline.addHandler(GraylogConnection(to: self))
    }

    /// Stops for good: closes all connections, and gives the port back.
    package func stop() {
        listener.close()
        for channel in connections.values { channel.close(promise: nil) }
    }

    // MARK: What tests do

    /// Changes what it knows: the token, the permissions, what was uploaded or created.
    package func change(_ change: @Sendable (inout GraylogState) -> Void) {
        change(&state)
    }

    /// Lets something go wrong from now on, besides what does already.
    package func suffer(_ fault: GraylogFault) {
        faults.append(fault)
    }

    /// Forgets the requests that have come.
    package func forgetRequests() {
        requests = []
    }

    /// Nothing goes wrong any more.
    package func recover() {
        faults = []
    }

    /// The requests, as soon as so many have come.
    package func requests(_ count: Int, within limit: Duration) async throws(DeadlinePassed) -> [GraylogRequest] {
        if requests.count >= count { return requests }
        let arrival = expectations.expect(within: limit) { $0.count >= count }
        do {
            return try await arrival.futureResult.get()
        } catch {
            throw DeadlinePassed(limit: limit, situation: "\(requests)")
        }
    }

    // MARK: Connections

    func connected(_ channel: any Channel) {
        connections[ObjectIdentifier(channel)] = channel
    }

    func disconnected(_ channel: any Channel) {
        connections[ObjectIdentifier(channel)] = nil
    }

    func received(_ request: GraylogRequest, keepsAlive: Bool, from channel: any Channel) {
        requests.append(request)
        guard let index = faults.indices.first(where: { faults[$0].meets(request) }) else {
            return send(state.answer(request), keepsAlive: keepsAlive, to: channel)
        }
        switch faults[index].kind {
        case .instead(let answer): send(answer, keepsAlive: keepsAlive, to: channel)
        case .silence: break
        case .delay(let delay):
            let answer = state.answer(request)
            eventLoop.scheduleTask(in: TimeAmount(delay)) { [self] in
                assumeIsolated { $0.send(answer, keepsAlive: keepsAlive, to: channel) }
            }
        case .close: channel.close(promise: nil)
        case .reset: channel.resetAndClose()
        case .loseAnswer:
            _ = state.answer(request)
            channel.close(promise: nil)
        case .cutAnswer: send(state.answer(request), keepsAlive: false, to: channel, isCut: true)
        }
    }

    private func send(_ answer: GraylogAnswer, keepsAlive: Bool, to channel: any Channel, isCut: Bool = false) {
        var headers = HTTPHeaders(answer.headers.sorted { $0.key < $1.key })
        if let type = answer.contentType { headers.add(name: "content-type", value: type) }
        if answer.breaksOff {
            headers.add(name: "transfer-encoding", value: "chunked")
        } else if answer.status != 204 {
            headers.add(name: "content-length", value: "\(answer.body.count)")
        }
        headers.add(name: "x-graylog-node-id", value: GraylogState.node)
        if !keepsAlive { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        let isWhole = !isCut && !answer.breaksOff
        let body = isWhole ? answer.body[...] : answer.body.prefix(answer.body.count / 2)
        let written = channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))))
        guard isWhole else { return written.whenComplete { _ in channel.close(promise: nil) } }
        let ended = channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        if !keepsAlive { ended.whenComplete { _ in channel.close(promise: nil) } }
    }
}

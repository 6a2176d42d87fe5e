// SPDX-License-Identifier: Apache-2.0

import HSMWatchCore
import NIOCore
import NIOPosix

/// Delivery over UDP to one endpoint: does what `DatagramDelivery` decides, with a real socket.
///
/// The socket is connected, so that the kernel hands on what ICMP says of its datagrams.
@ServiceLoop
final class UDPTransport: Transport {
    private let packing: DatagramPacking
    private let report: (TransportReport) -> Void
    private var delivery: DatagramDelivery
    private var channel: (any Channel)?
    private let timer = DeadlineTimer()
    private var random = SystemRandomNumberGenerator()

    private(set) var isOpen = false
    private(set) var end: TransportEnd?

    /// - Parameters:
    ///   - addresses: of the endpoint; the first that there is a way to is kept, since nobody answers.
    ///   - report: called on the event loop, until `close`.
    init(to addresses: [SocketAddress], packing: DatagramPacking, report: @escaping (TransportReport) -> Void) {
        self.packing = packing
        self.report = report
        delivery = DatagramDelivery(at: .now)
        open(addresses[...])
    }

    /// One after the other: how many datagrams a message makes, it shows itself.
    var allowance: Int { end == nil && isOpen && delivery.maySend ? 1 : 0 }

    var sendLimit: Int { 0 }

    func send(_ messages: ArraySlice<SpooledMessage>) async {
        for message in messages where end == nil {
            await send(message)
        }
    }

    func close() {
        end = end ?? TransportEnd(reason: "closed")
        arm()
        channel?.close(promise: nil)
        channel = nil
    }

    private func send(_ message: SpooledMessage) async {
        switch packing.datagrams(of: message, id: random.next()) {
        case .failure(let problem):
            report(.undeliverable(message.position, problem.description))
            handle(.sent(datagrams: 0, upTo: message.position))
        case .success(let datagrams):
            let written = write(datagrams)
            handle(.sent(datagrams: datagrams.count, upTo: message.position))
            // A failed write ends the transport.
            try? await written?.get()
        }
    }

    /// Gives datagrams to the kernel; what is answered is done with the last of them.
    private func write(_ datagrams: [[UInt8]]) -> EventLoopFuture<Void>? {
        let written = datagrams.map { channel?.write(ByteBuffer(bytes: $0)) }
        channel?.flush()
        for future in written {
            future?.assumeIsolated().whenFailure { [weak self] in self?.failed($0) }
        }
        return written.last ?? nil
    }

    private func open(_ addresses: ArraySlice<SocketAddress>) {
        guard let address = addresses.first else { return handle(.unreachable("no address")) }
        let inbox = NIOLoopBound(UDPErrors { [weak self] in self?.failed($0) }, eventLoop: ServiceLoop.shared.eventLoop)
        DatagramBootstrap(group: ServiceLoop.shared.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(inbox.value) }
            }
            .connect(to: address)
            .assumeIsolated()
            .whenComplete { [weak self] result in
                guard let self, end == nil else {
                    return _ = try? result.get().close(promise: nil)
                }
                switch result {
                case .success(let channel):
                    self.channel = channel
                    isOpen = true
                    report(.opened(nil))
                case .failure where addresses.count > 1:
                    open(addresses.dropFirst())
                case .failure(let error):
                    failed(error)
                }
            }
    }

    private func failed(_ error: any Error) {
        let reason =
            switch (error as? IOError)?.errnoCode {
            case .some(let code): ConnectFailure.words(code)
            case nil: "\(error)"
            }
        handle(.unreachable(reason))
    }

    private func handle(_ event: DatagramDelivery.Event) {
        guard end == nil else { return }
        let before = allowance
        switch delivery.handle(event, at: .now) {
        case .confirm(let position): report(.confirmed(position))
        case .over(let reason):
            end = TransportEnd(reason: reason)
            report(.changed)
        case nil: break
        }
        arm()
        if allowance != before { report(.changed) }
    }

    private func arm() {
        timer.set(end == nil ? delivery.deadline : nil) { [weak self] in self?.handle(.deadline) }
    }
}

/// Hands on what the kernel says of datagrams that did not arrive. Whatever a peer answers is not read.
private final class UDPErrors: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let failed: (any Error) -> Void

    init(failed: @escaping (any Error) -> Void) {
        self.failed = failed
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        failed(error)
    }

    /// NIO closes the socket for every word of the kernel but that a port is nobody's, and does not hand it on.
    func channelInactive(context: ChannelHandlerContext) {
        failed(Forbidden())
    }

    private struct Forbidden: Error, CustomStringConvertible {
        let description = "a host or a firewall on the way refuses the datagrams"
    }
}

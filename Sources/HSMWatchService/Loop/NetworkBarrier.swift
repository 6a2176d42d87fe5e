// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import HSMWatchCore
import NIOCore
import NIOPosix

/// Tells when the event loop has handled all that the kernel had for its sockets until now.
///
/// The loop runs everything that is due before it looks at its sockets, so a timer says nothing about what a peer has
/// sent. A byte through a pipe does: epoll(7) reports descriptors in the order in which they became ready. It needs two
/// laps, since a descriptor that was reported stays in its place of the queue until the next look, and a byte may take
/// that. In its second lap it is behind all that was ready when the first one was reported.
@ServiceLoop
final class NetworkBarrier {
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let passed: () -> Void
        private let ended: () -> Void

        init(passed: @escaping () -> Void, ended: @escaping () -> Void) {
            self.passed = passed
            self.ended = ended
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            passed()
        }

        func channelInactive(context: ChannelHandlerContext) {
            ended()
        }
    }

    private static let laps = 2

    private let loop: any EventLoop
    /// The end of the pipe that is written to; nil before the first use, and when no descriptors were left for it.
    private var descriptor: CInt?
    /// What waits for the byte that is under way.
    private var behind: [() -> Void] = []
    /// How often that byte was reported.
    private var lap = 0
    /// What came after that byte, and waits for the next one.
    private var next: [() -> Void] = []

    /// - Parameter loop: the service's.
    init(on loop: any EventLoop) {
        self.loop = loop
    }

    /// Does something when the loop has handled what its sockets have until now; without a look, soon, when there are
    /// no descriptors left to find out.
    func pass(_ work: @escaping () -> Void) {
        if descriptor == nil { open() }
        guard descriptor != nil else {
            ServiceLoop.after(.zero, do: work)
            return
        }
        next.append(work)
        if behind.isEmpty { begin() }
    }

    private func open() {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { return }
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        let (reading, writing) = (ends[0], ends[1])
        descriptor = writing
        let reader = NIOLoopBound(
            Reader(passed: { [weak self] in self?.passed() }, ended: { [weak self] in self?.giveUp() }), eventLoop: loop
        )
        NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(reader.value) }
            }
            .takingOwnershipOfDescriptor(input: reading)
            .assumeIsolated()
            .whenFailure { _ in
                close(reading)
                self.giveUp()
            }
    }

    private func begin() {
        guard !next.isEmpty else { return }
        swap(&behind, &next)
        lap = 0
        send()
    }

    private func send() {
        guard let descriptor else { return }
        var byte: UInt8 = 0
        // There is room: one byte at a time is under way.
        if write(descriptor, &byte, 1) != 1 { giveUp() }
    }

    private func passed() {
        lap += 1
        guard lap >= Self.laps else { return send() }
        let work = behind
        behind = []
        work.forEach { $0() }
        if behind.isEmpty { begin() }
    }

    private func giveUp() {
        descriptor.map { _ = close($0) }
        descriptor = nil
        let work = behind + next
        behind = []
        next = []
        work.forEach { ServiceLoop.after(.zero, do: $0) }
    }
}

extension ServiceLoop {
    @ServiceLoop private static let barrier = NetworkBarrier(on: shared.eventLoop)

    /// Does something when the loop has handled all that the kernel has for its sockets now.
    @ServiceLoop
    static func afterNetwork(do work: @escaping () -> Void) {
        barrier.pass(work)
    }
}

extension Channel {
    /// Bytes that the kernel has received and that were not read yet; nil when it does not say.
    var unreadBytes: Int? { kernelCount(UInt(FIONREAD)) }

    /// Bytes that were written and that the peer's kernel has not acknowledged, those that ours has not taken yet among
    /// them; nil when it is not known.
    var unacknowledgedBytes: Int? {
        // tcp(7) calls the request SIOCOUTQ: <linux/sockios.h> defines it as this.
        guard let inKernel = kernelCount(UInt(TIOCOUTQ)),
            let inChannel = try? syncOptions?.getOption(.bufferedWritableBytes)
        else { return nil }
        return inKernel + inChannel
    }

    private func kernelCount(_ request: UInt) -> Int? {
        var count: CInt = 0
        let status = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            ioctl($0, request, &count)
        }
        return status == 0 ? Int(count) : nil
    }
}

extension ClientBootstrap {
    /// A TCP client with keepalive and without Nagle's delay.
    ///
    /// - Parameters:
    ///   - loop: the loop that this runs on.
    ///   - limit: how long one address may take to connect.
    ///   - handler: gets the channel's events.
    ///   - opening: is given the channel before it connects and before it has the handler, so that it can be given up,
    ///     and other handlers can stand nearer to the network.
    static func tcp(
        on loop: any EventLoop, within limit: Duration, handler: some ChannelInboundHandler,
        opening: @escaping (any Channel) throws -> Void
    ) -> ClientBootstrap {
        let box = NIOLoopBound((handler: handler, opening: opening), eventLoop: loop)
        return ClientBootstrap(group: loop)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connectTimeout(.nanoseconds(limit.wholeNanoseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try box.value.opening(channel)
                    try channel.pipeline.syncOperations.addHandler(box.value.handler)
                }
            }
    }
}
